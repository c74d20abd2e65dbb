//! What deliveries count for: the bytes that came in or the bytes that are written, whichever are more, so that nothing
//! that a stranger sends takes room without being counted.

use std::collections::HashMap;
use std::sync::Arc;

use domain::delivery::Delivery;
use domain::event::Event;
use domain::json::Json;

use super::super::Share;
use super::super::accounts::Accounts;
use super::fixture::{Machine, delivery, event, event_of, id, single};
use crate::{Outcome, QueueError};

/// A machine whose queue takes so many bytes, half of them of one space.
fn machine(bytes: usize) -> Machine {
    let mut machine = Machine::new();
    machine.limits.bytes = bytes;
    machine.limits.spaces.bytes = Share::Fixed(bytes / 2);
    machine
}

/// A request without a body, as an event.
fn of_headers(id: &str, bytes: usize) -> Arc<Event> {
    let mut event = (*event(id)).clone();
    if let Event::V0_1(envelope) = &mut event {
        let headers = HashMap::from([("x-large", "y".repeat(bytes))]);
        envelope.data = Some(Json::from_value(&HashMap::from([("headers", headers)])));
    }
    Arc::new(event)
}

fn unauthorized(id: &str, bytes: usize) -> Delivery {
    let mut delivery = single(id);
    delivery.arrival.unauthorized = Some(Arc::new(Json::from_value(&"r".repeat(bytes))));
    delivery
}

fn other(mut delivery: Delivery, space: &str) -> Delivery {
    delivery.space = space.into();
    delivery
}

fn waiting(queue: &super::super::Embedded) -> u64 {
    queue.0.schedule.look(|state| state.accounts.all().waiting.bytes)
}

#[tokio::test]
async fn what_is_written_counts_where_it_is_more_than_what_came_in() {
    for kind in ["headers", "control characters", "request"] {
        let make = |id: &str| match kind {
            "headers" => delivery(&of_headers(id, 60_000), "a"),
            // Each of these takes six bytes in JSON.
            "control characters" => delivery(&event_of(id, &"\u{1}".repeat(10_000)), "a"),
            _ => unauthorized(id, 60_000),
        };
        let machine = machine(1_000_000);
        let queue = machine.open();
        let mut queued = 0;
        let error = loop {
            let sent = vec![make(&queued.to_string())];
            let room = queue.reserve(&sent, 0).unwrap();
            match room.send(sent).await {
                Ok(()) => queued += 1,
                Err(unsent) => {
                    // It is given back, to be counted.
                    assert_eq!(unsent.deliveries.len(), 1);
                    break unsent.error;
                }
            }
            assert!(queued < 20, "{kind}");
        };
        assert!(matches!(&error, QueueError::SpaceFull { spaces } if *spaces == ["s".into()]));
        assert_eq!(queued, 8, "{kind}");
        let bytes = waiting(&queue);
        assert!((480_000..=500_000).contains(&bytes), "{kind}: {bytes}");
        // Others find their part, and all of it is given back.
        queue.put(vec![other(make("other"), "t")]).await.unwrap();
        assert_eq!(queue.deliver_all().await.len(), 9);
        queue.written().await;
        let books = queue.0.schedule.look(|state| format!("{:?}", state.accounts));
        assert_eq!(books, format!("{:?}", Accounts::default()));
    }
}

/// An event with many subscribers is written once, and counts once.
#[tokio::test]
async fn an_event_counts_once_however_many_want_it() {
    let machine = machine(1_000_000);
    let queue = machine.open();
    let event = of_headers("1", 100_000);
    let sent: Vec<_> = (0..40).map(|n| delivery(&event, &n.to_string())).collect();
    queue.reserve(&sent, 0).unwrap().send(sent).await.unwrap();
    let bytes = waiting(&queue);
    assert!((100_000..101_000).contains(&bytes), "{bytes}");
    // What came in counts where that is more.
    let sent = vec![single("2")];
    queue.reserve(&sent, 5000).unwrap().send(sent).await.unwrap();
    assert_eq!(waiting(&queue), bytes + 5000);
}

#[tokio::test]
async fn an_empty_queue_takes_any_event() {
    let machine = machine(1000);
    let queue = machine.open();
    queue.set_shared(true);
    // Authorizers make an event of its own for each space.
    let sent = vec![
        delivery(&of_headers("1", 60_000), "a"),
        other(delivery(&of_headers("1", 60_001), "a"), "t"),
    ];
    let reserved = event("1");
    let reserved = [delivery(&reserved, "a"), other(delivery(&reserved, "a"), "t")];
    queue.reserve(&reserved, 0).unwrap().send(sent).await.unwrap();
    let large = vec![single("2")];
    assert!(queue.reserve(&large, 0).is_err());
    assert_eq!(queue.deliver_all().await.len(), 2);
    queue.reserve(&large, 0).unwrap().send(large).await.unwrap();
}

/// Room that was set aside for others is counted, and found again by whoever comes after a refusal.
#[tokio::test]
async fn a_refusal_leaves_the_books_as_they_were() {
    let machine = machine(200_000);
    let queue = machine.open();
    let room = queue.reserve(&[single("held")], 60_000).unwrap();
    let sent = vec![delivery(&of_headers("1", 60_000), "a")];
    let refused = queue.reserve(&sent, 0).unwrap().send(sent.clone()).await;
    assert!(matches!(refused.unwrap_err().error, QueueError::SpaceFull { .. }));
    drop(room);
    queue.reserve(&sent, 0).unwrap().send(sent).await.unwrap();
    assert_eq!(queue.deliver_all().await, ["1-a"]);
}

/// Where some spaces of a request have no room, all of them are named, so that the others can be asked for again.
#[tokio::test]
async fn all_spaces_without_room_are_named() {
    let machine = machine(200_000);
    let queue = machine.open();
    queue.set_shared(true);
    for space in ["a", "b"] {
        let sent = vec![other(delivery(&of_headers(space, 90_000), "f"), space)];
        queue.reserve(&sent, 0).unwrap().send(sent).await.unwrap();
    }
    let event = event("1");
    let sent: Vec<_> = ["a", "b", "c"]
        .map(|space| other(delivery(&event, "f"), space))
        .into();
    let Err(QueueError::SpaceFull { spaces }) = queue.reserve(&sent, 45_000) else {
        panic!("it found room");
    };
    assert_eq!(spaces, ["a".into(), "b".into()]);
    let sent = sent[2..].to_vec();
    queue.reserve(&sent, 15_000).unwrap().send(sent).await.unwrap();
}

/// What is read from the file is as large in memory as what came in, request and all.
#[tokio::test]
async fn requests_for_authorizers_count_in_memory_and_when_queued_again() {
    let machine = machine(10_000_000);
    let queue = machine.open();
    for n in 0..20 {
        queue
            .put(vec![unauthorized(&n.to_string(), 200_000)])
            .await
            .unwrap();
    }
    drop(queue);
    let queue = machine.open();
    let first = queue.poll().await.unwrap();
    // About a MiB is read at a time, and more once some of it was taken.
    let held = queue
        .0
        .schedule
        .look(|state| state.turns.lane(first_lane(state)).unwrap().held());
    assert!(held < 20, "{held}");
    let letter = super::fixture::dead(&first.deliveries[0]);
    let name = id(&first);
    queue.say(first, letter);
    while let Some(received) = queue.poll().await {
        queue.say(received, Outcome::Done);
    }
    queue.written().await;
    assert_eq!(waiting(&queue), 0);
    let one = domain::dead_letter::DeadLetterSelection::One(name.as_str().into());
    assert_eq!(queue.redrive(&"s".into(), &one, 1).await.unwrap(), 1);
    assert!(waiting(&queue) > 200_000, "{}", waiting(&queue));
}

fn first_lane(state: &super::super::schedule::ScheduleState) -> u64 {
    (1..100).find(|lane| state.turns.lane(*lane).is_some()).unwrap()
}

//! Large events and requests, which stand in the file in pieces.

use std::sync::Arc;
use std::time::Duration;

use domain::dead_letter::DeadLetterSelection;
use domain::delivery::Delivery;
use domain::json::Json;
use domain::waiting::WaitingSelection;

use super::super::Embedded;
use super::fixture::{Machine, START, dead, delivery, event_of, retry};
use crate::Outcome;

const MB: usize = 1024 * 1024;

/// Larger than a piece, and no multiple of it.
fn large(id: &str) -> Delivery {
    let text: String = "abcdefghijklmnopqrstuvw".chars().cycle().take(MB).collect();
    let mut delivery = delivery(&event_of(id, &text), "a");
    delivery.arrival.unauthorized = Some(Arc::new(Json::from_value(&text)));
    delivery
}

async fn receive(queue: &Embedded, expected: &Delivery) -> crate::Received {
    let received = queue.poll().await.unwrap();
    assert_eq!(received.deliveries[0].event, expected.event);
    let arrival = |delivery: &Delivery| delivery.arrival.unauthorized.clone().unwrap();
    assert_eq!(arrival(&received.deliveries[0]).get(), arrival(expected).get());
    received
}

#[tokio::test]
async fn large_events_and_requests_survive_all_that_befalls_a_delivery() {
    let machine = Machine::new();
    let sent = large("1");
    let mut queue = machine.open();
    queue.put(vec![sent.clone()]).await.unwrap();
    assert_eq!(machine.shut(queue).events, 2);
    queue = machine.open();
    let all = WaitingSelection::default();
    let page = queue.waiting(&"s".into(), &all, 9, None).await.unwrap();
    assert_eq!(page.deliveries[0].event_id, "1");
    let received = receive(&queue, &sent).await;
    queue.say(received, retry(Duration::ZERO));
    assert_eq!(machine.shut(queue).events, 2);
    queue = machine.open();
    let received = receive(&queue, &sent).await;
    let outcome = dead(&received.deliveries[0]);
    queue.say(received, outcome);
    assert_eq!(machine.shut(queue).events, 0);
    queue = machine.open();
    let page = queue.dead_letters(&"s".into(), None, 9, None).await.unwrap();
    assert_eq!(page.dead_letters[0].event, sent.event);
    let letter = queue.dead_letter(&"s".into(), &sent.id).await.unwrap().unwrap();
    assert_eq!(letter.event, sent.event);
    let all = DeadLetterSelection::All;
    assert_eq!(queue.redrive(&"s".into(), &all, 9).await.unwrap(), 1);
    let received = receive(&queue, &sent).await;
    queue.say(received, Outcome::Done);
    // The audit finds no piece of what is gone.
    let contents = machine.shut(queue);
    assert_eq!((contents.events, contents.dead.len()), (0, 0));
}

#[tokio::test]
async fn large_events_can_be_cancelled_given_up_and_purged() {
    let machine = Machine::new();
    let queue = machine.open();
    let ordered = |id| Delivery {
        ordering_key: Some("k".into()),
        ..large(id)
    };
    queue.put(vec![ordered("1")]).await.unwrap();
    queue.put(vec![ordered("2")]).await.unwrap();
    queue.put(vec![ordered("3")]).await.unwrap();
    let second = WaitingSelection {
        event_id: Some("2".to_owned()),
        ..WaitingSelection::default()
    };
    assert_eq!(queue.cancel(&"s".into(), &second).await.unwrap(), 1);
    let lane = queue.lanes(None).await.unwrap();
    let reason = domain::dead_letter::DeadLetterReason::SubscriptionDeleted;
    let given_up = queue.give_up(&lane.lanes[0], reason, lane.until).await;
    assert_eq!(given_up.unwrap(), 2);
    let letter = queue.dead_letter(&"s".into(), &"3-a".into()).await.unwrap();
    let letter = letter.unwrap();
    assert_eq!(letter.arrival.unauthorized, ordered("3").arrival.unauthorized);
    let all = DeadLetterSelection::All;
    assert_eq!(queue.purge(&"s".into(), &all).await.unwrap(), 2);
    machine.shut(queue);
}

#[tokio::test]
async fn deliveries_share_their_event_and_their_request() {
    let machine = Machine::new();
    let queue = machine.open();
    let sent = large("1");
    let of = |subscription: &str| Delivery {
        id: format!("1-{subscription}").into(),
        subscription: subscription.into(),
        ..sent.clone()
    };
    machine.disk.take_moved();
    queue.put(vec![of("a"), of("b"), of("c")]).await.unwrap();
    let moved = machine.disk.take_moved();
    assert!(moved < 9 * MB, "{moved} bytes");
    let received = receive(&queue, &sent).await;
    queue.say(received, Outcome::Done);
    assert_eq!(machine.shut(queue).events, 2);
    let queue = machine.open();
    for _ in 0..2 {
        let received = receive(&queue, &sent).await;
        queue.say(received, Outcome::Done);
    }
    assert_eq!(machine.shut(queue).events, 0);
}

/// The engine reads and writes whole pages, and a page is as large as what stands in it.
#[tokio::test]
async fn nobody_reads_or_writes_the_large_events_of_others() {
    let machine = Machine::new();
    let queue = machine.open();
    queue.put(vec![large("dead")]).await.unwrap();
    let received = queue.poll().await.unwrap();
    let outcome = dead(&received.deliveries[0]);
    queue.say(received, outcome);
    let mut later = large("later");
    later.deliver_at = Some(START + 60_000);
    queue.put(vec![later]).await.unwrap();
    queue.written().await;
    machine.disk.take_moved();
    for number in 0..20 {
        let mut small = delivery(&event_of(&number.to_string(), &"x".repeat(5000)), "b");
        small.arrival.unauthorized = Some(Arc::new(Json::from_value(&"y".repeat(5000))));
        queue.put(vec![small]).await.unwrap();
        let received = queue.poll().await.unwrap();
        let outcome = dead(&received.deliveries[0]);
        queue.say(received, outcome);
        queue.written().await;
    }
    let moved = machine.disk.take_moved() / 20;
    assert!(moved < MB / 2, "{moved} bytes for an event of 10 KB");
    machine.shut(queue);
}

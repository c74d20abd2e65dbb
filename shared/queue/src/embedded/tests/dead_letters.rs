//! Dead letters: listed, found, deleted and queued again.

use domain::dead_letter::{DeadLetterPage, DeadLetterSelection};
use domain::ids::{Space, SubscriptionId};

use super::super::Embedded;
use super::super::dead_letters::{Listing, page};
use super::fixture::{Machine, START, dead, delivery, event, event_of, id, ordered, single};
use crate::{Outcome, QueueError, Settled};

fn space() -> Space {
    "s".into()
}

/// Gives up so many deliveries, by turns of subscription `a` and `b`.
async fn fill(queue: &Embedded, count: usize) {
    for number in 0..count {
        let subscription = if number % 2 == 0 { "a" } else { "b" };
        let event = event(&format!("{number:03}"));
        queue.put(vec![delivery(&event, subscription)]).await.unwrap();
        let received = queue.poll().await.unwrap();
        let outcome = dead(&received.deliveries[0]);
        assert_eq!(queue.say(received, outcome), Settled::Completed);
    }
}

fn ids(page: &DeadLetterPage) -> Vec<&str> {
    page.dead_letters
        .iter()
        .map(|letter| letter.delivery_id.as_str())
        .collect()
}

#[tokio::test]
async fn pages_show_the_oldest_first() {
    let machine = Machine::new();
    let queue = machine.open();
    fill(&queue, 7).await;
    drop(queue);
    let queue = machine.open();
    let first = queue.dead_letters(&space(), None, 3, None).await.unwrap();
    assert_eq!(ids(&first), ["000-a", "001-b", "002-a"]);
    let next = first.next.as_deref();
    assert!(next.unwrap().bytes().all(|byte| byte.is_ascii_graphic()));
    let second = queue.dead_letters(&space(), None, 4, next).await.unwrap();
    assert_eq!(ids(&second), ["003-b", "004-a", "005-b", "006-a"]);
    assert_eq!(second.next, None);

    let b: SubscriptionId = "b".into();
    let page = queue.dead_letters(&space(), Some(&b), 2, None).await.unwrap();
    assert_eq!(ids(&page), ["001-b", "003-b"]);
    let page = queue
        .dead_letters(&space(), Some(&b), 2, page.next.as_deref())
        .await
        .unwrap();
    assert_eq!((ids(&page), page.next.as_deref()), (vec!["005-b"], None));

    for strange in ["", "zz", "-1", "ä", "99999999999999999999999"] {
        let page = queue
            .dead_letters(&space(), None, 100, Some(strange))
            .await
            .unwrap();
        assert_eq!(page.dead_letters.len(), 7, "{strange}");
    }
    for (name, subscription) in [("t", None), ("", None), ("s", Some("c".into()))] {
        let page = queue
            .dead_letters(&name.into(), subscription.as_ref(), 9, None)
            .await;
        assert_eq!(page.unwrap().dead_letters, []);
    }
}

#[tokio::test]
async fn a_dead_letter_is_found_as_it_was_given() {
    let machine = Machine::new();
    let queue = machine.open();
    let sent = delivery(&event_of("1", &"ä".repeat(20_000)), "a");
    queue.put(vec![sent.clone()]).await.unwrap();
    let received = queue.poll().await.unwrap();
    let Outcome::DeadLetter(letter) = dead(&sent) else {
        panic!();
    };
    queue.say(received, dead(&sent));
    let found = queue.dead_letter(&space(), &sent.id).await.unwrap();
    assert_eq!(found, Some(*letter));
    assert_eq!(queue.dead_letter(&"t".into(), &sent.id).await.unwrap(), None);
    assert_eq!(queue.dead_letter(&space(), &"1".into()).await.unwrap(), None);
    let contents = machine.shut(queue);
    assert_eq!(
        (contents.deliveries.len(), contents.events, contents.dead.len()),
        (0, 0, 1)
    );
}

#[tokio::test]
async fn purging_deletes_what_is_selected() {
    let machine = Machine::new();
    let queue = machine.open();
    fill(&queue, 9).await;
    let purge = async |selection| queue.purge(&space(), &selection).await.unwrap();
    assert_eq!(purge(DeadLetterSelection::One("003-b".into())).await, 1);
    assert_eq!(purge(DeadLetterSelection::One("003-b".into())).await, 0);
    assert_eq!(purge(DeadLetterSelection::OfSubscription("b".into())).await, 3);
    let elsewhere = queue.purge(&"t".into(), &DeadLetterSelection::All).await.unwrap();
    assert_eq!(elsewhere, 0);
    let page = queue.dead_letters(&space(), None, 9, None).await.unwrap();
    assert_eq!(ids(&page), ["000-a", "002-a", "004-a", "006-a", "008-a"]);
    assert_eq!(purge(DeadLetterSelection::All).await, 5);
    assert_eq!(machine.shut(queue).dead.len(), 0);
}

#[tokio::test]
async fn redriven_deliveries_begin_anew_under_their_ids() {
    let machine = Machine::new();
    let queue = machine.open();
    let mut sent = ordered("1", "k");
    sent.arrival.hops = domain::hops::Hops::new(16);
    queue.put(vec![sent.clone(), ordered("2", "k")]).await.unwrap();
    for _ in 0..2 {
        let received = queue.poll().await.unwrap();
        let outcome = dead(&received.deliveries[0]);
        queue.say(received, outcome);
    }
    queue.written().await;
    machine.set_wall(START + 777);
    let one = DeadLetterSelection::One(sent.id.clone());
    assert_eq!(queue.redrive(&space(), &one, 10).await.unwrap(), 1);
    assert_eq!(queue.backlog(), 1);
    assert_eq!(queue.redrive(&space(), &one, 10).await.unwrap(), 0);
    drop(queue);
    let queue = machine.open();
    let received = queue.poll().await.unwrap();
    let expected = domain::delivery::Delivery {
        accepted_at: START + 777,
        ..sent
    };
    assert_eq!(received.deliveries, [expected]);
    queue.say(received, Outcome::Done);
    let all = DeadLetterSelection::All;
    assert_eq!(queue.redrive(&space(), &all, 0).await.unwrap(), 0);
    assert_eq!(queue.redrive(&space(), &all, usize::MAX).await.unwrap(), 1);
    assert_eq!(queue.deliver_all().await, ["2-a"]);
    assert_eq!(machine.shut(queue), super::audit::Contents::default());
}

#[tokio::test]
async fn redriving_stops_at_its_limit_and_at_that_of_the_queue() {
    let mut machine = Machine::new();
    let queue = machine.open();
    fill(&queue, 700).await;
    drop(queue);
    machine.limits.deliveries = 600;
    let queue = machine.open();
    let b = DeadLetterSelection::OfSubscription("b".into());
    assert_eq!(queue.redrive(&space(), &b, 5).await.unwrap(), 5);
    assert_eq!(
        queue.deliver_all().await,
        ["001-b", "003-b", "005-b", "007-b", "009-b"]
    );
    let all = DeadLetterSelection::All;
    assert_eq!(queue.redrive(&space(), &all, usize::MAX).await.unwrap(), 600);
    assert_eq!(queue.backlog(), 600);
    let refused = queue.redrive(&space(), &all, 1).await;
    assert!(matches!(refused, Err(QueueError::Full)));
    let contents = machine.shut(queue);
    assert_eq!((contents.deliveries.len(), contents.dead.len()), (600, 95));
}

/// A redrive of all ends, even if every delivery comes back as a dead letter before it is over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redriving_does_not_chase_its_own_letters() {
    let machine = Machine::new();
    let queue = machine.open();
    fill(&queue, 600).await;
    let worker = tokio::spawn({
        let queue = queue.clone();
        async move {
            let mut died = 0;
            while let Some(received) = queue.receive().await {
                died += 1;
                let outcome = dead(&received.deliveries[0]);
                queue.say(received, outcome);
            }
            died
        }
    });
    let redriven = queue
        .redrive(&space(), &DeadLetterSelection::All, usize::MAX)
        .await;
    assert_eq!(redriven.unwrap(), 600);
    while queue.backlog() > 0 {
        tokio::task::yield_now().await;
    }
    queue.close();
    assert_eq!(worker.await.unwrap(), 600);
    assert_eq!(machine.shut(queue).dead.len(), 600);
}

#[tokio::test]
async fn purging_takes_many_steps_if_need_be() {
    let machine = Machine::new();
    let queue = machine.open();
    fill(&queue, 600).await;
    queue.put(vec![single("waits")]).await.unwrap();
    let purged = queue.purge(&space(), &DeadLetterSelection::All).await.unwrap();
    assert_eq!(purged, 600);
    assert_eq!(id(&queue.poll().await.unwrap()), "waits-a");
    assert_eq!(machine.shut(queue).dead.len(), 0);
}

/// While it is read nothing is written: a page is read in parts.
#[tokio::test]
async fn a_page_is_read_in_parts() {
    let machine = Machine::new();
    let queue = machine.open();
    let text = "x".repeat(300_000);
    for n in 0..20 {
        queue
            .put(vec![delivery(&event_of(&n.to_string(), &text), "a")])
            .await
            .unwrap();
    }
    while let Some(received) = queue.poll().await {
        let letter = dead(&received.deliveries[0]);
        queue.say(received, letter);
    }
    queue.written().await;
    let listing = Listing {
        space: "s".into(),
        subscription: None,
        after: 0,
        limit: 1000,
        left: None,
        events: true,
    };
    let part = queue
        .read(move |engine| page(&engine.read()?, &listing))
        .await
        .unwrap();
    assert_eq!(part.letters.len(), 3);
    // A page is none the smaller for it, and goes on where it ended.
    let first = queue.dead_letters(&"s".into(), None, 1000, None).await.unwrap();
    assert_eq!(first.dead_letters.len(), 13);
    let second = queue
        .dead_letters(&"s".into(), None, 1000, first.next.as_deref())
        .await
        .unwrap();
    let ids = [first.dead_letters, second.dead_letters].concat();
    let ids: Vec<_> = ids.iter().map(|letter| letter.event.id()).collect();
    assert_eq!(ids, (0..20).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(second.next, None);
}

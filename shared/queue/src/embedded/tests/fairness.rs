//! Nobody is kept waiting by others: turns, bulkheads, and functions that are held back.

use std::time::Duration;

use domain::ids::FunctionId;

use super::fixture::{Machine, delivery, event, id, retry, single};
use crate::Outcome;

#[tokio::test]
async fn subscriptions_take_turns() {
    let queue = Machine::new().open();
    let many = (0..5000).map(|n| single(&n.to_string())).collect();
    queue.put(many).await.unwrap();
    let few = event("few");
    queue
        .put(vec![delivery(&few, "b"), delivery(&few, "c")])
        .await
        .unwrap();
    let mut first = Vec::new();
    for _ in 0..4 {
        let received = queue.poll().await.unwrap();
        first.push(id(&received));
        queue.say(received, Outcome::Done);
    }
    assert!(first.contains(&"few-b".to_owned()), "{first:?}");
    assert!(first.contains(&"few-c".to_owned()), "{first:?}");
}

#[tokio::test]
async fn a_subscription_that_fails_does_not_delay_others() {
    let machine = Machine::new();
    let queue = machine.open();
    queue
        .put((0..2000).map(|n| single(&n.to_string())).collect())
        .await
        .unwrap();
    for _ in 0..2000 {
        let received = queue.poll().await.unwrap();
        queue.say(received, retry(Duration::from_secs(1)));
    }
    queue.written().await;
    machine.advance(Duration::from_secs(1));
    queue.put(vec![delivery(&event("x"), "b")]).await.unwrap();
    let next = [queue.poll().await.unwrap(), queue.poll().await.unwrap()];
    assert!(next.iter().any(|received| id(received) == "x-b"));
}

#[tokio::test]
async fn a_function_has_so_many_in_hand_and_no_more() {
    let mut machine = Machine::new();
    machine.limits.per_function = 3;
    let queue = machine.open();
    // Two subscriptions of the same function share its bulkhead; the same name in another space does not.
    for n in 0..10 {
        let mut sent = vec![single(&n.to_string()), delivery(&event(&n.to_string()), "b")];
        sent[1].function = "a".into();
        queue.put(sent).await.unwrap();
    }
    let mut elsewhere = single("x");
    elsewhere.space = "t".into();
    queue
        .put(vec![elsewhere, delivery(&event("y"), "c")])
        .await
        .unwrap();
    let mut in_hand = Vec::new();
    while let Some(received) = queue.poll().await {
        in_hand.push(received);
    }
    let mut ids: Vec<_> = in_hand.iter().map(id).collect();
    ids.sort();
    assert_eq!(ids[3..], ["x-a", "y-c"]);
    assert_eq!(in_hand.len(), 5);
    assert_eq!(queue.backlog(), 17);
    // Every way to give one back lets the next one through, and only one.
    let mut outcomes = [Some(Outcome::Done), Some(retry(Duration::from_hours(1))), None].into_iter();
    for other in ["x-a", "y-c"] {
        let place = in_hand.iter().position(|received| id(received) == other);
        queue.say(in_hand.remove(place.unwrap()), Outcome::Done);
    }
    let mut kept = Vec::new();
    for received in in_hand {
        match outcomes.next().unwrap() {
            Some(outcome) => drop(queue.say(received, outcome)),
            None => drop(received),
        }
        let next = queue.poll().await.unwrap();
        assert!(queue.poll().await.is_none());
        kept.push(next);
    }
}

#[tokio::test]
async fn a_held_function_gets_nothing_until_its_time() {
    let machine = Machine::new();
    let queue = machine.open();
    queue
        .put(vec![single("1"), delivery(&event("2"), "b")])
        .await
        .unwrap();
    let (space, function): (_, FunctionId) = ("s".into(), "a".into());
    queue.hold(&space, &function, Duration::from_secs(10));
    // A shorter pause does not undo a longer one.
    queue.hold(&space, &function, Duration::from_secs(1));
    queue.hold(&"t".into(), &"b".into(), Duration::from_secs(10));
    queue.put(vec![single("3")]).await.unwrap();
    assert_eq!(queue.deliver_all().await, ["2-b"]);
    machine.advance(Duration::from_millis(9_999));
    assert!(queue.poll().await.is_none());
    machine.advance(Duration::from_millis(1));
    assert_eq!(queue.deliver_all().await, ["1-a", "3-a"]);

    // No pause at all lets it go.
    queue.hold(&space, &function, Duration::from_secs(10));
    queue.put(vec![single("4")]).await.unwrap();
    assert!(queue.poll().await.is_none());
    queue.hold(&space, &function, Duration::ZERO);
    assert_eq!(queue.deliver_all().await, ["4-a"]);

    // It is forgotten with the process.
    queue.hold(&space, &function, Duration::from_hours(10));
    queue.put(vec![single("5")]).await.unwrap();
    drop(queue);
    assert_eq!(machine.open().deliver_all().await, ["5-a"]);
}

/// A held subscription keeps to itself: others of the space go on, and so does it once its time is over.
#[tokio::test]
async fn a_subscription_can_be_held_back() {
    let machine = Machine::new();
    let queue = machine.open();
    queue
        .put(vec![single("1"), delivery(&event("2"), "b")])
        .await
        .unwrap();
    queue.hold_subscription(&"s".into(), &"a".into(), Duration::from_secs(10));
    assert_eq!(queue.deliver_all().await, ["2-b"]);
    queue.put(vec![single("3")]).await.unwrap();
    machine.advance(Duration::from_millis(9_999));
    assert!(queue.poll().await.is_none());
    machine.advance(Duration::from_millis(1));
    assert_eq!(queue.deliver_all().await, ["1-a", "3-a"]);
    queue.put(vec![single("4")]).await.unwrap();
    assert_eq!(queue.deliver_all().await, ["4-a"]);
}

/// A worker that waits is woken by time alone, and by the end of a hold.
#[tokio::test]
async fn a_waiting_worker_wakes_when_something_is_due() {
    let limits = super::fixture::ROOMY;
    let queue = super::super::Embedded::open(super::super::EmbeddedSettings {
        directory: None,
        cache_bytes: 1 << 20,
        durability: super::super::Durability::Disk,
        reserve_bytes: 0,
        limits,
    })
    .unwrap();
    queue.put(vec![single("1")]).await.unwrap();
    let received = queue.receive().await.unwrap();
    queue.say(received, retry(Duration::from_millis(50)));
    let received = queue.receive().await.unwrap();
    assert_eq!(received.deliveries[0].attempts, 1);
    drop(received);
    queue.hold(&"s".into(), &"a".into(), Duration::from_millis(50));
    let begun = std::time::Instant::now();
    let received = queue.receive().await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(45));
    assert!(received.waited >= Duration::from_millis(45));
}

/// The worker who minds the time goes away: another one wakes in its place.
#[tokio::test]
async fn the_time_is_minded_whoever_goes() {
    let machine = Machine::new();
    let queue = machine.open();
    queue.put(vec![single("1")]).await.unwrap();
    let received = queue.receive().await.unwrap();
    queue.say(received, retry(Duration::from_millis(1)));
    queue.written().await;
    let mut keeper = tokio::spawn({
        let queue = queue.clone();
        async move { queue.receive().await.is_some() }
    });
    // It minds the time now.
    while queue.0.schedule.look(|state| !state.is_minded()) {
        tokio::task::yield_now().await;
    }
    let other = tokio::spawn({
        let queue = queue.clone();
        async move { queue.receive().await.is_some() }
    });
    tokio::task::yield_now().await;
    keeper.abort();
    assert!((&mut keeper).await.unwrap_err().is_cancelled());
    machine.advance(Duration::from_millis(1));
    assert!(other.await.unwrap());
}

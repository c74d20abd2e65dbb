//! Deliveries with the same ordering key go one after another, whatever happens to them.

use std::time::Duration;

use super::fixture::{Machine, dead, delivery, event, id, ordered, retry};
use crate::Outcome;

#[tokio::test]
async fn only_the_first_of_a_key_is_handed_out() {
    let machine = Machine::new();
    let queue = machine.open();
    let sent = ["1", "2", "3"].map(|id| ordered(id, "k"));
    queue.put(sent.to_vec()).await.unwrap();
    queue.put(vec![ordered("4", "other")]).await.unwrap();
    let first = queue.poll().await.unwrap();
    let other = queue.poll().await.unwrap();
    assert_eq!((id(&first), id(&other)), ("1-a".to_owned(), "4-a".to_owned()));
    assert!(queue.poll().await.is_none());
    assert_eq!(queue.backlog(), 2);
    queue.say(other, Outcome::Done);

    // A retry, a deferral and a dropped receipt hold the others back; a restart changes nothing.
    queue.say(first, retry(Duration::from_secs(5)));
    assert!(queue.poll().await.is_none());
    drop(queue);
    let queue = machine.open();
    assert!(queue.poll().await.is_none());
    machine.advance(Duration::from_secs(5));
    let first = queue.poll().await.unwrap();
    assert_eq!(id(&first), "1-a");
    let pause = Duration::from_secs(5);
    queue.say(first, Outcome::Defer { pause });
    assert!(queue.poll().await.is_none());
    machine.advance(pause);
    drop(queue.poll().await.unwrap());
    let first = queue.poll().await.unwrap();
    assert_eq!(id(&first), "1-a");
    assert!(queue.poll().await.is_none());

    // One that is given up makes way.
    let outcome = dead(&first.deliveries[0]);
    queue.say(first, outcome);
    assert_eq!(queue.deliver_all().await, ["2-a", "3-a"]);
    assert_eq!(machine.shut(queue).deliveries.len(), 0);
}

#[tokio::test]
async fn a_poisoned_key_blocks_itself_alone() {
    let machine = Machine::new();
    let queue = machine.open();
    for round in 0..20 {
        let sent = ["p", "q", "r"].map(|key| ordered(&format!("{key}{round}"), key));
        queue.put(sent.to_vec()).await.unwrap();
    }
    let mut done = Vec::new();
    while let Some(received) = queue.poll().await {
        if id(&received).starts_with('p') {
            queue.say(received, retry(Duration::from_secs(1)));
        } else {
            done.push(id(&received));
            queue.say(received, Outcome::Done);
        }
    }
    for key in ["q", "r"] {
        let of_key: Vec<_> = done.iter().filter(|id| id.starts_with(key)).cloned().collect();
        let sent: Vec<_> = (0..20).map(|round| format!("{key}{round}-a")).collect();
        assert_eq!(of_key, sent);
    }
    assert_eq!(queue.backlog(), 20);
}

#[tokio::test]
async fn the_same_key_of_another_subscription_is_another_order() {
    let queue = Machine::new().open();
    let event = event("1");
    let mut sent = ["a", "b"].map(|subscription| delivery(&event, subscription));
    for delivery in &mut sent {
        delivery.ordering_key = Some("k".into());
    }
    queue.put(sent.to_vec()).await.unwrap();
    let (first, second) = (queue.poll().await.unwrap(), queue.poll().await.unwrap());
    assert_ne!(id(&first), id(&second));
}

#[tokio::test]
async fn deliveries_without_a_key_pass_those_with_one() {
    let queue = Machine::new().open();
    let mut free = ordered("3", "");
    free.ordering_key = None;
    queue
        .put(vec![ordered("1", "k"), ordered("2", "k"), free])
        .await
        .unwrap();
    let first = queue.poll().await.unwrap();
    assert_eq!(id(&queue.poll().await.unwrap()), "3-a");
    drop(first);
}

/// A key whose first delivery is for later holds the rest of its key, and no other.
#[tokio::test]
async fn a_delayed_first_delays_its_key() {
    let machine = Machine::new();
    let queue = machine.open();
    let mut first = ordered("1", "k");
    first.deliver_at = Some(machine.wall() + 1000);
    queue
        .put(vec![first, ordered("2", "k"), ordered("3", "other")])
        .await
        .unwrap();
    assert_eq!(queue.deliver_all().await, ["3-a"]);
    machine.advance(Duration::from_secs(1));
    assert_eq!(queue.deliver_all().await, ["1-a", "2-a"]);
}

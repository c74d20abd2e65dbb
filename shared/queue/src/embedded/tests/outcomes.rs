//! What becomes of deliveries, also over restarts.

use std::sync::Arc;
use std::time::Duration;

use domain::delivery::{Arrival, Delivery};
use domain::hops::Hops;
use domain::json::Json;

use super::fixture::{Machine, START, dead, delivery, event, event_of, id, retry, single};
use crate::{Outcome, Settled};

#[tokio::test]
async fn deliveries_keep_their_order() {
    let queue = Machine::new().open();
    queue.put(vec![single("1"), single("2")]).await.unwrap();
    queue.put(vec![single("3")]).await.unwrap();
    assert_eq!(queue.backlog(), 3);
    assert_eq!(queue.deliver_all().await, ["1-a", "2-a", "3-a"]);
    assert_eq!(queue.backlog(), 0);
}

#[tokio::test]
async fn a_delivery_comes_back_as_it_went_in() {
    let machine = Machine::new();
    let queue = machine.open();
    let shared = event_of("1", &"x".repeat(10_000));
    let here = Delivery {
        id: "ä".into(),
        space: "spaß".into(),
        function: "".into(),
        accepted_at: START - 5,
        attempts: 3,
        deliver_at: Some(START - 1),
        ordering_key: Some("k\0".into()),
        deduplication_key: None,
        arrival: Arrival {
            hops: Hops::new(7),
            unauthorized: Some(Arc::new(Json::from_value("it\u{0}"))),
            trace: Some(Arc::new(serde_json::from_str(r#"{"requestId":"r"}"#).unwrap())),
        },
        ..delivery(&event_of("2", "\u{1}\"ä"), "s\u{FFFE}")
    };
    let sent = vec![delivery(&shared, "a"), delivery(&shared, "b"), here];
    queue.put(sent.clone()).await.unwrap();
    for restart in [false, true] {
        let queue = if restart { machine.open() } else { queue.clone() };
        let mut received = Vec::new();
        for _ in 0..3 {
            received.push(queue.poll().await.unwrap());
        }
        let mut got: Vec<Delivery> = received.iter().map(|one| one.deliveries[0].clone()).collect();
        got.sort_by_key(|delivery| sent.iter().position(|sent| sent.id == delivery.id));
        assert_eq!(got, sent);
        assert!(Arc::ptr_eq(&got[0].event, &got[1].event), "restart: {restart}");
        if restart {
            break;
        }
        drop(received);
        drop(queue);
    }
}

#[tokio::test]
async fn outcomes_say_what_comes_next() {
    let machine = Machine::new();
    let queue = machine.open();
    queue.put(vec![single("1")]).await.unwrap();
    let first = queue.poll().await.unwrap();
    assert_eq!(
        queue.say(first, retry(Duration::from_secs(10))),
        Settled::Returned
    );
    assert_eq!(queue.backlog(), 1);
    machine.advance(Duration::from_millis(9_999));
    assert!(queue.poll().await.is_none());
    machine.advance(Duration::from_millis(101));
    let second = queue.poll().await.unwrap();
    assert_eq!(second.deliveries[0].attempts, 1);
    assert_eq!(second.waited, Duration::from_millis(100));
    assert_eq!(queue.backlog(), 0);
    let pause = Duration::from_mins(1);
    assert_eq!(queue.say(second, Outcome::Defer { pause }), Settled::Returned);
    machine.advance(Duration::from_secs(59));
    assert!(queue.poll().await.is_none());
    machine.advance(Duration::from_secs(1));
    let third = queue.poll().await.unwrap();
    assert_eq!(third.deliveries[0].attempts, 1);
    assert_eq!(queue.say(third, Outcome::Done), Settled::Completed);
    machine.advance(Duration::from_hours(1000));
    assert!(queue.poll().await.is_none());
    assert_eq!(machine.shut(queue).deliveries.len(), 0);
}

#[tokio::test]
async fn a_dropped_receipt_puts_the_delivery_back() {
    let queue = Machine::new().open();
    queue.put(vec![single("1"), single("2")]).await.unwrap();
    for _ in 0..3 {
        let received = queue.poll().await.unwrap();
        assert_eq!(
            (id(&received).as_str(), received.deliveries[0].attempts),
            ("1-a", 0)
        );
        assert_eq!(queue.backlog(), 1);
        drop(received);
        assert_eq!(queue.backlog(), 2);
    }
    let received = queue.poll().await.unwrap();
    let crate::Receipt::Embedded(receipt) = received.receipt else {
        panic!();
    };
    assert_eq!(queue.settle(receipt, Vec::new()), Settled::Returned);
    assert_eq!(queue.deliver_all().await, ["1-a", "2-a"]);
}

#[tokio::test]
async fn a_restart_keeps_attempts_times_and_order() {
    let machine = Machine::new();
    let queue = machine.open();
    let later = Delivery {
        deliver_at: Some(START + 30_000),
        ..single("later")
    };
    queue
        .put(vec![single("retried"), single("held"), single("waiting"), later])
        .await
        .unwrap();
    let retried = queue.poll().await.unwrap();
    queue.say(retried, retry(Duration::from_secs(20)));
    let held = queue.poll().await.unwrap();
    assert_eq!(queue.backlog(), 3);
    queue.close();
    assert!(queue.poll().await.is_none());
    drop(queue);
    // The receipt is a handle: the queue ends with it.
    drop(held);
    let queue = machine.open();
    assert_eq!(queue.backlog(), 4);
    assert_eq!(queue.deliver_all().await, ["held-a", "waiting-a"]);
    machine.advance(Duration::from_secs(20));
    let retried = queue.poll().await.unwrap();
    assert_eq!(
        (id(&retried).as_str(), retried.deliveries[0].attempts),
        ("retried-a", 1)
    );
    queue.say(retried, Outcome::Done);
    assert!(queue.poll().await.is_none());
    machine.advance(Duration::from_secs(10));
    assert_eq!(queue.deliver_all().await, ["later-a"]);
}

#[tokio::test]
async fn an_event_is_stored_once_for_all_who_get_it() {
    let machine = Machine::new();
    let queue = machine.open();
    let text = "x".repeat(100_000);
    let (several, one) = (event_of("1", &text), event_of("2", &text));
    let mut sent: Vec<_> = (0..10).map(|n| delivery(&several, &format!("s{n}"))).collect();
    sent.push(delivery(&one, "a"));
    sent.push(single("small"));
    queue.put(sent).await.unwrap();
    let contents = machine.shut(queue);
    assert_eq!((contents.deliveries.len(), contents.events), (12, 2));
    let queue = machine.open();
    for left in (0..9).rev() {
        let received = queue.poll().await.unwrap();
        let outcome = if left % 2 == 0 {
            Outcome::Done
        } else {
            dead(&received.deliveries[0])
        };
        queue.say(received, outcome);
    }
    queue.deliver_all().await;
    let contents = machine.shut(queue);
    assert_eq!((contents.deliveries.len(), contents.events), (0, 0));
    assert_eq!(contents.dead.len(), 4);
}

#[tokio::test]
async fn events_of_ten_mebibytes_pass() {
    let machine = Machine::new();
    let queue = machine.open();
    let text = "x".repeat(10 << 20);
    for number in 0..4 {
        let event = event_of(&number.to_string(), &text);
        queue
            .put(vec![delivery(&event, "a"), delivery(&event, "b")])
            .await
            .unwrap();
    }
    let received = queue.poll().await.unwrap();
    queue.say(received, retry(Duration::ZERO));
    assert_eq!(queue.deliver_all().await.len(), 8);
    assert_eq!(machine.shut(queue).events, 0);
}

#[tokio::test]
async fn nothing_is_sent_without_room_for_it() {
    let queue = Machine::new().open();
    let two = vec![single("1"), single("2")];
    let sent = queue.room(1, 10).unwrap().send(two).await;
    assert!(matches!(sent.unwrap_err().error, crate::QueueError::Full));
    queue.room(1, 10).unwrap().send(Vec::new()).await.unwrap();
    assert_eq!(queue.backlog(), 0);
    assert!(queue.poll().await.is_none());
}

#[tokio::test]
async fn a_full_queue_refuses() {
    let mut machine = Machine::new();
    (machine.limits.deliveries, machine.limits.bytes) = (2, 1000);
    let queue = machine.open();
    let full = |deliveries, bytes| {
        let reserved = queue.room(deliveries, bytes);
        matches!(reserved, Err(crate::QueueError::Full))
    };
    let first = queue.room(1, 600).unwrap();
    assert!(full(1, 600));
    assert!(full(2, 100));
    drop(first);
    let sent = queue.room(1, 600).unwrap().send(vec![single("1")]).await;
    sent.unwrap();
    assert!(full(2, 0));
    // What waits counts after a restart as well, and what is in hand does not.
    drop(queue);
    let queue = machine.open();
    assert!(matches!(queue.room(2, 0), Err(crate::QueueError::Full)));
    assert!(matches!(queue.room(1, 401), Err(crate::QueueError::Full)));
    let received = queue.poll().await.unwrap();
    drop(queue.room(2, 1000).unwrap());
    queue.say(received, retry(Duration::from_secs(1)));
    assert!(matches!(queue.room(2, 0), Err(crate::QueueError::Full)));
    drop(queue.room(1, 400).unwrap());
}

#[tokio::test]
async fn an_empty_queue_takes_any_fan_out() {
    let mut machine = Machine::new();
    (machine.limits.deliveries, machine.limits.bytes) = (1, 10);
    let queue = machine.open();
    let event = event("1");
    let deliveries = (0..5).map(|n| delivery(&event, &n.to_string())).collect();
    queue.room(5, 50).unwrap().send(deliveries).await.unwrap();
    assert_eq!(queue.backlog(), 5);
    assert!(matches!(queue.room(1, 1), Err(crate::QueueError::Full)));
    assert_eq!(queue.deliver_all().await.len(), 5);
    queue.room(9, 90).unwrap();
}

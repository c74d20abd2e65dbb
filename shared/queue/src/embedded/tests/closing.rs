//! The end of a queue.

use std::sync::Arc;
use std::time::Duration;

use domain::delivery::Delivery;

use super::fixture::{Machine, START, id, ordered, retry, single};
use crate::{Outcome, QueueError};

fn in_memory() -> Machine {
    Machine {
        durable: false,
        ..Machine::new()
    }
}

#[tokio::test]
async fn a_durable_queue_hands_nothing_out_any_more() {
    let machine = Machine::new();
    let queue = machine.open();
    queue.put(vec![single("1"), single("2")]).await.unwrap();
    let late = queue.room(1, 1).unwrap();
    let received = queue.receive().await.unwrap();
    let second = queue.receive().await.unwrap();
    let waiting = tokio::spawn({
        let queue = queue.clone();
        async move { queue.receive().await.is_none() }
    });
    tokio::task::yield_now().await;
    queue.close();
    assert!(waiting.await.unwrap());
    drop(second);
    assert!(queue.receive().await.is_none());
    assert!(matches!(queue.room(1, 1), Err(QueueError::Closed)));
    // What began before is finished.
    late.send(vec![single("3")]).await.unwrap();
    queue.say(received, Outcome::Done);
    let left = machine.shut(queue).deliveries;
    assert_eq!(
        left.iter().map(String::as_str).collect::<Vec<_>>(),
        ["2-a", "3-a"]
    );
}

#[tokio::test]
async fn a_queue_in_memory_is_emptied_first() {
    let queue = in_memory().open();
    let late = queue.room(1, 1).unwrap();
    let delayed = Delivery {
        deliver_at: Some(START + 1000),
        ..single("delayed")
    };
    queue.put(vec![single("1"), delayed]).await.unwrap();
    queue.close();
    assert!(matches!(queue.room(1, 1), Err(QueueError::Closed)));
    let received = queue.receive().await.unwrap();
    assert_eq!(id(&received), "1-a");
    queue.say(received, retry(Duration::from_secs(1)));
    let waiting = tokio::spawn({
        let queue = queue.clone();
        async move {
            let first = queue.receive().await.unwrap();
            let id = id(&first);
            queue.say(first, Outcome::Done);
            (id, queue.receive().await.is_none())
        }
    });
    tokio::task::yield_now().await;
    late.send(vec![single("2")]).await.unwrap();
    assert_eq!(waiting.await.unwrap(), ("2-a".to_owned(), true));
    assert!(queue.receive().await.is_none());
}

#[tokio::test]
async fn a_reservation_that_goes_unused_ends_the_wait() {
    let queue = in_memory().open();
    let reservation = queue.room(1, 1).unwrap();
    queue.close();
    let waiting = tokio::spawn({
        let queue = queue.clone();
        async move { queue.receive().await.is_none() }
    });
    tokio::task::yield_now().await;
    drop(reservation);
    assert!(waiting.await.unwrap());
}

/// One that waits behind another is still to come, whoever has the other in hand.
#[tokio::test]
async fn a_closed_queue_in_memory_waits_for_what_comes_forward() {
    let queue = in_memory().open();
    queue
        .put(vec![ordered("1", "k"), ordered("2", "k")])
        .await
        .unwrap();
    let first = queue.receive().await.unwrap();
    queue.close();
    let waiting = tokio::spawn({
        let queue = queue.clone();
        async move { queue.receive().await.map(|received| id(&received)) }
    });
    tokio::task::yield_now().await;
    queue.say(first, Outcome::Done);
    assert_eq!(waiting.await.unwrap().as_deref(), Some("2-a"));
}

/// All of an ordered backlog in memory is delivered, though only one is due at any time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_queue_in_memory_ends_after_its_ordered_deliveries() {
    let machine = Machine {
        limits: super::super::Limits {
            per_function: 1,
            ..super::fixture::ROOMY
        },
        ..in_memory()
    };
    let queue = machine.open();
    let sent: Vec<_> = (0..50)
        .map(|n| {
            let key = ["k", "l"][n % 2];
            ordered(&n.to_string(), key)
        })
        .collect();
    queue.put(sent).await.unwrap();
    queue.close();
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let queue = queue.clone();
            tokio::spawn(async move {
                let mut count = 0;
                while let Some(received) = queue.receive().await {
                    count += 1;
                    tokio::task::yield_now().await;
                    queue.say(received, Outcome::Done);
                }
                count
            })
        })
        .collect();
    let mut count = 0;
    for worker in workers {
        count += worker.await.unwrap();
    }
    assert_eq!(count, 50);
}

#[tokio::test]
async fn the_last_handle_waits_until_all_is_written() {
    let machine = Machine::new();
    let queue = machine.open();
    queue
        .put((0..500).map(|n| single(&n.to_string())).collect())
        .await
        .unwrap();
    for _ in 0..500 {
        let received = queue.receive().await.unwrap();
        queue.say(received, Outcome::Done);
    }
    assert_eq!(Arc::strong_count(&queue.0), 1);
    assert_eq!(machine.shut(queue).deliveries.len(), 0);
}

//! Bounds, order and closing of the queue.

use std::sync::Arc;

use domain::event::{Envelope, Event, EventStamp};
use domain::json::Json;

use super::*;

fn queue(deliveries: usize, bytes: usize) -> DeliveryQueue {
    DeliveryQueue::InMemory(InMemory::new(Limits { deliveries, bytes }))
}

fn delivery(function: &str) -> Delivery {
    let stamp = EventStamp {
        id: "1".to_owned(),
        time: "2026-01-01T00:00:00Z".to_owned(),
    };
    Delivery {
        space: "default".into(),
        subscription: "s".into(),
        function: function.into(),
        event: Arc::new(Event::V0_1(Box::new(Envelope::generated(
            stamp,
            "t",
            "",
            Json::null(),
        )))),
    }
}

async fn next(queue: &DeliveryQueue) -> Option<String> {
    queue
        .receive()
        .await
        .map(|received| received.deliveries[0].function.to_string())
}

#[tokio::test]
async fn deliveries_keep_their_order() {
    let queue = queue(10, 1000);
    queue
        .reserve(2, 20)
        .unwrap()
        .send(vec![delivery("a"), delivery("b")])
        .await
        .unwrap();
    assert_eq!(queue.backlog(), 2);
    assert_eq!(next(&queue).await.as_deref(), Some("a"));
    assert_eq!(next(&queue).await.as_deref(), Some("b"));
    assert_eq!(queue.backlog(), 0);
}

#[tokio::test]
async fn a_full_queue_refuses() {
    let queue = queue(2, 100);
    let first = queue.reserve(1, 60).unwrap();
    assert!(matches!(queue.reserve(1, 60), Err(QueueError::Full)));
    assert!(matches!(queue.reserve(2, 10), Err(QueueError::Full)));
    drop(first);
    queue
        .reserve(1, 60)
        .unwrap()
        .send(vec![delivery("a")])
        .await
        .unwrap();
    assert!(matches!(queue.reserve(2, 0), Err(QueueError::Full)));
    next(&queue).await;
    assert!(queue.reserve(2, 100).is_ok());
}

#[tokio::test]
async fn an_empty_queue_takes_any_fan_out() {
    let queue = queue(1, 10);
    let deliveries = (0..5).map(|_| delivery("a")).collect();
    queue.reserve(5, 50).unwrap().send(deliveries).await.unwrap();
    assert_eq!(queue.backlog(), 5);
    assert!(matches!(queue.reserve(1, 1), Err(QueueError::Full)));
}

#[tokio::test]
async fn a_closed_queue_is_emptied_first() {
    let queue = queue(10, 1000);
    let late = queue.reserve(1, 1).unwrap();
    queue
        .reserve(1, 1)
        .unwrap()
        .send(vec![delivery("a")])
        .await
        .unwrap();
    queue.close();
    assert!(matches!(queue.reserve(1, 1), Err(QueueError::Closed)));
    assert_eq!(next(&queue).await.as_deref(), Some("a"));
    let waiting = tokio::spawn({
        let queue = queue.clone();
        async move { (next(&queue).await, next(&queue).await) }
    });
    tokio::task::yield_now().await;
    late.send(vec![delivery("b")]).await.unwrap();
    assert_eq!(waiting.await.unwrap(), (Some("b".to_owned()), None));
}

#[tokio::test]
async fn many_workers_get_everything_once() {
    let queue = queue(1000, 100_000);
    let workers: Vec<_> = (0..8)
        .map(|_| {
            let queue = queue.clone();
            tokio::spawn(async move {
                let mut count = 0;
                while next(&queue).await.is_some() {
                    count += 1;
                }
                count
            })
        })
        .collect();
    for _ in 0..100 {
        let deliveries = (0..7).map(|_| delivery("a")).collect();
        queue.reserve(7, 70).unwrap().send(deliveries).await.unwrap();
        tokio::task::yield_now().await;
    }
    queue.close();
    let mut total = 0;
    for worker in workers {
        total += worker.await.unwrap();
    }
    assert_eq!(total, 700);
}

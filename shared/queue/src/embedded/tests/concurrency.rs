//! Many senders and many workers at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;

use super::super::{Durability, Embedded, EmbeddedSettings};
use super::fixture::{Machine, ROOMY, dead, delivery, event, id, retry};
use crate::Outcome;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_senders_and_workers_lose_and_double_nothing() {
    const SENDERS: usize = 16;
    const EVENTS: usize = 60;
    const FAN_OUT: usize = 3;
    let folder = tempfile::tempdir().unwrap();
    let queue = Embedded::open(EmbeddedSettings {
        directory: Some(folder.path().to_owned()),
        cache_bytes: 1 << 20,
        durability: Durability::OperatingSystem,
        reserve_bytes: 0,
        limits: super::super::Limits {
            per_function: 5,
            ..ROOMY
        },
    })
    .unwrap();
    let ended: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
    let orders: Arc<Mutex<HashMap<(String, String), usize>>> = Arc::default();
    let workers: Vec<_> = (0..24)
        .map(|seed| {
            let (queue, ended, orders) = (queue.clone(), Arc::clone(&ended), Arc::clone(&orders));
            tokio::spawn(async move {
                let mut rng = Rng::with_seed(seed);
                while let Some(received) = queue.receive().await {
                    let delivery = received.deliveries[0].clone();
                    tokio::task::yield_now().await;
                    match rng.u8(..10) {
                        0 => drop(received),
                        1 | 2 => drop(queue.say(received, retry(Duration::from_millis(rng.u64(..20))))),
                        outcome => {
                            *ended.lock().unwrap().entry(id(&received)).or_default() += 1;
                            if let Some(key) = &delivery.ordering_key {
                                let key = (delivery.subscription.to_string(), key.to_string());
                                let number = delivery.event.id().split('.').nth(1).unwrap().parse();
                                let before = orders.lock().unwrap().insert(key, number.unwrap());
                                assert!(before.is_none_or(|before| before
                                    < delivery.event.id().split('.').nth(1).unwrap().parse().unwrap()));
                            }
                            let outcome = if outcome == 3 {
                                dead(&delivery)
                            } else {
                                Outcome::Done
                            };
                            queue.say(received, outcome);
                        }
                    }
                }
            })
        })
        .collect();
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let queue = queue.clone();
            tokio::spawn(async move {
                for number in 0..EVENTS {
                    let event = event(&format!("{sender}.{number}"));
                    let sent = (0..FAN_OUT).map(|n| {
                        let mut delivery = delivery(&event, &n.to_string());
                        delivery.ordering_key = (n == 0).then(|| sender.to_string().into());
                        delivery
                    });
                    queue.put(sent.collect()).await.unwrap();
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.unwrap();
    }
    while ended.lock().unwrap().len() < SENDERS * EVENTS * FAN_OUT {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    queue.close();
    for worker in workers {
        worker.await.unwrap();
    }
    assert!(ended.lock().unwrap().values().all(|times| *times == 1));
    assert_eq!(queue.backlog(), 0);
    queue.written().await;
    queue.0.schedule.look(|state| {
        let books = format!("{:?} {}", state.accounts, state.unwritten);
        assert_eq!(
            books,
            format!("{:?} 0", super::super::accounts::Accounts::default())
        );
    });
}

/// Workers that give up waiting at any moment take nothing with them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_stops_waiting_loses_nothing() {
    let machine = Machine::new();
    let queue = machine.open();
    let sender = tokio::spawn({
        let queue = queue.clone();
        async move {
            for n in 0..300 {
                queue
                    .put(vec![delivery(&event(&n.to_string()), "a")])
                    .await
                    .unwrap();
            }
        }
    });
    let mut count = 0;
    let mut rng = Rng::with_seed(1);
    while count < 300 {
        let wait = Duration::from_micros(rng.u64(..300));
        if let Ok(Some(received)) = tokio::time::timeout(wait, queue.receive()).await {
            count += 1;
            queue.say(received, Outcome::Done);
        }
    }
    sender.await.unwrap();
    assert!(queue.poll().await.is_none());
    assert_eq!(machine.shut(queue).deliveries.len(), 0);
}

/// A sender that stops waiting gave its delivery away: it is queued, and its room is not lost.
#[tokio::test]
async fn a_sender_that_stops_waiting_is_counted_right() {
    let machine = Machine::new();
    let queue = machine.open();
    for n in 0..50 {
        let sent = queue.put(vec![delivery(&event(&n.to_string()), "a")]);
        let _ = tokio::time::timeout(Duration::ZERO, sent).await;
    }
    queue.written().await;
    let count = queue.backlog();
    assert_eq!(queue.deliver_all().await.len(), count);
    queue
        .0
        .schedule
        .look(|state| assert_eq!(state.accounts.all().reserved.deliveries, 0));
}

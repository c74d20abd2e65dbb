//! A million deliveries wait on disk, not in memory. Alone in its process, whose memory it watches.

#![expect(
    clippy::unwrap_used,
    reason = "a test says by panicking that its ground gave way"
)]

use std::sync::Arc;

use domain::delivery::Delivery;
use domain::event::{Envelope, Event, EventStamp};
use domain::json::Json;
use queue::{
    DeadLetterLimits, DeliveryQueue, Durability, Embedded, EmbeddedSettings, Limits, Outcome, QueueError,
    SpaceShares,
};

const DELIVERIES: usize = 1_000_000;
const SUBSCRIPTIONS: usize = 10;
/// Deliveries that are taken out again: enough to have read the windows of all lanes many times over.
const TAKEN: usize = 200_000;
/// Events of a send.
const AT_ONCE: usize = 200;
/// A million deliveries in memory would take several hundred.
const MOST_MEBIBYTES: usize = 64;

fn settings(directory: &std::path::Path) -> EmbeddedSettings {
    EmbeddedSettings {
        directory: Some(directory.to_owned()),
        cache_bytes: 4 << 20,
        durability: Durability::OperatingSystem,
        reserve_bytes: 0,
        limits: Limits {
            deliveries: DELIVERIES,
            bytes: 1 << 30,
            workers: 1000,
            per_function: 100,
            spaces: SpaceShares::HALVES,
            dead_letters: DeadLetterLimits::NONE,
        },
    }
}

fn deliveries(first: usize) -> Vec<Delivery> {
    let of_event = |number: usize| {
        let stamp = EventStamp {
            id: number.to_string(),
            time: "2026-01-01T00:00:00Z".to_owned(),
        };
        let data = Json::from_value("x".repeat(100).as_str());
        let event = Arc::new(Event::V0_1(Box::new(Envelope::generated(stamp, "t", "", data))));
        (0..SUBSCRIPTIONS).map(move |subscription| Delivery {
            id: format!("{number}-{subscription}").into(),
            space: "default".into(),
            subscription: subscription.to_string().into(),
            function: "f".into(),
            event: Arc::clone(&event),
            accepted_at: 0,
            attempts: 0,
            deliver_at: None,
            ordering_key: None,
            deduplication_key: None,
            arrival: domain::delivery::Arrival::default(),
        })
    };
    (first..first + AT_ONCE).flat_map(of_event).collect()
}

/// Most memory that this process had so far, in MiB.
#[cfg(target_os = "linux")]
fn peak_mebibytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let kibibytes: usize = peak.trim().trim_end_matches(" kB").parse().unwrap();
    kibibytes / 1024
}

/// Elsewhere the test shows that a million deliveries pass, and not in how much memory.
#[cfg(not(target_os = "linux"))]
fn peak_mebibytes() -> usize {
    0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_million_deliveries_wait_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let before = peak_mebibytes();
    let queue = DeliveryQueue::Embedded(Embedded::open(settings(folder.path())).unwrap());
    for first in (0..DELIVERIES / SUBSCRIPTIONS).step_by(AT_ONCE) {
        let sent = deliveries(first);
        queue
            .reserve(&sent, sent.len() * 100)
            .unwrap()
            .send(sent)
            .await
            .unwrap();
    }
    assert_eq!(queue.backlog(), DELIVERIES);
    assert!(matches!(
        queue.reserve(&deliveries(0)[..1], 1),
        Err(QueueError::Full)
    ));
    drop(queue);

    let queue = DeliveryQueue::Embedded(Embedded::open(settings(folder.path())).unwrap());
    assert_eq!(queue.backlog(), DELIVERIES);
    let mut next = [0; SUBSCRIPTIONS];
    for _ in 0..TAKEN {
        let received = queue.receive().await.unwrap();
        let delivery = &received.deliveries[0];
        // Each subscription gets its own in order, and none is far ahead of the others.
        let subscription: usize = delivery.subscription.as_str().parse().unwrap();
        assert_eq!(delivery.event.id(), next[subscription].to_string());
        next[subscription] += 1;
        queue.settle(received.receipt, vec![Outcome::Done]).await;
    }
    assert_eq!(queue.backlog(), DELIVERIES - TAKEN);
    let grown = peak_mebibytes() - before;
    assert!(grown < MOST_MEBIBYTES, "memory grew by {grown} MiB");
    println!("memory grew by {grown} MiB");
}

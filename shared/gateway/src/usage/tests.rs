//! What is counted comes into the store: once, and in its hour.

use domain::event::EventStamp;
use domain::usage::UsageCounts;
use store::{Embedded, EmbeddedSettings};

use super::*;

const SETTINGS: UsageSettings = UsageSettings {
    interval: Duration::from_hours(1),
    most_rows: 10_000,
};

fn store(directory: &tempfile::TempDir) -> Store {
    Store::Embedded(Embedded::open(EmbeddedSettings::new(directory.path())).unwrap())
}

async fn used(usage: &Usage, space: &str) -> Vec<(u64, UsageCounts)> {
    let all = usage.0.store.usage(&space.into(), 0..u64::MAX / 2).await;
    all.unwrap().into_iter().collect()
}

async fn total(usage: &Usage, space: &str) -> [u64; 6] {
    let mut total = UsageCounts::default();
    for (_, counts) in used(usage, space).await {
        total += counts;
    }
    total.values()
}

fn event() -> Event {
    use domain::json::Json;
    let stamp: EventStamp = crate::stamp::event_stamp();
    let data = Json::from_value(&"12345678");
    let envelope = domain::event::Envelope::generated(stamp, "t", "application/json", data);
    Event::V0_1(Box::new(envelope))
}

#[tokio::test]
async fn what_is_counted_is_written_once() {
    let directory = tempfile::tempdir().unwrap();
    let usage = Usage::new(store(&directory), SETTINGS);
    let shop = usage.of(&"shop".into());
    shop.call(&event());
    shop.deliveries(3);
    usage.flush().await;
    shop.not_queued(1);
    shop.attempt();
    shop.dead_letters(1);
    usage.flush().await;
    usage.flush().await;
    assert_eq!(total(&usage, "shop").await, [1, 10, 1, 2, 1, 1]);
    // Another process goes on beside it.
    let other = Usage::new(usage.0.store.clone(), SETTINGS);
    other.of(&"shop".into()).attempt();
    other.flush().await;
    assert_eq!(total(&usage, "shop").await, [1, 10, 1, 2, 2, 1]);
    assert!(used(&usage, "other").await.is_empty());
}

async fn end_invocation(usage: &Usage) {
    if usage.is_due() {
        usage.flush().await;
    }
}

#[tokio::test]
async fn what_was_counted_belongs_to_the_hour_of_the_invocation_before() {
    let directory = tempfile::tempdir().unwrap();
    let usage = Usage::new(store(&directory), SETTINGS);
    let now = hour_of(epoch_millis());
    // The process was frozen for hours.
    usage.0.hour.store(now - 3, Ordering::Relaxed);
    usage.of(&"shop".into()).attempt();
    usage.begin_invocation();
    usage.of(&"shop".into()).attempt();
    usage.of(&"shop".into()).attempt();
    end_invocation(&usage).await;
    let counts = used(&usage, "shop").await;
    let attempts: Vec<_> = counts.iter().map(|(_, counts)| counts.attempts).collect();
    assert_eq!((attempts, counts[0].0), (vec![1, 2], now - 3));
    // It is not yet time for the next write, unless each invocation writes.
    usage.of(&"shop".into()).attempt();
    end_invocation(&usage).await;
    assert_eq!(total(&usage, "shop").await[4], 3);
    let each = Usage::new(
        usage.0.store.clone(),
        UsageSettings {
            interval: Duration::ZERO,
            ..SETTINGS
        },
    );
    for attempts in [4, 5] {
        each.of(&"shop".into()).attempt();
        end_invocation(&each).await;
        assert_eq!(total(&usage, "shop").await[4], attempts);
    }
}

#[tokio::test]
async fn spaces_that_use_nothing_are_forgotten() {
    let directory = tempfile::tempdir().unwrap();
    let usage = Usage::new(store(&directory), SETTINGS);
    let kept = usage.of(&"kept".into());
    for number in 0..2 * SWEEP_FROM {
        usage.of(&Space::from(format!("space-{number}"))).attempt();
    }
    usage.flush().await;
    let spaces = usage.0.spaces.read().unwrap().len();
    assert_eq!(spaces, 1);
    kept.attempt();
    usage.flush().await;
    assert_eq!(total(&usage, "kept").await[4], 1);
    assert_eq!(total(&usage, "space-7").await[4], 1);
}

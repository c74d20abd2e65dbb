//! Days that are over are told of once, to whoever subscribes to it.

use std::time::Duration;

use domain::resource::{EventType, Function, Resource as _, Subscription};
use domain::usage::UsageRow;
use queue::{DeadLetterLimits, DeliveryQueue, Durability, Limits, SpaceShares};
use records::DeliveryLog;
use store::{Embedded, Store};
use targets::{Invoker, TargetSettings};

use super::*;
use crate::delivery::dead_letters::DeadLetters;
use crate::gateway::GatewayParts;
use crate::test_settings::settings;
use crate::usage::{UsageSettings, today};

/// A process on a store.
fn gateway(store: &Store) -> Gateway {
    let queue = queue::Embedded::open(queue::EmbeddedSettings {
        directory: None,
        cache_bytes: 1024 * 1024,
        durability: Durability::OperatingSystem,
        reserve_bytes: 0,
        limits: Limits {
            deliveries: 100,
            bytes: 1024 * 1024,
            workers: 10,
            per_function: 10,
            spaces: SpaceShares::HALVES,
            dead_letters: DeadLetterLimits::NONE,
        },
    })
    .unwrap();
    let counting = UsageSettings {
        interval: Duration::ZERO,
        most_rows: 100,
    };
    let parts = GatewayParts {
        store: store.clone(),
        queue: DeliveryQueue::Embedded(queue.clone()),
        dead_letters: DeadLetters::Queue(queue),
        delivery_log: DeliveryLog::Tracing,
        invoker: Invoker::new(TargetSettings::default()).unwrap(),
        usage: Some(Usage::new(store.clone(), counting)),
        tracer: traces::Tracer::default(),
    };
    Gateway::new(parts, settings())
}

/// Has a function of a space told of its days.
async fn subscribe(store: &Store, space: &Space) {
    let function = r#"{"functionId":"f","type":"http","provider":{"url":"http://localhost:1"}}"#;
    let function = Function::decode(space, None, function.as_bytes()).unwrap();
    store.create(function).await.unwrap();
    let event_type = EventType::decode(space, None, br#"{"name":"eventgateway.usage.daily"}"#).unwrap();
    store.create(event_type).await.unwrap();
    let subscription = r#"{"type":"async","eventType":"eventgateway.usage.daily","functionId":"f"}"#;
    let subscription = Subscription::decode(space, None, subscription.as_bytes()).unwrap();
    store.create(subscription).await.unwrap();
}

/// How many events wait after something was counted in an invocation.
async fn told(gateway: &Gateway) -> usize {
    gateway.begin_invocation();
    gateway.usage().unwrap().of(&"shop".into()).attempt();
    gateway.end_invocation().await;
    gateway.queue().backlog()
}

#[tokio::test]
async fn a_day_is_told_of_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::Embedded(Embedded::open(store::EmbeddedSettings::new(folder.path())).unwrap());
    let space = Space::from("shop");
    let first = gateway(&store);
    let today = today(epoch_millis());
    let row = |days_ago: u64| UsageRow {
        space: space.clone(),
        hour: (today - days_ago) * DAY_HOURS + 3,
        writer: 1,
        counts: UsageCounts::of_values([5, 0, 0, 0, 0, 0]),
    };
    store.put_usage(vec![row(1), row(2), row(4)]).await.unwrap();
    // Nobody wants to know.
    assert_eq!(told(&first).await, 0);
    subscribe(&store, &space).await;
    // Of the days before the first one that is told, nothing is.
    assert_eq!(told(&first).await, 1);
    assert_eq!(told(&first).await, 1);
    // Another process learns that it is done.
    assert_eq!(told(&gateway(&store)).await, 0);
    // Where some days were not told, the next one who counts something does.
    let other = Space::from("other");
    subscribe(&store, &other).await;
    assert!(matches!(
        store.claim_usage_day(&other, today - 5).await.unwrap(),
        UsageDayClaim::Won { .. }
    ));
    let rows = [1, 2, 4].map(|days_ago| UsageRow {
        space: other.clone(),
        ..row(days_ago)
    });
    store.put_usage(rows.to_vec()).await.unwrap();
    let third = gateway(&store);
    third.usage().unwrap().of(&other).attempt();
    third.end_invocation().await;
    assert_eq!(third.queue().backlog(), 3);
}

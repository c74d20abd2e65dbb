//! Deliveries to send, and what came of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use domain::delivery::Delivery;
use domain::event::{Envelope, Event, EventStamp};
use domain::json::Json;
use queue::{DeliveryQueue, Outcome, QueueError, Received, Settled};

/// The time in milliseconds since the Unix epoch.
pub(crate) fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_millis().try_into().unwrap()
}

/// An event with a text as its data.
pub(crate) fn event(id: &str, data: &str) -> Arc<Event> {
    let stamp = EventStamp {
        id: id.to_owned(),
        time: "2026-01-01T00:00:00Z".to_owned(),
    };
    let envelope = Envelope::generated(stamp, "t", "", Json::from_value(data));
    Arc::new(Event::V0_1(Box::new(envelope)))
}

/// A delivery of an event that was accepted long ago; its id is made of all that tells it from others.
pub(crate) fn delivery(event: &Arc<Event>, space: &str, subscription: &str) -> Delivery {
    Delivery {
        id: format!("{}/{space}/{subscription}", event.id()).into(),
        space: space.into(),
        subscription: subscription.into(),
        function: "f".into(),
        event: Arc::clone(event),
        accepted_at: 1_700_000_000_000,
        attempts: 0,
        deliver_at: None,
        ordering_key: None,
        deduplication_key: None,
        arrival: domain::delivery::Arrival::default(),
    }
}

/// One delivery of an event of its own.
pub(crate) fn single(id: &str) -> Delivery {
    delivery(&event(id, ""), "s", "a")
}

/// One ordered delivery of an event of its own.
pub(crate) fn ordered(id: &str, key: &str) -> Delivery {
    Delivery {
        ordering_key: Some(key.into()),
        ..single(id)
    }
}

pub(crate) async fn send(queue: &DeliveryQueue, deliveries: Vec<Delivery>) -> Result<(), QueueError> {
    Ok(queue.reserve(&deliveries, 0)?.send(deliveries).await?)
}

/// The next message; fails instead of waiting for ever.
pub(crate) async fn receive(queue: &DeliveryQueue) -> Received {
    let received = tokio::time::timeout(Duration::from_secs(30), queue.receive()).await;
    received.unwrap().unwrap()
}

/// Says of each delivery of a message what became of it.
pub(crate) async fn settle(
    queue: &DeliveryQueue,
    received: Received,
    outcome: impl FnMut(&Delivery) -> Outcome,
) -> Settled {
    let outcomes = received.deliveries.iter().map(outcome).collect();
    queue.settle(received.receipt, outcomes).await
}

/// Completes a message.
pub(crate) async fn complete(queue: &DeliveryQueue, received: Received) {
    let settled = settle(queue, received, |_| Outcome::Done).await;
    assert_eq!(settled, Settled::Completed);
}

/// An attempt that failed.
pub(crate) fn retry(pause: Duration) -> Outcome {
    Outcome::Retry { pause }
}

/// No attempt.
pub(crate) fn defer(pause: Duration) -> Outcome {
    Outcome::Defer { pause }
}

/// Receives and completes one message; gives the id of its event.
pub(crate) async fn process(queue: &DeliveryQueue) -> String {
    let received = receive(queue).await;
    let id = received.deliveries[0].event.id().to_owned();
    complete(queue, received).await;
    id
}

/// How often each delivery is among some, as event id, space and subscription.
pub(crate) fn counted<'a>(
    deliveries: impl IntoIterator<Item = &'a Delivery>,
) -> BTreeMap<(String, String, String), usize> {
    let mut counts = BTreeMap::new();
    for delivery in deliveries {
        let key = (
            delivery.event.id().to_owned(),
            delivery.space.to_string(),
            delivery.subscription.to_string(),
        );
        *counts.entry(key).or_default() += 1;
    }
    counts
}

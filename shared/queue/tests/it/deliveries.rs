//! Deliveries to send, and what came of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::delivery::Delivery;
use domain::event::{Envelope, Event, EventStamp};
use domain::json::Json;
use queue::{DeliveryQueue, QueueError, Received};

/// An event with a text as its data.
pub(crate) fn event(id: &str, data: &str) -> Arc<Event> {
    let stamp = EventStamp {
        id: id.to_owned(),
        time: "2026-01-01T00:00:00Z".to_owned(),
    };
    let envelope = Envelope::generated(stamp, "t", "", Json::from_value(data));
    Arc::new(Event::V0_1(Box::new(envelope)))
}

pub(crate) fn delivery(event: &Arc<Event>, space: &str, subscription: &str) -> Delivery {
    Delivery {
        space: space.into(),
        subscription: subscription.into(),
        function: "f".into(),
        event: Arc::clone(event),
    }
}

/// One delivery of an event of its own.
pub(crate) fn single(id: &str) -> Delivery {
    delivery(&event(id, ""), "s", "a")
}

pub(crate) async fn send(queue: &DeliveryQueue, deliveries: Vec<Delivery>) -> Result<(), QueueError> {
    queue.reserve(deliveries.len(), 0)?.send(deliveries).await
}

/// The next message; fails instead of waiting for ever.
pub(crate) async fn receive(queue: &DeliveryQueue) -> Received {
    let received = tokio::time::timeout(Duration::from_secs(30), queue.receive()).await;
    received.unwrap().unwrap()
}

/// Receives and completes one message; gives the id of its event.
pub(crate) async fn process(queue: &DeliveryQueue) -> String {
    let received = receive(queue).await;
    let id = received.deliveries[0].event.id().to_owned();
    queue.complete(received.receipt).await;
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

//! An event on its way to one subscriber.

use std::sync::Arc;

use crate::event::Event;
use crate::ids::{DeliveryId, FunctionId, Space, SubscriptionId};

/// One event for one subscription, as it waits in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Stays the same over all attempts, so that the function can tell a repetition (docs/delivery.md).
    pub id: DeliveryId,
    /// Space of the subscription.
    pub space: Space,
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The function it names.
    pub function: FunctionId,
    /// The event.
    pub event: Arc<Event>,
    /// When the event was accepted, in milliseconds since the Unix epoch; its age counts from here.
    pub accepted_at: u64,
    /// Attempts that were made and failed.
    pub attempts: u32,
    /// No attempt before this, in milliseconds since the Unix epoch: when the producer wants the event delivered.
    pub deliver_at: Option<u64>,
    /// Deliveries of a subscription with the same key are made one after another, in the order of acceptance.
    pub ordering_key: Option<Arc<str>>,
    /// Of deliveries to a space with the same key only the first of five minutes is queued. Looked at when the
    /// delivery is queued, and not kept.
    pub deduplication_key: Option<Arc<str>>,
}

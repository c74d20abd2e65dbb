//! An event on its way to one subscriber.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::hops::Hops;
use crate::ids::{DeliveryId, FunctionId, Space, SubscriptionId};
use crate::json::Json;
use crate::trace::Trace;
#[allow(unused_imports, reason = "named by the schema of Arrival")]
use crate::trace::TraceRecord;

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
    /// How its event came in.
    pub arrival: Arrival,
}

/// How the event of a delivery came in, as far as it still matters.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Arrival {
    /// How often it had been passed on by a gateway.
    #[serde(default, skip_serializing_if = "Hops::is_none")]
    #[schema(value_type = u8)]
    pub hops: Hops,
    /// The request that it came with, in the form of authorizers: that of its event type has failed, and the event goes
    /// nowhere before it has been asked. `None` where nothing stands in the way. Holds what the sender proved itself
    /// with, so it is not shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    pub unauthorized: Option<Arc<Json>>,
    /// By what it is followed, if its sender said and the gateway passes that on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = TraceRecord, nullable = false)]
    pub trace: Option<Arc<Trace>>,
}

impl fmt::Debug for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrival")
            .field("hops", &self.hops)
            .field("is_unauthorized", &self.unauthorized.is_some())
            .field("trace", &self.trace)
            .finish()
    }
}

impl Arrival {
    /// Of an event that had been passed on so often, and that nothing stands in the way of.
    pub fn after(hops: Hops) -> Self {
        Self {
            hops,
            unauthorized: None,
            trace: None,
        }
    }

    /// Whether there is nothing to say about it.
    pub fn is_plain(&self) -> bool {
        self.hops.is_none() && self.unauthorized.is_none() && self.trace.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_sender_proved_itself_with_is_not_shown() {
        let arrival = Arrival {
            hops: Hops::new(2),
            unauthorized: Some(Arc::new(Json::from_value("Bearer s3cret"))),
            trace: None,
        };
        let shown = format!("{arrival:?}");
        assert_eq!(
            shown,
            "Arrival { hops: Hops(2), is_unauthorized: true, trace: None }"
        );
        assert!(!arrival.is_plain() && Arrival::after(Hops::NONE).is_plain());
    }
}

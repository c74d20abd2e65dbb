//! Deliveries that wait, as the Configuration API shows them.

use serde::Serialize;

use crate::ids::{DeliveryId, FunctionId, SubscriptionId};

/// A delivery that waits for its time, for a worker, or for one before it with its ordering key. The event itself is left
/// out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WaitingDelivery {
    /// Identifier of the delivery.
    #[schema(value_type = String)]
    pub delivery_id: DeliveryId,
    /// The subscription.
    #[schema(value_type = String)]
    pub subscription_id: SubscriptionId,
    /// Its function.
    #[schema(value_type = String)]
    pub function_id: FunctionId,
    /// Identifier that the producer gave the event.
    pub event_id: String,
    /// Type of the event.
    pub event_type: String,
    /// Source of the event.
    pub event_source: String,
    /// When the event was accepted, in milliseconds since the Unix epoch.
    pub accepted_at: u64,
    /// When the next attempt is due, in milliseconds since the Unix epoch; absent while another delivery with the same
    /// ordering key comes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub due_at: Option<u64>,
    /// Attempts that were made and failed.
    pub attempts: u32,
    /// Key that it is ordered by, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ordering_key: Option<String>,
}

/// Which of the deliveries that wait in a space are meant: those that have all of this.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WaitingSelection {
    /// For this subscription.
    pub subscription: Option<SubscriptionId>,
    /// To this function.
    pub function: Option<FunctionId>,
    /// Of events with this id.
    pub event_id: Option<String>,
}

/// Some of the deliveries that wait in a space.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WaitingPage {
    /// At most as many as were asked for.
    pub deliveries: Vec<WaitingDelivery>,
    /// What to ask for the next ones with; `None` when these are the last. Opaque, printable ASCII.
    pub next: Option<String>,
}

impl WaitingDelivery {
    /// Bytes of what is shown, about.
    pub fn bytes(&self) -> usize {
        self.event_id.len() + self.event_type.len() + self.event_source.len() + 512
    }
}

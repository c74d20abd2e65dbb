//! An event on its way to one subscriber.

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::ids::{FunctionId, Space, SubscriptionId};

/// One event for one subscription, as it waits in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Space of the subscription.
    pub space: Space,
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The function it names.
    pub function: FunctionId,
    /// The event.
    pub event: std::sync::Arc<Event>,
}

//! What a function is called with.

use bytes::Bytes;
use domain::ids::{DeliveryId, SubscriptionId};

/// A call to be made.
#[derive(Debug, Clone)]
pub struct Call {
    /// What the function gets: the event as JSON.
    pub payload: Bytes,
    /// What an HTTP function learns of the delivery from headers; other functions find it in the event.
    pub identity: Option<CallIdentity>,
    /// Whether the AWS SDKs try again by themselves (CONTRACT.md §3.3); not where the queue does.
    pub sdk_retries: bool,
}

/// What a consumer can tell calls apart by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallIdentity {
    /// The delivery, the same at every attempt.
    pub delivery: DeliveryId,
    /// The subscription; none where an authorizer is called.
    pub subscription: Option<SubscriptionId>,
    /// Number of the attempt, from 1.
    pub attempt: u32,
}

//! What a function is called with.

use bytes::Bytes;
use domain::event::Event;
use domain::hops::Hops;
use domain::ids::{DeliveryId, SubscriptionId};

/// A call to be made.
#[derive(Debug, Clone)]
pub struct Call<'e> {
    /// What the function gets: the event as JSON.
    pub payload: Bytes,
    /// The event itself, for functions that get it in another form; none where an authorizer is called.
    pub event: Option<&'e Event>,
    /// What can be told about the delivery; none of it goes to a function that knows no place for it.
    pub identity: Option<CallIdentity>,
    /// Whether the AWS SDKs try again by themselves (docs/contract.md §3.3); not where the queue does.
    pub sdk_retries: bool,
    /// Whether a client waits for the answer, so that the response mode of the function says what becomes of it.
    pub is_awaited: bool,
    /// Whether somebody wants the whole of the answer. Where nobody does, only its beginning is kept, as much as is shown
    /// of a failure.
    pub needs_answer: bool,
    /// How often the event has been passed on, this time included: told with every request over HTTP that the call
    /// makes, unless it is 0.
    pub hops: Hops,
}

impl Call<'_> {
    /// Whether somebody looks at the result, a caller or what asked an authorizer. The queue, which repeats calls by
    /// itself, only wants to know whether the event was taken.
    pub(crate) fn wants_result(&self) -> bool {
        self.sdk_retries
    }
}

/// Identifies a call to its consumer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallIdentity {
    /// The delivery, the same at every attempt.
    pub delivery: DeliveryId,
    /// The subscription; none where an authorizer is called.
    pub subscription: Option<SubscriptionId>,
    /// Number of the attempt, from 1.
    pub attempt: u32,
}

//! What a function is called with.

use std::sync::Arc;

use bytes::Bytes;
use domain::event::Event;
use domain::hops::Hops;
use domain::ids::{DeliveryId, SubscriptionId};
use domain::passthrough::OriginalRequest;
use domain::trace::Trace;

/// A call to be made.
#[derive(Debug, Clone)]
pub struct Call<'e> {
    /// What the function gets: the event as JSON.
    pub payload: Bytes,
    /// The event itself, for functions that get it in another form; none where an authorizer is called.
    pub event: Option<&'e Event>,
    /// The request that the event came with, as long as its client waits.
    pub original: Option<&'e OriginalRequest<'e>>,
    /// What can be told about the delivery; none of it goes to a function that knows no place for it.
    pub identity: Option<CallIdentity>,
    /// Who wants it called.
    pub caller: Caller,
    /// Whether somebody wants the whole of the answer. Where nobody does, only its beginning is kept, as much as is shown
    /// of a failure.
    pub needs_answer: bool,
    /// How often the event has been passed on, this time included: told with every request over HTTP that the call
    /// makes, unless it is 0.
    pub hops: Hops,
}

/// Who wants a function called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// A client waits for the answer: the response mode of the function says what it gets.
    Client,
    /// The gateway waits for what an authorizer says.
    Authorizer,
    /// The queue, which only wants to know whether the event was taken.
    Queue,
}

impl Caller {
    /// Whether somebody waits for the result. The AWS SDKs try again by themselves then (docs/contract.md §3.3); the queue
    /// repeats calls by itself, with pauses that they would not make.
    pub(crate) fn waits(self) -> bool {
        self != Self::Queue
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
    /// By what its event is followed: told to functions that get headers.
    pub trace: Option<Arc<Trace>>,
}

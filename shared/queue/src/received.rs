//! Messages in the hands of those who received them, and what becomes of them.

use std::time::Duration;

use domain::dead_letter::DeadLetter;
use domain::delivery::Delivery;

use crate::{embedded, sqs};

/// A message taken from the queue: an event for one subscriber or more.
#[derive(Debug)]
pub struct Received {
    /// What is to be delivered.
    pub deliveries: Vec<Delivery>,
    /// How long it waited since it could be received.
    pub waited: Duration,
    /// What the queue knows the message by.
    pub receipt: Receipt,
}

/// What a queue knows a message by until it is settled. A message whose receipt is dropped is received again.
#[derive(Debug)]
pub enum Receipt {
    /// Of an [`Embedded`](crate::Embedded) queue.
    Embedded(embedded::EmbeddedReceipt),
    /// SQS hides the message for a while and shows it again unless it is settled.
    Sqs(sqs::SqsReceipt),
}

/// What became of a delivery that was received.
#[derive(Debug)]
pub enum Outcome {
    /// It is done with.
    Done,
    /// An attempt failed; the next one, with one more in [`Delivery::attempts`], is due after the pause.
    Retry {
        /// The pause.
        pause: Duration,
    },
    /// No attempt was made; it is due again after the pause.
    Defer {
        /// The pause.
        pause: Duration,
    },
    /// It is given up. Only an [`Embedded`](crate::Embedded) queue keeps dead letters
    /// ([`DeliveryQueue::keeps_dead_letters`](crate::DeliveryQueue::keeps_dead_letters)), and moves the delivery there in one
    /// step; for SQS it is the same as [`Outcome::Done`].
    DeadLetter(Box<DeadLetter>),
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It is out of the queue, or can be taken out by who handed it over.
    Completed,
    /// It is to be received again.
    Returned,
}

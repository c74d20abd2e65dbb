//! The delivery queue: accepted events wait here until a worker calls their function.

mod in_memory;
pub mod sqs;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::time::Duration;

use domain::delivery::Delivery;

pub use in_memory::{InMemory, Limits};
pub use sqs::{Sqs, SqsSettings};

/// A queue of deliveries. A handle: clones share the queue.
#[derive(Debug, Clone)]
pub enum DeliveryQueue {
    /// In the memory of this process: what waits is lost when the process dies.
    InMemory(InMemory),
    /// A queue of Amazon SQS: what waits outlives every process.
    Sqs(Sqs),
}

/// Why a delivery cannot be queued.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// There is no room for it.
    #[error("the delivery queue is full")]
    Full,
    /// The gateway is going away.
    #[error("the delivery queue is closed")]
    Closed,
    /// The event does not fit into a message of the queue.
    #[error("event takes {bytes} bytes in the delivery queue, which are more than its limit of {limit}")]
    TooLarge {
        /// What a message with the event would take, in bytes.
        bytes: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The service that keeps the queue did not take it.
    #[error("the delivery queue is unavailable")]
    Unavailable {
        /// What it said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

/// Room in the queue for some deliveries; what is not used is given back when it is dropped.
#[derive(Debug)]
pub enum Reservation {
    /// Room in an [`InMemory`] queue.
    InMemory(in_memory::Reservation),
    /// An [`Sqs`] queue always has room.
    Sqs(Sqs),
}

/// A message taken from the queue: an event for one subscriber or more.
#[derive(Debug)]
pub struct Received {
    /// What is to be delivered.
    pub deliveries: Vec<Delivery>,
    /// How long it waited.
    pub waited: Duration,
    /// What the queue knows the message by.
    pub receipt: Receipt,
}

/// What a queue knows a message by until it is done with.
#[derive(Debug)]
pub enum Receipt {
    /// The message left the queue when it was received.
    Gone,
    /// SQS hides the message for a while and shows it again unless it is completed.
    Sqs(sqs::Receipt),
}

impl DeliveryQueue {
    /// Whether each of these could be queued if there were room, as far as their size goes.
    pub fn check(&self, deliveries: &[Delivery]) -> Result<(), QueueError> {
        match self {
            Self::InMemory(_) => Ok(()),
            Self::Sqs(queue) => queue.check(deliveries),
        }
    }

    /// Sets room aside for a number of deliveries of `bytes` in all, or says that there is none.
    pub fn reserve(&self, deliveries: usize, bytes: usize) -> Result<Reservation, QueueError> {
        match self {
            Self::InMemory(queue) => queue.reserve(deliveries, bytes).map(Reservation::InMemory),
            Self::Sqs(queue) => Ok(Reservation::Sqs(queue.clone())),
        }
    }

    /// The next message, waiting for one if need be; `None` once the queue is closed and there is nothing left to do.
    pub async fn receive(&self) -> Option<Received> {
        match self {
            Self::InMemory(queue) => queue.receive().await,
            Self::Sqs(queue) => queue.receive().await,
        }
    }

    /// Says that a message is done with: it will not be received again.
    pub async fn complete(&self, receipt: Receipt) {
        match (self, receipt) {
            (Self::Sqs(queue), Receipt::Sqs(receipt)) => queue.complete(receipt).await,
            (Self::InMemory(_) | Self::Sqs(_), _) => {}
        }
    }

    /// Whether a message that is not completed is received again.
    pub fn redelivers(&self) -> bool {
        match self {
            Self::InMemory(_) => false,
            Self::Sqs(_) => true,
        }
    }

    /// Ends the queue. In memory: it takes no more deliveries, and those that wait can still be received. SQS: nothing
    /// more is received by this process, and what it has received but not begun goes back to the others.
    pub fn close(&self) {
        match self {
            Self::InMemory(queue) => queue.close(),
            Self::Sqs(queue) => queue.close(),
        }
    }

    /// How many deliveries wait in this process.
    pub fn backlog(&self) -> usize {
        match self {
            Self::InMemory(queue) => queue.backlog(),
            Self::Sqs(_) => 0,
        }
    }
}

impl Receipt {
    /// How often the message was handed out, this time included; SQS counts roughly.
    pub fn approximate_receive_count(&self) -> u32 {
        match self {
            Self::Gone => 1,
            Self::Sqs(receipt) => receipt.approximate_receive_count(),
        }
    }
}

impl Reservation {
    /// Queues deliveries in the room set aside: at most as many as were reserved. They are safe in the queue when
    /// this returns, or none of them counts as queued.
    pub async fn send(self, deliveries: Vec<Delivery>) -> Result<(), QueueError> {
        match self {
            Self::InMemory(reservation) => reservation.send(deliveries),
            Self::Sqs(queue) => queue.send(deliveries).await,
        }
    }
}

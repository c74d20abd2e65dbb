//! The delivery queue: accepted events wait here until a worker calls their function.

mod in_memory;
#[cfg(test)]
mod tests;

use std::time::Duration;

use domain::delivery::Delivery;

pub use in_memory::{InMemory, Limits};

/// A queue of deliveries. A handle: clones share the queue.
#[derive(Debug, Clone)]
pub enum DeliveryQueue {
    /// In the memory of this process: what waits is lost when the process dies.
    InMemory(InMemory),
}

/// Why a delivery cannot be queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    /// There is no room for it.
    #[error("the delivery queue is full")]
    Full,
    /// The gateway is going away.
    #[error("the delivery queue is closed")]
    Closed,
}

/// Room in the queue for some deliveries; what is not used is given back when it is dropped.
#[derive(Debug)]
pub enum Reservation {
    /// Room in an [`InMemory`] queue.
    InMemory(in_memory::Reservation),
}

/// A delivery taken from the queue.
#[derive(Debug)]
pub struct Received {
    /// The delivery.
    pub delivery: Delivery,
    /// How long it waited.
    pub waited: Duration,
}

impl DeliveryQueue {
    /// Sets room aside for a number of deliveries of `bytes` in all, or says that there is none.
    pub fn reserve(&self, deliveries: usize, bytes: usize) -> Result<Reservation, QueueError> {
        match self {
            Self::InMemory(queue) => queue.reserve(deliveries, bytes).map(Reservation::InMemory),
        }
    }

    /// The next delivery, waiting for one if need be; `None` once the queue is closed and empty.
    pub async fn receive(&self) -> Option<Received> {
        match self {
            Self::InMemory(queue) => queue.receive().await,
        }
    }

    /// Takes no more deliveries; those that wait can still be received.
    pub fn close(&self) {
        match self {
            Self::InMemory(queue) => queue.close(),
        }
    }

    /// How many deliveries wait.
    pub fn backlog(&self) -> usize {
        match self {
            Self::InMemory(queue) => queue.backlog(),
        }
    }
}

impl Reservation {
    /// Queues deliveries in the room set aside: at most as many as were reserved.
    #[expect(
        clippy::unused_async,
        reason = "a queue that outlives the process waits for its disk or network here"
    )]
    pub async fn send(self, deliveries: Vec<Delivery>) -> Result<(), QueueError> {
        match self {
            Self::InMemory(reservation) => reservation.send(deliveries),
        }
    }
}

//! How many deliveries are made at a time.

use domain::ids::Space;
use queue::DeliveryQueue;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::fair_permits::{FairPermit, FairPermits};

/// Permits to deliver, one a delivery.
#[derive(Debug)]
pub(crate) enum Permits {
    /// Of a queue that hands deliveries out one by one and in turn: there are as many workers.
    AsTheyCome(Semaphore),
    /// Of a queue that hands out many at once.
    InTurn(FairPermits),
}

/// A permit to deliver; given back when dropped.
#[derive(Debug)]
#[expect(dead_code, reason = "they are held")]
pub(super) enum DeliveryPermit<'a> {
    /// A permit of [`Permits::AsTheyCome`].
    AsTheyCome(SemaphorePermit<'a>),
    /// A permit of [`Permits::InTurn`].
    InTurn(FairPermit),
}

impl Permits {
    /// So many permits, at least 1, for the deliveries of a queue.
    pub(crate) fn new(queue: &DeliveryQueue, most: usize) -> Self {
        let permits = most.clamp(1, Semaphore::MAX_PERMITS);
        if queue.holds() {
            Self::AsTheyCome(Semaphore::new(permits))
        } else {
            Self::InTurn(FairPermits::new(permits))
        }
    }

    /// A permit to deliver to a space. There always is one in the end.
    pub(super) async fn acquire(&self, space: &Space) -> Option<DeliveryPermit<'_>> {
        match self {
            // It is never closed.
            Self::AsTheyCome(permits) => permits.acquire().await.ok().map(DeliveryPermit::AsTheyCome),
            Self::InTurn(turns) => turns.acquire(space).await.map(DeliveryPermit::InTurn),
        }
    }
}

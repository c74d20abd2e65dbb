//! The delivery queue: accepted events wait here until their functions have taken them.

mod embedded;
mod error;
mod received;
pub mod sqs;

use std::time::Duration;

use domain::delivery::Delivery;
use domain::ids::{FunctionId, Space, SubscriptionId};

pub use embedded::{
    DEAD_LETTERS_DROPPED, DEDUPLICATION_WINDOW, DeadLetterLimits, Durability, Embedded, EmbeddedSettings,
    LaneInQueue, LaneState, Limits, OldestDelivery, QueueAccount, QueueDiagnosis, QueuedAmount, Share,
    SpaceInQueue, SpaceShares, WaitingLane, WaitingLanes,
};
pub use error::{OpenError, QueueError, Unsent};
pub use received::{Outcome, Receipt, Received, Settled};
pub use sqs::{HIDDEN_FOR, Sqs, SqsSettings};

/// A queue of deliveries. A handle: clones share the queue.
#[derive(Debug, Clone)]
pub enum DeliveryQueue {
    /// In a file of this machine, or in the memory of this process.
    Embedded(Embedded),
    /// A queue of Amazon SQS: what waits outlives every machine.
    Sqs(Sqs),
}

/// Room in the queue for some deliveries; what is not used is given back when it is dropped.
#[derive(Debug)]
pub enum Reservation {
    /// Room in an [`Embedded`] queue.
    Embedded(embedded::EmbeddedReservation),
    /// An [`Sqs`] queue always has room.
    Sqs(Sqs),
}

impl DeliveryQueue {
    /// Whether each of these could be queued if there were room, as far as its size and its order go.
    pub fn check(&self, deliveries: &[Delivery]) -> Result<(), QueueError> {
        match self {
            Self::Embedded(_) => Ok(()),
            Self::Sqs(queue) => queue.check(deliveries),
        }
    }

    /// Sets room aside for deliveries of `bytes` in all, or says that there is none. They may turn out to be larger
    /// ([`Reservation::send`]).
    pub fn reserve<'d>(
        &self,
        deliveries: impl IntoIterator<Item = &'d Delivery>,
        bytes: usize,
    ) -> Result<Reservation, QueueError> {
        match self {
            Self::Embedded(queue) => queue.reserve(deliveries, bytes).map(Reservation::Embedded),
            Self::Sqs(queue) => Ok(Reservation::Sqs(queue.clone())),
        }
    }

    /// The same where spaces may have so many deliveries wait, in the place of their share of what may; `None` for those
    /// that have their share.
    pub fn reserve_within<'d>(
        &self,
        deliveries: impl IntoIterator<Item = &'d Delivery>,
        bytes: usize,
        most: impl Fn(&Space) -> Option<usize>,
    ) -> Result<Reservation, QueueError> {
        match self {
            Self::Embedded(queue) => {
                let reservation = queue.reserve_within(deliveries, bytes, most);
                reservation.map(Reservation::Embedded)
            }
            Self::Sqs(queue) => Ok(Reservation::Sqs(queue.clone())),
        }
    }

    /// How many deliveries of a space wait; `None` where only the service of the queue knows.
    pub fn waiting_of(&self, space: &Space) -> Option<usize> {
        match self {
            Self::Embedded(queue) => Some(queue.waiting_of(space)),
            Self::Sqs(_) => None,
        }
    }

    /// Says whether several spaces have subscriptions: then no single one gets all of what they have in common
    /// ([`SpaceShares`]). Costs nothing where that is known.
    pub fn set_shared(&self, several: bool) {
        if let Self::Embedded(queue) = self {
            queue.set_shared(several);
        }
    }

    /// The next message that is due, waiting for one if need be; `None` once the queue is closed.
    pub async fn receive(&self) -> Option<Received> {
        match self {
            Self::Embedded(queue) => queue.receive().await,
            Self::Sqs(queue) => Box::pin(queue.receive()).await,
        }
    }

    /// Says what became of the deliveries of a message, one outcome for each in their order. Those that are not done
    /// with are received again by themselves, so that nobody who has the event gets it again.
    pub async fn settle(&self, receipt: Receipt, outcomes: Vec<Outcome>) -> Settled {
        match (self, receipt) {
            (Self::Embedded(queue), Receipt::Embedded(receipt)) => {
                queue.settle_anywhere(receipt, outcomes).await
            }
            (Self::Sqs(queue), Receipt::Sqs(receipt)) => Box::pin(queue.settle(receipt, outcomes)).await,
            // A receipt of another queue: nothing is known about its message here.
            _ => Settled::Returned,
        }
    }

    /// Hands out nothing for a function for a while: its circuit is open, or it asked for a pause. Says whether the
    /// queue can do that; SQS cannot, its messages have to be deferred.
    pub fn hold(&self, space: &Space, function: &FunctionId, pause: Duration) -> bool {
        match self {
            Self::Embedded(queue) => {
                queue.hold(space, function, pause);
                true
            }
            Self::Sqs(_) => false,
        }
    }

    /// Hands out nothing for a subscription for a while: it is paused. Says whether the queue can do that.
    pub fn hold_subscription(&self, space: &Space, subscription: &SubscriptionId, pause: Duration) -> bool {
        match self {
            Self::Embedded(queue) => {
                queue.hold_subscription(space, subscription, pause);
                true
            }
            Self::Sqs(_) => false,
        }
    }

    /// Whether it can hold deliveries back.
    pub fn holds(&self) -> bool {
        matches!(self, Self::Embedded(_))
    }

    /// Whether [`Outcome::DeadLetter`] stores the dead letter.
    pub fn keeps_dead_letters(&self) -> bool {
        matches!(self, Self::Embedded(_))
    }

    /// Ends receiving by this process. What waits stays; in memory, it is handed out first. What was received but is
    /// not settled can still be.
    pub fn close(&self) {
        match self {
            Self::Embedded(queue) => queue.close(),
            Self::Sqs(queue) => queue.close(),
        }
    }

    /// How many messages this process did not take because they are not the gateway's; `None` where nobody else can send
    /// any.
    pub fn refused(&self) -> Option<u64> {
        match self {
            Self::Embedded(_) => None,
            Self::Sqs(queue) => Some(queue.refused()),
        }
    }

    /// Whether deliveries could be queued now, but for want of room among others: the file can be written, or the queue is
    /// in SQS, which is not asked.
    pub async fn check_writable(&self) -> Result<(), QueueError> {
        match self {
            Self::Embedded(queue) => queue.check_writable().await,
            Self::Sqs(_) => Ok(()),
        }
    }

    /// How many deliveries wait in this process or on its disk.
    pub fn backlog(&self) -> usize {
        match self {
            Self::Embedded(queue) => queue.backlog(),
            Self::Sqs(_) => 0,
        }
    }
}

impl Reservation {
    /// Queues deliveries in the room set aside: at most as many as were reserved. They are safe in the queue when
    /// this returns `Ok`. Where it fails some of them may be in the queue all the same, unless they are given back.
    ///
    /// They count for what is written of them where that is more than the bytes of the reservation, so that an
    /// [`Embedded`] queue may find only now that there is no room.
    ///
    /// Of deliveries with a [`Delivery::deduplication_key`], an [`Embedded`] queue leaves out those to a space that
    /// had one with the same key within [`DEDUPLICATION_WINDOW`]; SQS does not look at it.
    pub async fn send(self, deliveries: Vec<Delivery>) -> Result<(), Unsent> {
        match self {
            Self::Embedded(reservation) => reservation.send(deliveries).await,
            // Boxed: what is queued here does not carry the future of a request.
            Self::Sqs(queue) => Ok(Box::pin(queue.send(deliveries)).await?),
        }
    }
}

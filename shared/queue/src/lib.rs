//! The delivery queue: accepted events wait here until their functions have taken them.

mod embedded;
pub mod sqs;

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use domain::dead_letter::DeadLetter;
use domain::delivery::Delivery;
use domain::ids::{FunctionId, Space, SubscriptionId};

pub use embedded::{
    DeadLetterLimits, Durability, Embedded, EmbeddedSettings, Limits, Share, SpaceShares, WaitingLane,
    WaitingLanes,
};
pub use sqs::{HIDDEN_FOR, Sqs, SqsSettings};

/// A queue of deliveries. A handle: clones share the queue.
#[derive(Debug, Clone)]
pub enum DeliveryQueue {
    /// In a file of this machine, or in the memory of this process.
    Embedded(Embedded),
    /// A queue of Amazon SQS: what waits outlives every machine.
    Sqs(Sqs),
}

/// Why a delivery cannot be queued.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// There is no room for it.
    #[error("the delivery queue is full")]
    Full,
    /// Spaces have as much in it as a single one may.
    #[error("the delivery queue has no more room for space {:?}", first(.spaces))]
    SpaceFull {
        /// The spaces; others may have room.
        spaces: Vec<Space>,
    },
    /// Spaces have used as many deduplication keys lately as are remembered for one.
    #[error("the delivery queue remembers no more deduplication keys for space {:?}", first(.spaces))]
    KeysFull {
        /// The spaces.
        spaces: Vec<Space>,
    },
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
    /// The delivery is an ordered one, which a standard queue of SQS cannot keep in order.
    #[error("ordered deliveries need a FIFO queue, and none is set")]
    NoFifoQueue,
    /// What keeps the queue, a disk or a service, did not take it.
    #[error("the delivery queue is unavailable")]
    Unavailable {
        /// What it said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl QueueError {
    /// The spaces that have no room; empty where the reason is another one.
    pub fn full_spaces(&self) -> &[Space] {
        match self {
            Self::SpaceFull { spaces } | Self::KeysFull { spaces } => spaces,
            _ => &[],
        }
    }
}

/// Deliveries that are not queued.
#[derive(Debug)]
pub struct Unsent {
    /// Why.
    pub error: QueueError,
    /// The deliveries, where there is no room for them; none where they may be in the queue all the same.
    pub deliveries: Vec<Delivery>,
}

impl From<QueueError> for Unsent {
    fn from(error: QueueError) -> Self {
        let deliveries = Vec::new();
        Self { error, deliveries }
    }
}

impl From<Unsent> for QueueError {
    fn from(unsent: Unsent) -> Self {
        unsent.error
    }
}

/// Why an embedded queue cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("delivery queue {} is in use by another process", .directory.display())]
    InUse {
        /// Folder of the queue.
        directory: PathBuf,
    },
    /// The folder or the file cannot be used.
    #[error("delivery queue {} cannot be used", .directory.display())]
    Unusable {
        /// Folder of the queue.
        directory: PathBuf,
        /// What is wrong with it.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// A later version of the gateway wrote it.
    #[error("delivery queue {} has format {found}, this version knows up to {known}", .directory.display())]
    NewerFormat {
        /// Folder of the queue.
        directory: PathBuf,
        /// Format of the file.
        found: u64,
        /// Latest format that is known.
        known: u64,
    },
}

/// Room in the queue for some deliveries; what is not used is given back when it is dropped.
#[derive(Debug)]
pub enum Reservation {
    /// Room in an [`Embedded`] queue.
    Embedded(embedded::Reservation),
    /// An [`Sqs`] queue always has room.
    Sqs(Sqs),
}

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
    /// Of an [`Embedded`] queue.
    Embedded(embedded::Receipt),
    /// SQS hides the message for a while and shows it again unless it is settled.
    Sqs(sqs::Receipt),
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
    /// It is given up. Only an [`Embedded`] queue keeps dead letters ([`DeliveryQueue::keeps_dead_letters`]), and
    /// moves the delivery there in one step; for SQS it is the same as [`Outcome::Done`].
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

fn first(spaces: &[Space]) -> &str {
    spaces.first().map_or("", Space::as_str)
}

/// Dead letters that were dropped because they were too old or too many.
pub const DEAD_LETTERS_DROPPED: &str = "eventgateway_dead_letters_dropped_total";

/// How long a deduplication key is remembered.
pub const DEDUPLICATION_WINDOW: Duration = Duration::from_mins(5);

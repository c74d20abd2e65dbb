//! Why deliveries are not queued, and why a queue cannot be opened.

use std::error::Error;
use std::path::PathBuf;

use domain::delivery::Delivery;
use domain::ids::Space;

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

fn first(spaces: &[Space]) -> &str {
    spaces.first().map_or("", Space::as_str)
}

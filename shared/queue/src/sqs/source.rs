//! One of the two queues on SQS.

use std::sync::atomic::{AtomicBool, AtomicU32};

use tokio::sync::RwLock;

use super::in_flight::InFlightMessages;

/// Which of the queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// The standard queue.
    Standard,
    /// The FIFO queue, for ordered deliveries.
    Fifo,
}

/// A queue on SQS.
#[derive(Debug)]
pub(super) struct SourceQueue {
    pub(super) url: String,
    /// Where its messages go that are not taken.
    pub(super) dead_letter_url: Option<String>,
    /// Its messages of this process.
    pub(super) in_flight: InFlightMessages,
    /// Whether SQS is being asked for messages.
    pub(super) polling: AtomicBool,
    /// How often that failed in a row.
    pub(super) failures: AtomicU32,
    /// Written while messages are kept hidden: one that is hidden for its pause is not to be shown before by that.
    pub(super) keeping: RwLock<()>,
}

impl SourceQueue {
    pub(super) fn new(url: String, dead_letter_url: Option<String>) -> Self {
        Self {
            url,
            dead_letter_url,
            in_flight: InFlightMessages::default(),
            polling: AtomicBool::new(false),
            failures: AtomicU32::new(0),
            keeping: RwLock::default(),
        }
    }

    /// Name of the queue, which its URL ends with.
    pub(super) fn name(&self) -> &str {
        self.url.rsplit('/').next().unwrap_or_default()
    }
}

//! Queues of Amazon SQS: what waits outlives every process, and is received again unless it is completed. Most
//! deliveries go through a standard queue; ordered ones go through a FIFO queue, if there is one.

mod admission;
mod due;
mod failure;
mod in_flight;
mod keep;
mod message;
mod names;
mod pack;
mod receipt;
mod receive;
mod requests;
mod send;
mod set_aside;
mod settle;
mod signature;
mod source;
mod timing;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
use std::time::Duration;

use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::{Client, Config, config};
use domain::delivery::Delivery;
use tokio::sync::{Notify, watch};

use crate::QueueError;
use source::SourceQueue;

pub use admission::{Admission, HandedOut};
pub use message::MalformedMessage;
pub use receipt::SqsReceipt;
pub use signature::{Signing, SigningKey, WeakKey};
pub use source::SourceKind;

/// Longest wait for the answer to a request, and to a request with its retries.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(12);

/// Where the queue is and how large its messages may be.
#[derive(Debug, Clone)]
pub struct SqsSettings {
    /// URL of the standard queue.
    pub queue_url: String,
    /// URL of the FIFO queue that ordered deliveries go through; without one they are refused.
    pub fifo_queue_url: Option<String>,
    /// URL of the queue that messages of the standard queue go to which cannot be read or are not signed as they have to
    /// be; without one they stay, for the redrive policy of their queue.
    pub dead_letter_queue_url: Option<String>,
    /// The same for messages of the FIFO queue.
    pub fifo_dead_letter_queue_url: Option<String>,
    /// How messages are signed.
    pub signing: Signing,
    /// Most bytes of a message, and of the messages of a request in sum.
    pub max_message_bytes: usize,
    /// Whether messages of the standard queue name their space as their group, so that spaces take turns (a fair queue);
    /// SQS charges a quarter more for requests with such messages.
    pub fair: bool,
    /// For how long a message that this process receives is hidden from others, in whole seconds, which are rounded up. It
    /// is hidden anew for as long as the process has it; when the process dies, others receive it after this.
    pub hidden_for: Duration,
}

/// The usual [`SqsSettings::hidden_for`]: few requests for those that hide messages anew, and no long wait after a crash.
pub const HIDDEN_FOR: Duration = Duration::from_mins(1);

/// A queue of Amazon SQS. Clones are handles to the same one.
#[derive(Clone)]
pub struct Sqs(Arc<SqsInner>);

struct SqsInner {
    client: Client,
    settings: SqsSettings,
    timeouts: TimeoutConfig,
    standard: SourceQueue,
    fifo: Option<SourceQueue>,
    /// Workers of this process who wait for a message.
    idle_workers: AtomicUsize,
    /// Whether the FIFO queue is the first to be looked at, so that neither keeps the other waiting.
    fifo_first: AtomicBool,
    /// Something happened that idle workers wait for.
    arrived: Notify,
    closed: watch::Sender<bool>,
    /// Messages that were not taken.
    refused: AtomicU64,
}

impl Sqs {
    /// A queue. Does no I/O. Retries are those of the client, and so are its timeouts where it has some; the wait for
    /// messages has its own.
    pub fn new(client: Client, settings: SqsSettings) -> Self {
        let mut timeouts = client
            .config()
            .timeout_config()
            .cloned()
            .unwrap_or_else(TimeoutConfig::disabled);
        let defaults = TimeoutConfig::builder()
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .operation_timeout(REQUEST_TIMEOUT)
            .build();
        timeouts.take_defaults_from(&defaults);
        let fifo = settings.fifo_queue_url.as_ref();
        Self(Arc::new(SqsInner {
            client,
            timeouts,
            standard: SourceQueue::new(settings.queue_url.clone(), settings.dead_letter_queue_url.clone()),
            fifo: fifo.map(|url| SourceQueue::new(url.clone(), settings.fifo_dead_letter_queue_url.clone())),
            settings,
            idle_workers: AtomicUsize::new(0),
            fifo_first: AtomicBool::new(false),
            arrived: Notify::new(),
            closed: watch::Sender::new(false),
            refused: AtomicU64::new(0),
        }))
    }

    pub(crate) fn check(&self, deliveries: &[Delivery]) -> Result<(), QueueError> {
        let is_ordered = |delivery: &Delivery| delivery.ordering_key.is_some();
        if self.0.fifo.is_none() && deliveries.iter().any(is_ordered) {
            return Err(QueueError::NoFifoQueue);
        }
        pack::check(deliveries, self.0.max_body_bytes()).map_err(|error| self.0.signed(error))
    }

    /// Ends receiving. Deliveries can still be sent: other processes receive them.
    pub(crate) fn close(&self) {
        self.0.closed.send_replace(true);
    }
}

impl SqsInner {
    fn request_settings(&self) -> config::Builder {
        Config::builder().timeout_config(self.timeouts.clone())
    }

    /// A refusal of a body that is not signed yet, in terms of the message that it would have been.
    fn signed(&self, error: QueueError) -> QueueError {
        let room = self.settings.signing.room();
        match error {
            QueueError::TooLarge { bytes, limit } => QueueError::TooLarge {
                bytes: bytes.saturating_add(room),
                limit: limit.saturating_add(room),
            },
            other => other,
        }
    }

    /// Most bytes of a body before it is signed.
    fn max_body_bytes(&self) -> usize {
        let SqsSettings {
            max_message_bytes,
            signing,
            ..
        } = &self.settings;
        max_message_bytes.saturating_sub(signing.room())
    }

    /// Both queues, or the one there is.
    fn sources(&self) -> impl DoubleEndedIterator<Item = (SourceKind, &SourceQueue)> {
        let standard = (SourceKind::Standard, &self.standard);
        let fifo = self.fifo.as_ref().map(|fifo| (SourceKind::Fifo, fifo));
        std::iter::once(standard).chain(fifo)
    }

    fn source(&self, kind: SourceKind) -> Option<&SourceQueue> {
        match kind {
            SourceKind::Standard => Some(&self.standard),
            SourceKind::Fifo => self.fifo.as_ref(),
        }
    }
}

impl fmt::Debug for Sqs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = &self.0.settings;
        f.debug_struct("Sqs")
            .field("settings", settings)
            .finish_non_exhaustive()
    }
}

//! A queue of Amazon SQS: what waits outlives every process, and is received again unless it is completed.

mod backoff;
mod failure;
mod group_id;
mod inbox;
mod message;
mod pack;
mod receive;
mod send;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::{Client, Config, config};
use domain::delivery::Delivery;
use tokio::sync::{Mutex, watch};

use crate::QueueError;
use inbox::Inbox;

pub use message::{MalformedMessage, parse_message};

/// Longest wait for the answer to a request, and to a request with its retries.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(12);

/// Where the queue is and how large its messages may be.
#[derive(Debug, Clone)]
pub struct SqsSettings {
    /// URL of the queue.
    pub queue_url: String,
    /// Most bytes of a message, and of the messages of a request in sum.
    pub max_message_bytes: usize,
}

/// A queue of Amazon SQS. Clones are handles to the same one.
#[derive(Clone)]
pub struct Sqs(Arc<Shared>);

struct Shared {
    client: Client,
    settings: SqsSettings,
    timeouts: TimeoutConfig,
    /// Messages of this process.
    inbox: Inbox,
    /// Held by the one worker who asks SQS for messages; counts how often that failed in a row.
    polling: Mutex<u32>,
    closed: watch::Sender<bool>,
}

/// What SQS knows a received message by. While it exists, its message is not received again by this process.
pub struct Receipt {
    queue: Sqs,
    message_id: String,
    receive_count: u32,
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
        Self(Arc::new(Shared {
            client,
            settings,
            timeouts,
            inbox: Inbox::default(),
            polling: Mutex::default(),
            closed: watch::Sender::new(false),
        }))
    }

    pub(crate) fn check(&self, deliveries: &[Delivery]) -> Result<(), QueueError> {
        pack::check(deliveries, self.0.settings.max_message_bytes)
    }

    /// Deletes the message. If that fails it is received again.
    pub(crate) async fn complete(&self, receipt: Receipt) {
        let Shared {
            client,
            settings,
            inbox,
            ..
        } = &*self.0;
        let Some(handle) = inbox.receipt_handle(&receipt.message_id) else {
            return;
        };
        let request = client
            .delete_message()
            .queue_url(&settings.queue_url)
            .receipt_handle(handle);
        let deleted = request
            .customize()
            .config_override(self.0.request_settings())
            .send()
            .await;
        if let Err(error) = deleted {
            let error = failure::Failure::of("DeleteMessage", error).line();
            let (queue, id) = (&settings.queue_url, &receipt.message_id);
            tracing::warn!(queue, message.id = id, %error, "A message that is done with could not be deleted.");
        }
    }

    /// Ends receiving. Deliveries can still be sent: other processes receive them.
    pub(crate) fn close(&self) {
        self.0.closed.send_replace(true);
    }
}

impl Shared {
    fn request_settings(&self) -> config::Builder {
        Config::builder().timeout_config(self.timeouts.clone())
    }
}

impl Receipt {
    /// How often SQS handed the message out, this time included: about how many tries were made.
    pub fn approximate_receive_count(&self) -> u32 {
        self.receive_count
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        self.queue.0.inbox.release(&self.message_id);
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

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = &self.message_id;
        f.debug_struct("Receipt")
            .field("message_id", id)
            .finish_non_exhaustive()
    }
}

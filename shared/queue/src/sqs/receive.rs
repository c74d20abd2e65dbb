//! Receiving in a process that runs for long: one worker asks SQS for messages, for all who wait.

use std::time::{Duration, SystemTime};

use aws_sdk_sqs::Config;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::types::{ChangeMessageVisibilityBatchRequestEntry, Message, MessageSystemAttributeName};

use super::backoff::Backoff;
use super::failure::Failure;
use super::inbox::Waiting;
use super::{Receipt, Shared, Sqs, parse_message};
use crate::Received;

/// Most messages of an answer.
const MAX_MESSAGES: usize = 10;
/// How long SQS holds an answer back while the queue is empty, in seconds.
const WAIT_SECONDS: u16 = 20;
/// Longest wait for the answer to a request that waits for messages.
const POLL_TIMEOUT: Duration = Duration::from_secs(WAIT_SECONDS as u64 + 10);
/// Longest wait for messages to be given back at the end.
const RETURN_TIMEOUT: Duration = Duration::from_secs(3);
const BACKOFF: Backoff = Backoff {
    least: Duration::from_millis(100),
    most: Duration::from_secs(5),
};

impl Sqs {
    pub(crate) async fn receive(&self) -> Option<Received> {
        let Shared { inbox, closed, .. } = &*self.0;
        let _idle = inbox.idle_worker();
        loop {
            if *closed.borrow() {
                self.return_waiting().await;
                return None;
            }
            if let Some(message) = inbox.take() {
                return Some(self.hand_out(message));
            }
            tokio::select! {
                biased;
                () = self.closed() => {}
                () = self.refill() => {}
            }
        }
    }

    async fn closed(&self) {
        // Fails only when the sender is gone, which is part of this queue.
        let _ = self.0.closed.subscribe().wait_for(|closed| *closed).await;
    }

    fn hand_out(&self, message: Waiting) -> Received {
        // A message from the future was sent by a clock that is ahead of this one.
        let waited = message.sent.and_then(|sent| sent.elapsed().ok());
        Received {
            deliveries: message.deliveries,
            waited: waited.unwrap_or_default(),
            receipt: crate::Receipt::Sqs(Receipt {
                queue: self.clone(),
                message_id: message.message_id,
                receive_count: message.receive_count,
            }),
        }
    }

    /// Waits until there may be messages in the inbox.
    async fn refill(&self) {
        let mut failures = self.0.polling.lock().await;
        if !self.0.inbox.is_empty() {
            return;
        }
        let queue = &self.0.settings.queue_url;
        match self.poll().await {
            Ok(messages) => {
                if *failures > 0 {
                    tracing::info!(queue, failures = *failures, "Deliveries are received again.");
                }
                *failures = 0;
                for message in messages {
                    self.accept(message);
                }
            }
            Err(failure) => {
                if *failures == 0 {
                    tracing::error!(queue, error = %failure.line(), "Deliveries cannot be received.");
                }
                *failures = failures.saturating_add(1);
                tokio::time::sleep(BACKOFF.pause(*failures)).await;
            }
        }
    }

    async fn poll(&self) -> Result<Vec<Message>, Failure> {
        // No more than there are workers: a message that waits here for one too long is received by others as well.
        let most = self.0.inbox.workers().clamp(1, MAX_MESSAGES);
        let request = self
            .0
            .client
            .receive_message()
            .queue_url(&self.0.settings.queue_url);
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(POLL_TIMEOUT)
            .disable_operation_timeout()
            .disable_read_timeout()
            .build();
        let answer = request
            .max_number_of_messages(i32::try_from(most).unwrap_or(1))
            .wait_time_seconds(i32::from(WAIT_SECONDS))
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .customize()
            .config_override(Config::builder().timeout_config(timeouts))
            .send()
            .await
            .map_err(|error| Failure::of("ReceiveMessage", error))?;
        Ok(answer.messages.unwrap_or_default())
    }

    /// Puts a message into the inbox. One that cannot be read stays in the queue, for its redrive policy.
    fn accept(&self, message: Message) {
        let attribute = |name| message.attributes.as_ref()?.get(&name)?.parse::<u64>().ok();
        let sent = attribute(MessageSystemAttributeName::SentTimestamp);
        let receive_count = attribute(MessageSystemAttributeName::ApproximateReceiveCount);
        let (Some(message_id), Some(receipt_handle)) = (message.message_id, message.receipt_handle) else {
            return;
        };
        match parse_message(message.body.as_deref().unwrap_or_default()) {
            Ok(deliveries) => {
                let waiting = Waiting {
                    message_id,
                    deliveries,
                    sent: sent
                        .and_then(|sent| SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(sent))),
                    receive_count: receive_count.and_then(|count| count.try_into().ok()).unwrap_or(1),
                };
                self.0.inbox.add(waiting, receipt_handle);
            }
            Err(error) => {
                let queue = &self.0.settings.queue_url;
                tracing::error!(queue, message.id = message_id, %error, "A message cannot be read.");
            }
        }
    }

    /// Shows messages that no worker took to other processes at once. If that fails, they are shown later.
    async fn return_waiting(&self) {
        let handles = self.0.inbox.drain();
        let entries = handles.into_iter().enumerate().map(|(index, handle)| {
            ChangeMessageVisibilityBatchRequestEntry::builder()
                .id(index.to_string())
                .receipt_handle(handle)
                .visibility_timeout(0)
                .build()
        });
        let entries: Vec<_> = entries.filter_map(Result::ok).collect();
        if entries.is_empty() {
            return;
        }
        let request = self
            .0
            .client
            .change_message_visibility_batch()
            .set_entries(Some(entries));
        let returned = request.queue_url(&self.0.settings.queue_url).send();
        match tokio::time::timeout(RETURN_TIMEOUT, returned).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                let error = Failure::of("ChangeMessageVisibilityBatch", error).line();
                tracing::info!(%error, "Messages that were not begun are received later.");
            }
            Err(_) => tracing::info!("Messages that were not begun are received later."),
        }
    }
}

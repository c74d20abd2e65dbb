//! Sending: deliveries are in the queue when this is over.

use std::time::Duration;

use aws_sdk_sqs::operation::send_message::builders::SendMessageFluentBuilder;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use clocks::epoch_millis;
use domain::backoff::{Backoff, Spread};
use domain::delivery::Delivery;
use futures_util::stream::{self, TryStreamExt as _};

use super::Sqs;
use super::failure::SqsError;
use super::pack::{Outgoing, PackedMessage, batches, in_turn, pack};
use super::source::SourceKind;
use crate::QueueError;

/// Requests under way at a time, for deliveries of very many events.
const CONCURRENCY: usize = 8;
/// How often messages are sent that SQS does not take although their request was fine.
const TRIES: u32 = 4;
const LEAST_PAUSE: Duration = Duration::from_millis(20);
const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(40),
    most: Duration::from_millis(500),
    spread: Spread::From(LEAST_PAUSE),
};

impl Sqs {
    /// Sends deliveries. When this fails, some of them may be in the queue all the same.
    pub(crate) async fn send(&self, deliveries: Vec<Delivery>) -> Result<(), QueueError> {
        let outgoing: Vec<_> = deliveries
            .iter()
            .map(|delivery| Outgoing {
                delivery,
                due: delivery.deliver_at.unwrap_or_default(),
            })
            .collect();
        self.send_when_due(&outgoing).await
    }

    /// Sends deliveries that are due at times of their own.
    pub(super) async fn send_when_due(&self, deliveries: &[Outgoing<'_>]) -> Result<(), QueueError> {
        let limit = self.0.settings.max_message_bytes;
        // All of them before the first is sent: one that cannot be is to be refused with nothing done.
        let mut messages = pack(deliveries, epoch_millis(), self.0.max_body_bytes())
            .map_err(|error| self.0.signed(error))?;
        let signing = &self.0.settings.signing;
        for message in &mut messages.standard {
            signing.sign(SourceKind::Standard, &mut message.body);
        }
        for message in &mut messages.ordered {
            signing.sign(SourceKind::Fifo, &mut message.body);
        }
        let ordered = match &self.0.fifo {
            Some(fifo) => Some((fifo.url.as_str(), messages.ordered)),
            None if messages.ordered.is_empty() => None,
            None => return Err(QueueError::NoFifoQueue),
        };
        self.send_all(&self.0.standard.url, batches(messages.standard, limit))
            .await?;
        if let Some((url, messages)) = ordered {
            for part in in_turn(messages) {
                self.send_all(url, batches(part, limit)).await?;
            }
        }
        Ok(())
    }

    async fn send_all(&self, url: &str, batches: Vec<Vec<PackedMessage>>) -> Result<(), SqsError> {
        stream::iter(batches.into_iter().map(Ok))
            .try_for_each_concurrent(CONCURRENCY, |batch| self.send_batch(url, batch))
            .await
    }

    async fn send_batch(&self, url: &str, mut messages: Vec<PackedMessage>) -> Result<(), SqsError> {
        if let [_] = &*messages
            && let Some(message) = messages.pop()
        {
            return self.send_one(url, message).await;
        }
        for failures in 1.. {
            let Some(code) = self.try_batch(url, &mut messages).await? else {
                break;
            };
            if failures == TRIES {
                return Err(SqsError::Entries {
                    count: messages.len(),
                    code,
                });
            }
            tokio::time::sleep(BACKOFF.pause(failures, fastrand::f64())).await;
        }
        Ok(())
    }

    /// The group that a message is sent with. Those of the FIFO queue have to have one.
    fn group(&self, message: &PackedMessage) -> Option<String> {
        let has_group = self.0.settings.fair || message.deduplication_id.is_some();
        has_group.then(|| message.group_id.to_string())
    }

    async fn send_one(&self, url: &str, message: PackedMessage) -> Result<(), SqsError> {
        let (group, delay) = (self.group(&message), message.delay());
        let request = self
            .0
            .client
            .send_message()
            .queue_url(url)
            .message_body(message.body)
            .set_message_group_id(group)
            .set_delay_seconds(delay)
            .set_message_deduplication_id(message.deduplication_id);
        self.send_request(request).await
    }

    /// Sends a message as it is, once.
    pub(super) async fn send_request(&self, request: SendMessageFluentBuilder) -> Result<(), SqsError> {
        let sent = request
            .customize()
            .config_override(self.0.request_settings())
            .send()
            .await;
        sent.map(drop).map_err(|error| SqsError::of("SendMessage", error))
    }

    /// Sends messages once and leaves those that are to be sent again, with the error code of one of them.
    async fn try_batch(
        &self,
        url: &str,
        messages: &mut Vec<PackedMessage>,
    ) -> Result<Option<String>, SqsError> {
        let entries = messages
            .iter()
            .enumerate()
            .map(|(index, message)| {
                SendMessageBatchRequestEntry::builder()
                    .id(index.to_string())
                    .message_body(&message.body)
                    .set_message_group_id(self.group(message))
                    .set_delay_seconds(message.delay())
                    .set_message_deduplication_id(message.deduplication_id.clone())
                    .build()
            })
            .collect::<Result<_, _>>()
            .map_err(|error| SqsError::NoAnswer {
                operation: "SendMessageBatch",
                source: error.into(),
            })?;
        let request = self.0.client.send_message_batch().set_entries(Some(entries));
        let answer = request
            .queue_url(url)
            .customize()
            .config_override(self.0.request_settings())
            .send()
            .await
            .map_err(|error| SqsError::of("SendMessageBatch", error))?;

        if let Some(refused) = answer.failed.iter().find(|entry| entry.sender_fault) {
            return Err(SqsError::Entries {
                count: answer.failed.len(),
                code: refused.code.clone(),
            });
        }
        // What is not said to be in the queue is not in it.
        let mut index = 0;
        messages.retain(|_| {
            let id = index.to_string();
            index += 1;
            answer.successful.iter().all(|entry| entry.id != id)
        });
        let code = answer.failed.into_iter().next().map(|entry| entry.code);
        Ok((!messages.is_empty()).then(|| code.unwrap_or_else(|| "no reason given".to_owned())))
    }
}

impl PackedMessage {
    /// The delay as a parameter, which the FIFO queue does not know.
    fn delay(&self) -> Option<i32> {
        Some(self.delay_seconds).filter(|seconds| *seconds > 0)
    }
}

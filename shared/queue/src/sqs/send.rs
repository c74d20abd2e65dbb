//! Sending: deliveries are in the queue when this is over.

use std::time::Duration;

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use domain::delivery::Delivery;
use futures_util::stream::{self, TryStreamExt as _};

use super::Sqs;
use super::backoff::Backoff;
use super::failure::Failure;
use super::pack::{Message, batches, pack};
use crate::QueueError;

/// Requests under way at a time, for deliveries of very many events.
const CONCURRENCY: usize = 8;
/// How often messages are sent that SQS does not take although their request was fine.
const TRIES: u32 = 4;
const BACKOFF: Backoff = Backoff {
    least: Duration::from_millis(20),
    most: Duration::from_millis(500),
};

impl Sqs {
    /// Sends deliveries. When this fails, some of them may be in the queue all the same.
    pub(crate) async fn send(&self, deliveries: Vec<Delivery>) -> Result<(), QueueError> {
        let limit = self.0.settings.max_message_bytes;
        // All of them before the first is sent: one that is too large is to be refused with nothing done.
        let messages = pack(&deliveries, limit)?;
        drop(deliveries);
        let sent = stream::iter(batches(messages, limit).into_iter().map(Ok::<_, Failure>));
        sent.try_for_each_concurrent(CONCURRENCY, |batch| self.send_batch(batch))
            .await?;
        Ok(())
    }

    async fn send_batch(&self, mut messages: Vec<Message>) -> Result<(), Failure> {
        if let [message] = &mut *messages {
            return self
                .send_one(std::mem::take(&mut message.body), &message.group_id)
                .await;
        }
        for failures in 1.. {
            let Some(code) = self.try_batch(&mut messages).await? else {
                break;
            };
            if failures == TRIES {
                return Err(Failure::Entries {
                    count: messages.len(),
                    code,
                });
            }
            tokio::time::sleep(BACKOFF.pause(failures)).await;
        }
        Ok(())
    }

    async fn send_one(&self, body: String, group_id: &str) -> Result<(), Failure> {
        let request = self
            .0
            .client
            .send_message()
            .message_body(body)
            .message_group_id(group_id);
        let sent = request
            .queue_url(&self.0.settings.queue_url)
            .customize()
            .config_override(self.0.request_settings())
            .send()
            .await;
        sent.map(drop).map_err(|error| Failure::of("SendMessage", error))
    }

    /// Sends messages once and leaves those that are to be sent again, with the error code of one of them.
    async fn try_batch(&self, messages: &mut Vec<Message>) -> Result<Option<String>, Failure> {
        let entries = messages
            .iter()
            .enumerate()
            .map(|(index, message)| {
                SendMessageBatchRequestEntry::builder()
                    .id(index.to_string())
                    .message_body(&message.body)
                    .message_group_id(&*message.group_id)
                    .build()
            })
            .collect::<Result<_, _>>()
            .map_err(|error| Failure::NoAnswer {
                operation: "SendMessageBatch",
                source: error.into(),
            })?;
        let request = self.0.client.send_message_batch().set_entries(Some(entries));
        let answer = request
            .queue_url(&self.0.settings.queue_url)
            .customize()
            .config_override(self.0.request_settings())
            .send()
            .await
            .map_err(|error| Failure::of("SendMessageBatch", error))?;

        if let Some(refused) = answer.failed.iter().find(|entry| entry.sender_fault) {
            return Err(Failure::Entries {
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

//! A queue that takes messages, one by one or several with a request.

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use bytes::Bytes;

use super::batch::{BatchService, Limits};
use super::key::Marks;
use super::{AwsFailure, AwsIdentity, EntryError, EntryResults, with_retries};
use crate::call::Caller;

/// A queue to send to.
#[derive(Clone)]
pub(crate) struct Queue {
    pub(crate) client: aws_sdk_sqs::Client,
    pub(crate) url: String,
    pub(crate) identity: AwsIdentity,
}

/// An event on its way into a queue.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) body: String,
    pub(crate) marks: Marks,
}

impl BatchService for Queue {
    type Entry = Message;
    const LIMITS: Limits = Limits {
        entries: 10,
        bytes: 1024 * 1024,
        in_flight: 8,
    };

    fn size(message: &Message) -> usize {
        message.body.len() + message.marks.size()
    }

    async fn send(&self, message: Message, caller: Caller) -> Result<Bytes, AwsFailure> {
        let send = self
            .client
            .send_message()
            .queue_url(&self.url)
            .message_body(message.body)
            .set_message_group_id(message.marks.group)
            .set_message_deduplication_id(message.marks.deduplication);
        let answer = with_retries!(send, aws_sdk_sqs, caller.waits()).send().await;
        let answer = answer.map_err(|error| AwsFailure::of(error, &self.identity))?;
        Ok(answer.message_id.map(Bytes::from).unwrap_or_default())
    }

    async fn send_all(&self, messages: Vec<Message>) -> Result<Vec<Result<Bytes, AwsFailure>>, AwsFailure> {
        let mut results = EntryResults::of(messages.len());
        let entry = |(index, message): (usize, Message)| {
            SendMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .message_body(message.body)
                .set_message_group_id(message.marks.group)
                .set_message_deduplication_id(message.marks.deduplication)
                .build()
                .map_err(AwsFailure::lasting)
        };
        let entries = messages.into_iter().enumerate().map(entry);
        let send = self
            .client
            .send_message_batch()
            .queue_url(&self.url)
            .set_entries(Some(entries.collect::<Result<_, _>>()?));
        let answer = with_retries!(send, aws_sdk_sqs, false).send().await;
        let answer = answer.map_err(|error| AwsFailure::of(error, &self.identity))?;
        for message in answer.successful {
            results.set(&message.id, Ok(Bytes::from(message.message_id)));
        }
        for message in answer.failed {
            let error = EntryError {
                code: Some(&message.code),
                message: message.message.as_deref(),
                sender_fault: message.sender_fault,
            };
            results.set(&message.id, Err(AwsFailure::of_entry(error, &self.identity)));
        }
        Ok(results.into())
    }
}

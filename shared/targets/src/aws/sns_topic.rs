//! A topic that takes messages, one by one or several with a request.

use aws_sdk_sns::types::PublishBatchRequestEntry;
use bytes::Bytes;

use super::batch::{Limits, Service};
use super::key::Marks;
use super::{AwsIdentity, EntryError, EntryResults, Failure, with_retries};
use crate::call::Caller;

/// A topic to publish to.
#[derive(Clone)]
pub(crate) struct Topic {
    pub(crate) client: aws_sdk_sns::Client,
    pub(crate) arn: String,
    pub(crate) identity: AwsIdentity,
}

/// An event on its way to a topic.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) text: String,
    pub(crate) marks: Marks,
}

impl Service for Topic {
    type Entry = Message;
    // A topic may take more by its settings, but not every one does.
    const LIMITS: Limits = Limits {
        entries: 10,
        bytes: 256 * 1024,
        in_flight: 8,
    };

    fn size(message: &Message) -> usize {
        message.text.len() + message.marks.size()
    }

    async fn send(&self, message: Message, caller: Caller) -> Result<Bytes, Failure> {
        let publish = self
            .client
            .publish()
            .topic_arn(&self.arn)
            .message(message.text)
            .set_message_group_id(message.marks.group)
            .set_message_deduplication_id(message.marks.deduplication);
        let sent = with_retries!(publish, aws_sdk_sns, caller.waits()).send().await;
        let answer = sent.map_err(|error| Failure::of(error, &self.identity))?;
        Ok(answer.message_id.map(Bytes::from).unwrap_or_default())
    }

    async fn send_all(&self, messages: Vec<Message>) -> Result<Vec<Result<Bytes, Failure>>, Failure> {
        let mut results = EntryResults::of(messages.len());
        let entry = |(index, message): (usize, Message)| {
            PublishBatchRequestEntry::builder()
                .id(index.to_string())
                .message(message.text)
                .set_message_group_id(message.marks.group)
                .set_message_deduplication_id(message.marks.deduplication)
                .build()
                .map_err(Failure::lasting)
        };
        let entries = messages.into_iter().enumerate().map(entry);
        let publish = self
            .client
            .publish_batch()
            .topic_arn(&self.arn)
            .set_publish_batch_request_entries(Some(entries.collect::<Result<_, _>>()?));
        let sent = with_retries!(publish, aws_sdk_sns, false).send().await;
        let answer = sent.map_err(|error| Failure::of(error, &self.identity))?;
        for message in answer.successful.unwrap_or_default() {
            let id = message.message_id.map(Bytes::from).unwrap_or_default();
            results.set(message.id.as_deref().unwrap_or_default(), Ok(id));
        }
        for message in answer.failed.unwrap_or_default() {
            let error = EntryError {
                code: Some(&message.code),
                message: message.message.as_deref(),
                sender_fault: message.sender_fault,
            };
            results.set(&message.id, Err(Failure::of_entry(error, &self.identity)));
        }
        Ok(results.into())
    }
}

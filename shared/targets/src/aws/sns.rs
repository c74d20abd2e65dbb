//! Amazon SNS topics: each event is a message.

use aws_sdk_sns::types::PublishBatchRequestEntry;
use bytes::Bytes;
use domain::resource::SnsTopic;

use crate::answer::Answer;
use crate::aws::batch::{Destination, Limits, Service};
use crate::aws::key::Marks;
use crate::aws::sqs::text;
use crate::aws::{AwsIdentity, EntryError, EntryResults, Failure, limit, with_retries};
use crate::call::Call;
use crate::clients::Clients;
use crate::error::InvokeError;

/// Most bytes of a message, as far as its topic allows: without further settings, a quarter.
const MOST_BYTES: usize = 1024 * 1024;

/// A topic to publish to.
#[derive(Clone)]
pub(crate) struct Topic {
    client: aws_sdk_sns::Client,
    arn: String,
    identity: AwsIdentity,
}

/// An event on its way to a topic.
#[derive(Clone)]
pub(crate) struct Message {
    text: String,
    marks: Marks,
}

/// Publishes the event; gives the message id.
pub(crate) async fn call(with: &Clients, topic: &SnsTopic, call: Call<'_>) -> Result<Answer, InvokeError> {
    limit::check(&call.payload, MOST_BYTES, "Amazon SNS")?;
    let identity = with.secrets.aws(&topic.credentials).await?;
    let client = with.aws.sns(&topic.region, &identity).await;
    let destination = Destination::new(&topic.region, &identity, &topic.topic_arn);
    let message = Message {
        marks: Marks::of(&call, topic.message_group_id.as_deref(), &topic.topic_arn),
        text: text(call.payload)?,
    };
    let topic = Topic {
        client,
        arn: topic.topic_arn.clone(),
        identity,
    };
    let sent = with
        .aws
        .batches
        .sns
        .send(destination, topic, message, call.sdk_retries);
    Ok(Answer::of(sent.await?))
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

    async fn send(&self, message: Message, sdk_retries: bool) -> Result<Bytes, Failure> {
        let publish = self
            .client
            .publish()
            .topic_arn(&self.arn)
            .message(message.text)
            .set_message_group_id(message.marks.group)
            .set_message_deduplication_id(message.marks.deduplication);
        let sent = with_retries!(publish, aws_sdk_sns, sdk_retries).send().await;
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

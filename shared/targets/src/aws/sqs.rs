//! Amazon SQS queues (docs/contract.md §3.4): each event is the body of a message.

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use bytes::Bytes;
use domain::resource::SqsQueue;

use crate::answer::Answer;
use crate::aws::batch::{Destination, Limits, Service};
use crate::aws::key::Marks;
use crate::aws::{AwsIdentity, EntryError, EntryResults, Failure, limit, with_retries};
use crate::call::Call;
use crate::clients::Clients;
use crate::error::InvokeError;

/// Most bytes of a message, as far as its queue allows.
const MOST_BYTES: usize = 1024 * 1024;

/// A queue to send to.
#[derive(Clone)]
pub(crate) struct Queue {
    client: aws_sdk_sqs::Client,
    url: String,
    identity: AwsIdentity,
}

/// An event on its way into a queue.
#[derive(Clone)]
pub(crate) struct Message {
    body: String,
    marks: Marks,
}

/// Sends the event to the queue; gives the message id.
pub(crate) async fn call(with: &Clients, queue: &SqsQueue, call: Call<'_>) -> Result<Answer, InvokeError> {
    limit::check(&call.payload, MOST_BYTES, "Amazon SQS")?;
    let identity = with.secrets.aws(&queue.credentials).await?;
    let client = with.aws.sqs(&queue.region, &identity, &queue.queue_url).await?;
    let destination = Destination::new(&queue.region, &identity, &queue.queue_url);
    let marks = Marks::of(&call, queue.message_group_id.as_deref(), &queue.queue_url);
    let body = text(call.payload)?;
    let queue = Queue {
        client,
        url: queue.queue_url.as_str().to_owned(),
        identity,
    };
    let message = Message { body, marks };
    let sent = with
        .aws
        .batches
        .sqs
        .send(destination, queue, message, call.sdk_retries);
    Ok(Answer::of(sent.await?))
}

/// The payload as text, which JSON always is.
pub(super) fn text(payload: Bytes) -> Result<String, InvokeError> {
    String::from_utf8(payload.into()).map_err(|error| InvokeError::unusable(error.utf8_error()))
}

impl Service for Queue {
    type Entry = Message;
    const LIMITS: Limits = Limits {
        entries: 10,
        bytes: 1024 * 1024,
        in_flight: 8,
    };

    fn size(message: &Message) -> usize {
        message.body.len() + message.marks.size()
    }

    async fn send(&self, message: Message, sdk_retries: bool) -> Result<Bytes, Failure> {
        let send = self
            .client
            .send_message()
            .queue_url(&self.url)
            .message_body(message.body)
            .set_message_group_id(message.marks.group)
            .set_message_deduplication_id(message.marks.deduplication);
        let answer = with_retries!(send, aws_sdk_sqs, sdk_retries).send().await;
        let answer = answer.map_err(|error| Failure::of(error, &self.identity))?;
        Ok(answer.message_id.map(Bytes::from).unwrap_or_default())
    }

    async fn send_all(&self, messages: Vec<Message>) -> Result<Vec<Result<Bytes, Failure>>, Failure> {
        let mut results = EntryResults::of(messages.len());
        let entry = |(index, message): (usize, Message)| {
            SendMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .message_body(message.body)
                .set_message_group_id(message.marks.group)
                .set_message_deduplication_id(message.marks.deduplication)
                .build()
                .map_err(Failure::lasting)
        };
        let entries = messages.into_iter().enumerate().map(entry);
        let send = self
            .client
            .send_message_batch()
            .queue_url(&self.url)
            .set_entries(Some(entries.collect::<Result<_, _>>()?));
        let answer = with_retries!(send, aws_sdk_sqs, false).send().await;
        let answer = answer.map_err(|error| Failure::of(error, &self.identity))?;
        for message in answer.successful {
            results.set(&message.id, Ok(Bytes::from(message.message_id)));
        }
        for message in answer.failed {
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

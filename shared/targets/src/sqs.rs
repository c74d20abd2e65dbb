//! Amazon SQS queues (CONTRACT.md §3.4): each event is the body of a message.

use bytes::Bytes;
use domain::resource::SqsQueue;

use crate::aws::{Aws, Failure, with_retries};
use crate::call::Call;
use crate::error::InvokeError;

/// Sends the event to the queue; gives the message id.
pub(crate) async fn send(aws: &Aws, queue: &SqsQueue, call: Call) -> Result<Bytes, InvokeError> {
    let SqsQueue {
        queue_url,
        region,
        credentials,
    } = queue;
    let client = aws.sqs(region, credentials, queue_url).await;
    let body =
        String::from_utf8(call.payload.into()).map_err(|error| InvokeError::unusable(error.utf8_error()))?;
    let message = client.send_message().queue_url(queue_url).message_body(body);
    let sent = with_retries!(message, aws_sdk_sqs, call.sdk_retries).send().await;
    let answer = sent.map_err(|error| Failure::of(error, credentials))?;
    Ok(answer.message_id.map(Bytes::from).unwrap_or_default())
}

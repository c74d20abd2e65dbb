//! Amazon SQS queues (docs/contract.md §3.4): each event is the body of a message.

use bytes::Bytes;
use domain::json::in_xml_characters;
use domain::resource::SqsQueue;

use crate::answer::FunctionAnswer;
use crate::aws::batch::Destination;
use crate::aws::key::Marks;
use crate::aws::limit;
use crate::aws::sqs_queue::{Message, Queue};
use crate::call::Call;
use crate::clients::Clients;
use crate::error::InvokeError;

/// Most bytes of a message, as far as its queue allows.
const MOST_BYTES: usize = 1024 * 1024;

/// Sends the event to the queue; gives the message id.
pub(crate) async fn call(
    with: &Clients,
    queue: &SqsQueue,
    call: Call<'_>,
) -> Result<FunctionAnswer, InvokeError> {
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
        .send(destination, queue, message, call.caller);
    Ok(FunctionAnswer::of(sent.await?))
}

/// The payload as text, which JSON always is, of characters that queues and topics take.
pub(super) fn text(payload: Bytes) -> Result<String, InvokeError> {
    let json = String::from_utf8(payload.into());
    let json = json.map_err(|error| InvokeError::unusable(error.utf8_error()))?;
    Ok(in_xml_characters(json))
}

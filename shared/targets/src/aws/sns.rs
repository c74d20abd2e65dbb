//! Amazon SNS topics: each event is a message.

use aws::Service;
use domain::resource::SnsTopic;

use crate::answer::FunctionAnswer;
use crate::aws::batch::Destination;
use crate::aws::key::Marks;
use crate::aws::limit;
use crate::aws::sns_topic::{Message, Topic};
use crate::aws::sqs::text;
use crate::call::Call;
use crate::clients::Clients;
use crate::error::InvokeError;

/// Most bytes of a message, as far as its topic allows: without further settings, a quarter.
const MOST_BYTES: usize = 1024 * 1024;

/// Publishes the event; gives the message id.
pub(crate) async fn call(
    with: &Clients,
    topic: &SnsTopic,
    call: Call<'_>,
) -> Result<FunctionAnswer, InvokeError> {
    limit::check(&call.payload, MOST_BYTES, "Amazon SNS")?;
    let identity = with.secrets.aws(&topic.credentials).await?;
    let client = with.aws.client(Service::Sns, &topic.region, &identity).await;
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
        .send(destination, topic, message, call.caller);
    Ok(FunctionAnswer::of(sent.await?))
}

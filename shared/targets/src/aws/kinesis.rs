//! Amazon Kinesis data streams (docs/contract.md §3.4): each event is a record.

use aws::Service;
use domain::resource::KinesisStream;
use uuid::Uuid;

use crate::answer::FunctionAnswer;
use crate::aws::batch::Destination;
use crate::aws::kinesis_stream::{Record, Stream};
use crate::aws::{key, limit};
use crate::call::Call;
use crate::clients::Clients;
use crate::error::InvokeError;

/// Most bytes of a record, as far as its stream allows.
const MOST_BYTES: usize = 10 * 1024 * 1024;

/// Puts the event into the stream, on the shard of its key or of a random one; gives the sequence number.
pub(crate) async fn call(
    with: &Clients,
    stream: &KinesisStream,
    call: Call<'_>,
) -> Result<FunctionAnswer, InvokeError> {
    limit::check(&call.payload, MOST_BYTES, "Amazon Kinesis")?;
    let identity = with.secrets.aws(&stream.credentials).await?;
    let client = with.aws.client(Service::Kinesis, &stream.region, &identity).await;
    let destination = Destination::new(&stream.region, &identity, &stream.stream_name);
    let record = Record {
        partition_key: key::partition_key(&call, stream.partition_key.as_deref())
            .unwrap_or_else(|| Uuid::new_v4().to_string()),
        data: call.payload,
    };
    let stream = Stream {
        client,
        name: stream.stream_name.clone(),
        identity,
    };
    let sent = with
        .aws
        .batches
        .kinesis
        .send(destination, stream, record, call.caller);
    Ok(FunctionAnswer::of(sent.await?))
}

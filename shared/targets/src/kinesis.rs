//! Amazon Kinesis data streams (CONTRACT.md §3.4): each event is a record.

use aws_smithy_types::Blob;
use bytes::Bytes;
use domain::resource::KinesisStream;
use uuid::Uuid;

use crate::aws::{Aws, Failure, with_retries};
use crate::call::Call;
use crate::error::InvokeError;

/// Puts the event into the stream, spread over its shards by a random key; gives the sequence number.
pub(crate) async fn put(aws: &Aws, stream: &KinesisStream, call: Call) -> Result<Bytes, InvokeError> {
    let KinesisStream {
        stream_name,
        region,
        credentials,
    } = stream;
    let client = aws.kinesis(region, credentials).await;
    let record = client
        .put_record()
        .stream_name(stream_name)
        .partition_key(Uuid::new_v4().to_string())
        .data(Blob::new(call.payload));
    let answer = with_retries!(record, aws_sdk_kinesis, call.sdk_retries)
        .send()
        .await
        .map_err(|error| Failure::of(error, credentials))?;
    Ok(Bytes::from(answer.sequence_number))
}

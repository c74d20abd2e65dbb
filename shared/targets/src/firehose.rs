//! Amazon Data Firehose streams (CONTRACT.md §3.4): each event is a record, without a newline after it.

use aws_sdk_firehose::types::Record;
use aws_smithy_types::Blob;
use bytes::Bytes;
use domain::resource::FirehoseStream;

use crate::aws::{Aws, Failure, with_retries};
use crate::call::Call;
use crate::error::InvokeError;

/// Puts the event into the stream; gives the record id.
pub(crate) async fn put(aws: &Aws, stream: &FirehoseStream, call: Call) -> Result<Bytes, InvokeError> {
    let FirehoseStream {
        delivery_stream_name,
        region,
        credentials,
    } = stream;
    let client = aws.firehose(region, credentials).await;
    let record = Record::builder()
        .data(Blob::new(call.payload))
        .build()
        .map_err(InvokeError::unusable)?;
    let put = client
        .put_record()
        .delivery_stream_name(delivery_stream_name)
        .record(record);
    let answer = with_retries!(put, aws_sdk_firehose, call.sdk_retries)
        .send()
        .await
        .map_err(|error| Failure::of(error, credentials))?;
    Ok(Bytes::from(answer.record_id))
}

//! Amazon Data Firehose streams (docs/contract.md §3.4): each event is a record, with a newline after it if that is asked for.

use aws_sdk_firehose::types::{PutRecordBatchResponseEntry, Record};
use aws_smithy_types::Blob;
use bytes::{BufMut as _, Bytes, BytesMut};
use domain::resource::FirehoseStream;

use crate::answer::Answer;
use crate::aws::batch::{Destination, Limits, Service};
use crate::aws::{AwsIdentity, EntryError, Failure, limit, with_retries};
use crate::call::Call;
use crate::clients::Clients;
use crate::error::InvokeError;

/// Most bytes of a record.
const MOST_BYTES: usize = 1000 * 1024;

/// A stream to put records into.
#[derive(Clone)]
pub(crate) struct Stream {
    client: aws_sdk_firehose::Client,
    name: String,
    identity: AwsIdentity,
}

/// Puts the event into the stream; gives the record id.
pub(crate) async fn call(
    with: &Clients,
    stream: &FirehoseStream,
    call: Call<'_>,
) -> Result<Answer, InvokeError> {
    let data = if stream.newline {
        with_newline(&call.payload)
    } else {
        call.payload
    };
    limit::check(&data, MOST_BYTES, "Amazon Data Firehose")?;
    let identity = with.secrets.aws(&stream.credentials).await?;
    let client = with.aws.firehose(&stream.region, &identity).await;
    let destination = Destination::new(&stream.region, &identity, &stream.delivery_stream_name);
    let stream = Stream {
        client,
        name: stream.delivery_stream_name.clone(),
        identity,
    };
    let sent = with
        .aws
        .batches
        .firehose
        .send(destination, stream, data, call.sdk_retries);
    Ok(Answer::of(sent.await?))
}

fn with_newline(payload: &[u8]) -> Bytes {
    let mut data = BytesMut::with_capacity(payload.len() + 1);
    data.put_slice(payload);
    data.put_u8(b'\n');
    data.freeze()
}

fn record(data: Bytes) -> Result<Record, Failure> {
    let record = Record::builder().data(Blob::new(data));
    record.build().map_err(Failure::lasting)
}

impl Service for Stream {
    type Entry = Bytes;
    const LIMITS: Limits = Limits {
        entries: 500,
        bytes: 4_000_000,
        in_flight: 2,
    };

    fn size(data: &Bytes) -> usize {
        data.len()
    }

    async fn send(&self, data: Bytes, sdk_retries: bool) -> Result<Bytes, Failure> {
        let put = self
            .client
            .put_record()
            .delivery_stream_name(&self.name)
            .record(record(data)?);
        let sent = with_retries!(put, aws_sdk_firehose, sdk_retries).send().await;
        let answer = sent.map_err(|error| Failure::of(error, &self.identity))?;
        Ok(Bytes::from(answer.record_id))
    }

    async fn send_all(&self, records: Vec<Bytes>) -> Result<Vec<Result<Bytes, Failure>>, Failure> {
        let records = records.into_iter().map(record).collect::<Result<_, _>>()?;
        let put = self
            .client
            .put_record_batch()
            .delivery_stream_name(&self.name)
            .set_records(Some(records));
        let sent = with_retries!(put, aws_sdk_firehose, false).send().await;
        let answer = sent.map_err(|error| Failure::of(error, &self.identity))?;
        let result = |record: PutRecordBatchResponseEntry| {
            if let Some(id) = record.record_id.filter(|_| record.error_code.is_none()) {
                return Ok(Bytes::from(id));
            }
            let error = EntryError {
                code: record.error_code.as_deref(),
                message: record.error_message.as_deref(),
                // It names its own limits and faults alone.
                sender_fault: false,
            };
            Err(Failure::of_entry(error, &self.identity))
        };
        Ok(answer.request_responses.into_iter().map(result).collect())
    }
}

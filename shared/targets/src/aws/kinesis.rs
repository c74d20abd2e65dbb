//! Amazon Kinesis data streams (docs/contract.md §3.4): each event is a record.

use aws_sdk_kinesis::types::PutRecordsRequestEntry;
use aws_smithy_types::Blob;
use bytes::Bytes;
use domain::resource::KinesisStream;
use uuid::Uuid;

use crate::answer::Answer;
use crate::aws::batch::{Destination, Limits, Service};
use crate::aws::{AwsIdentity, EntryError, Failure, key, limit, with_retries};
use crate::call::Call;
use crate::clients::Clients;
use crate::error::InvokeError;

/// Most bytes of a record, as far as its stream allows.
const MOST_BYTES: usize = 10 * 1024 * 1024;

/// A stream to put records into.
#[derive(Clone)]
pub(crate) struct Stream {
    client: aws_sdk_kinesis::Client,
    name: String,
    identity: AwsIdentity,
}

/// An event on its way into a stream.
#[derive(Clone)]
pub(crate) struct Record {
    data: Bytes,
    partition_key: String,
}

/// Puts the event into the stream, on the shard of its key or of a random one; gives the sequence number.
pub(crate) async fn call(
    with: &Clients,
    stream: &KinesisStream,
    call: Call<'_>,
) -> Result<Answer, InvokeError> {
    limit::check(&call.payload, MOST_BYTES, "Amazon Kinesis")?;
    let identity = with.secrets.aws(&stream.credentials).await?;
    let client = with.aws.kinesis(&stream.region, &identity).await;
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
        .send(destination, stream, record, call.sdk_retries);
    Ok(Answer::of(sent.await?))
}

impl Service for Stream {
    type Entry = Record;
    // Half the bytes that one request may have: that many there may be everywhere.
    const LIMITS: Limits = Limits {
        entries: 500,
        bytes: 5 * 1024 * 1024,
        in_flight: 2,
    };

    fn size(record: &Record) -> usize {
        record.data.len() + record.partition_key.len()
    }

    async fn send(&self, record: Record, sdk_retries: bool) -> Result<Bytes, Failure> {
        let put = self
            .client
            .put_record()
            .stream_name(&self.name)
            .partition_key(record.partition_key)
            .data(Blob::new(record.data));
        let sent = with_retries!(put, aws_sdk_kinesis, sdk_retries).send().await;
        let answer = sent.map_err(|error| Failure::of(error, &self.identity))?;
        Ok(Bytes::from(answer.sequence_number))
    }

    async fn send_all(&self, records: Vec<Record>) -> Result<Vec<Result<Bytes, Failure>>, Failure> {
        let entry = |record: Record| {
            PutRecordsRequestEntry::builder()
                .partition_key(record.partition_key)
                .data(Blob::new(record.data))
                .build()
                .map_err(Failure::lasting)
        };
        let entries = records.into_iter().map(entry).collect::<Result<_, _>>()?;
        let put = self
            .client
            .put_records()
            .stream_name(&self.name)
            .set_records(Some(entries));
        let sent = with_retries!(put, aws_sdk_kinesis, false).send().await;
        let answer = sent.map_err(|error| Failure::of(error, &self.identity))?;
        let result = |record: aws_sdk_kinesis::types::PutRecordsResultEntry| {
            if let Some(number) = record.sequence_number.filter(|_| record.error_code.is_none()) {
                return Ok(Bytes::from(number));
            }
            let error = EntryError {
                code: record.error_code.as_deref(),
                message: record.error_message.as_deref(),
                // It names full shards and faults of its own alone; what is wrong with a record fails all of them.
                sender_fault: false,
            };
            Err(Failure::of_entry(error, &self.identity))
        };
        Ok(answer.records.into_iter().map(result).collect())
    }
}

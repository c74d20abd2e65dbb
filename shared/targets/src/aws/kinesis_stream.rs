//! A stream that takes records, one by one or several with a request.

use aws_sdk_kinesis::types::PutRecordsRequestEntry;
use aws_smithy_types::Blob;
use bytes::Bytes;

use super::batch::{Limits, Service};
use super::{AwsIdentity, EntryError, Failure, with_retries};
use crate::call::Caller;

/// A stream to put records into.
#[derive(Clone)]
pub(crate) struct Stream {
    pub(crate) client: aws_sdk_kinesis::Client,
    pub(crate) name: String,
    pub(crate) identity: AwsIdentity,
}

/// An event on its way into a stream.
#[derive(Clone)]
pub(crate) struct Record {
    pub(crate) data: Bytes,
    pub(crate) partition_key: String,
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

    async fn send(&self, record: Record, caller: Caller) -> Result<Bytes, Failure> {
        let put = self
            .client
            .put_record()
            .stream_name(&self.name)
            .partition_key(record.partition_key)
            .data(Blob::new(record.data));
        let sent = with_retries!(put, aws_sdk_kinesis, caller.waits()).send().await;
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

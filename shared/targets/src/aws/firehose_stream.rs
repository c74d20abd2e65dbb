//! A stream that takes records, one by one or several with a request.

use aws_sdk_firehose::types::{PutRecordBatchResponseEntry, Record};
use aws_smithy_types::Blob;
use bytes::Bytes;

use super::batch::{Limits, Service};
use super::{AwsIdentity, EntryError, Failure, with_retries};
use crate::call::Caller;

/// A stream to put records into.
#[derive(Clone)]
pub(crate) struct Stream {
    pub(crate) client: aws_sdk_firehose::Client,
    pub(crate) name: String,
    pub(crate) identity: AwsIdentity,
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

    async fn send(&self, data: Bytes, caller: Caller) -> Result<Bytes, Failure> {
        let put = self
            .client
            .put_record()
            .delivery_stream_name(&self.name)
            .record(record(data)?);
        let sent = with_retries!(put, aws_sdk_firehose, caller.waits()).send().await;
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

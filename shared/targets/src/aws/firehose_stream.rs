//! A stream that takes records, one by one or several with a request.

use aws::{Base64, Client};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::batch::{BatchService, Limits};
use super::entry_answer::EntryAnswer;
use super::{AwsFailure, AwsIdentity, retries};
use crate::call::Caller;

/// A stream to put records into.
#[derive(Clone)]
pub(crate) struct Stream {
    pub(crate) client: Client,
    pub(crate) name: String,
    pub(crate) identity: AwsIdentity,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PutRecord<'s> {
    delivery_stream_name: &'s str,
    record: Record,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PutRecordBatch<'s> {
    delivery_stream_name: &'s str,
    records: Vec<Record>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Record {
    data: Base64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutRecordBatchAnswer {
    request_responses: Option<Vec<EntryAnswer>>,
}

impl From<Bytes> for Record {
    fn from(data: Bytes) -> Self {
        Self { data: Base64(data) }
    }
}

impl BatchService for Stream {
    type Entry = Bytes;
    const LIMITS: Limits = Limits {
        entries: 500,
        bytes: 4_000_000,
        in_flight: 2,
    };

    fn size(data: &Bytes) -> usize {
        data.len()
    }

    async fn send(&self, data: Bytes, caller: Caller) -> Result<Bytes, AwsFailure> {
        let put = PutRecord {
            delivery_stream_name: &self.name,
            record: data.into(),
        };
        let call = retries::call(&self.client, "PutRecord", caller.waits());
        let sent = call.json::<EntryAnswer>(&put).await;
        let answer = sent.map_err(|error| AwsFailure::of(error, &self.identity))?;
        Ok(answer.into_id())
    }

    async fn send_all(&self, records: Vec<Bytes>) -> Result<Vec<Result<Bytes, AwsFailure>>, AwsFailure> {
        let put = PutRecordBatch {
            delivery_stream_name: &self.name,
            records: records.into_iter().map(Into::into).collect(),
        };
        let call = retries::call(&self.client, "PutRecordBatch", false);
        let sent = call.json::<PutRecordBatchAnswer>(&put).await;
        let answer = sent.map_err(|error| AwsFailure::of(error, &self.identity))?;
        // It names its own limits and faults alone.
        let result = |record: EntryAnswer| record.into_result(|_| false, &self.identity);
        let records = answer.request_responses.unwrap_or_default();
        Ok(records.into_iter().map(result).collect())
    }
}

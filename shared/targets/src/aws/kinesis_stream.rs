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

/// An event on its way into a stream.
#[derive(Clone)]
pub(crate) struct Record {
    pub(crate) data: Bytes,
    pub(crate) partition_key: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PutRecord<'s> {
    stream_name: &'s str,
    #[serde(flatten)]
    record: PutRecordsEntry,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PutRecords<'s> {
    stream_name: &'s str,
    records: Vec<PutRecordsEntry>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PutRecordsEntry {
    data: Base64,
    partition_key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutRecordsAnswer {
    records: Option<Vec<EntryAnswer>>,
}

impl From<Record> for PutRecordsEntry {
    fn from(record: Record) -> Self {
        Self {
            data: Base64(record.data),
            partition_key: record.partition_key,
        }
    }
}

impl BatchService for Stream {
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

    async fn send(&self, record: Record, caller: Caller) -> Result<Bytes, AwsFailure> {
        let put = PutRecord {
            stream_name: &self.name,
            record: record.into(),
        };
        let call = retries::call(&self.client, "PutRecord", caller.waits());
        let sent = call.json::<EntryAnswer>(&put).await;
        let answer = sent.map_err(|error| AwsFailure::of(error, &self.identity))?;
        Ok(answer.into_id())
    }

    async fn send_all(&self, records: Vec<Record>) -> Result<Vec<Result<Bytes, AwsFailure>>, AwsFailure> {
        let put = PutRecords {
            stream_name: &self.name,
            records: records.into_iter().map(Into::into).collect(),
        };
        let call = retries::call(&self.client, "PutRecords", false);
        let sent = call.json::<PutRecordsAnswer>(&put).await;
        let answer = sent.map_err(|error| AwsFailure::of(error, &self.identity))?;
        // It names full shards and faults of its own alone; what is wrong with a record fails all of them.
        let result = |record: EntryAnswer| record.into_result(|_| false, &self.identity);
        let records = answer.records.unwrap_or_default();
        Ok(records.into_iter().map(result).collect())
    }
}

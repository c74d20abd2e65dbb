//! A bus that takes entries, several with a request.

use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};
use aws_smithy_types::DateTime;
use bytes::Bytes;

use super::batch::{Limits, Service};
use super::{AwsIdentity, EntryError, Failure, with_retries};
use crate::call::Caller;

/// A bus to put events on.
#[derive(Clone)]
pub(crate) struct Bus {
    pub(crate) client: aws_sdk_eventbridge::Client,
    pub(crate) name: String,
    pub(crate) identity: AwsIdentity,
}

/// An event on its way to a bus.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) source: String,
    pub(crate) detail_type: String,
    pub(crate) detail: String,
    pub(crate) time: Option<DateTime>,
}

impl Entry {
    fn into_request(self, bus: &str) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .event_bus_name(bus)
            .source(self.source)
            .detail_type(self.detail_type)
            .detail(self.detail)
            .set_time(self.time)
            .build()
    }
}

impl Bus {
    /// Sends entries, one as well as several: there is no other API.
    async fn put(&self, entries: Vec<Entry>, caller: Caller) -> Result<Vec<Result<Bytes, Failure>>, Failure> {
        let entries = entries.into_iter().map(|entry| entry.into_request(&self.name));
        let put = self.client.put_events().set_entries(Some(entries.collect()));
        let sent = with_retries!(put, aws_sdk_eventbridge, caller.waits())
            .send()
            .await;
        let answer = sent.map_err(|error| Failure::of(error, &self.identity))?;
        let result = |entry: PutEventsResultEntry| {
            if let Some(id) = entry.event_id.filter(|_| entry.error_code.is_none()) {
                return Ok(Bytes::from(id));
            }
            let code = entry.error_code.as_deref();
            let error = EntryError {
                code,
                message: entry.error_message.as_deref(),
                sender_fault: code.is_some_and(|code| !code.starts_with("Internal")),
            };
            Err(Failure::of_entry(error, &self.identity))
        };
        Ok(answer
            .entries
            .unwrap_or_default()
            .into_iter()
            .map(result)
            .collect())
    }
}

impl Service for Bus {
    type Entry = Entry;
    // What every region takes.
    const LIMITS: Limits = Limits {
        entries: 10,
        bytes: 256 * 1024,
        in_flight: 8,
    };

    fn size(entry: &Entry) -> usize {
        // A time counts for 14 bytes.
        entry.source.len() + entry.detail_type.len() + entry.detail.len() + 14
    }

    async fn send(&self, entry: Entry, caller: Caller) -> Result<Bytes, Failure> {
        let results = self.put(vec![entry], caller).await?;
        let silent = || Err(Failure::passing("AWS said nothing of the entry"));
        results.into_iter().next().unwrap_or_else(silent)
    }

    async fn send_all(&self, entries: Vec<Entry>) -> Result<Vec<Result<Bytes, Failure>>, Failure> {
        self.put(entries, Caller::Queue).await
    }
}

//! Amazon EventBridge event buses: each event is an entry, and its detail.

use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use bytes::Bytes;
use domain::resource::EventBus;

use crate::answer::Answer;
use crate::aws::batch::{Destination, Limits, Service};
use crate::aws::sqs::text;
use crate::aws::{AwsIdentity, EntryError, Failure, limit, with_retries};
use crate::call::Call;
use crate::clients::Clients;
use crate::error::InvokeError;

/// Most bytes of an entry.
const MOST_BYTES: usize = 1_000_000;
/// What an entry has in place of attributes that are not known.
const UNKNOWN: &str = "event-gateway";

/// A bus to put events on.
#[derive(Clone)]
pub(crate) struct Bus {
    client: aws_sdk_eventbridge::Client,
    name: String,
    identity: AwsIdentity,
}

/// An event on its way to a bus.
#[derive(Clone)]
pub(crate) struct Entry {
    source: String,
    detail_type: String,
    detail: String,
    time: Option<DateTime>,
}

/// Puts the event on the bus; gives the id that it has there.
pub(crate) async fn call(with: &Clients, bus: &EventBus, call: Call<'_>) -> Result<Answer, InvokeError> {
    limit::check(&call.payload, MOST_BYTES, "Amazon EventBridge")?;
    let identity = with.secrets.aws(&bus.credentials).await?;
    let client = with.aws.eventbridge(&bus.region, &identity).await;
    let destination = Destination::new(&bus.region, &identity, &bus.event_bus_name);
    let entry = Entry::of(bus, &call)?;
    let bus = Bus {
        client,
        name: bus.event_bus_name.clone(),
        identity,
    };
    let sent = with
        .aws
        .batches
        .eventbridge
        .send(destination, bus, entry, call.sdk_retries);
    Ok(Answer::of(sent.await?))
}

impl Entry {
    fn of(bus: &EventBus, call: &Call<'_>) -> Result<Self, InvokeError> {
        let attribute = |path| call.event.and_then(|event| event.text_at(path));
        let given = |setting: &Option<String>, path| {
            let value = setting.clone().or_else(|| attribute(path));
            value.unwrap_or_else(|| UNKNOWN.to_owned())
        };
        Ok(Self {
            source: given(&bus.source, "source"),
            detail_type: given(&bus.detail_type, "type"),
            detail: text(call.payload.clone())?,
            // Leap seconds, for one, are fine in an event but not there. The bus knows when it got the entry.
            time: attribute("time")
                .and_then(|time: String| DateTime::from_str(&time, Format::DateTimeWithOffset).ok()),
        })
    }

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
    async fn put(
        &self,
        entries: Vec<Entry>,
        sdk_retries: bool,
    ) -> Result<Vec<Result<Bytes, Failure>>, Failure> {
        let entries = entries.into_iter().map(|entry| entry.into_request(&self.name));
        let put = self.client.put_events().set_entries(Some(entries.collect()));
        let sent = with_retries!(put, aws_sdk_eventbridge, sdk_retries).send().await;
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

    async fn send(&self, entry: Entry, sdk_retries: bool) -> Result<Bytes, Failure> {
        let results = self.put(vec![entry], sdk_retries).await?;
        let silent = || Err(Failure::passing("AWS said nothing of the entry"));
        results.into_iter().next().unwrap_or_else(silent)
    }

    async fn send_all(&self, entries: Vec<Entry>) -> Result<Vec<Result<Bytes, Failure>>, Failure> {
        self.put(entries, false).await
    }
}

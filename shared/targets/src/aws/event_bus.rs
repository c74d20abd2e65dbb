//! A bus that takes entries, several with a request.

use aws::Client;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use bytes::Bytes;
use serde::ser::Error as _;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use super::batch::{BatchService, Limits};
use super::entry_answer::EntryAnswer;
use super::{AwsFailure, AwsIdentity, retries};
use crate::call::Caller;

/// A bus to put events on.
#[derive(Clone)]
pub(crate) struct Bus {
    pub(crate) client: Client,
    pub(crate) name: String,
    pub(crate) identity: AwsIdentity,
}

/// An event on its way to a bus.
#[derive(Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Entry {
    pub(crate) source: String,
    pub(crate) detail_type: String,
    pub(crate) detail: String,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "in_seconds")]
    pub(crate) time: Option<DateTime>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PutEvents<'b> {
    entries: Vec<PutEventsEntry<'b>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PutEventsEntry<'b> {
    event_bus_name: &'b str,
    #[serde(flatten)]
    entry: Entry,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEventsAnswer {
    entries: Option<Vec<EntryAnswer>>,
}

/// A number, with as many digits as the time has.
#[expect(clippy::ref_option, reason = "what serde hands over")]
fn in_seconds<S: Serializer>(time: &Option<DateTime>, serializer: S) -> Result<S::Ok, S::Error> {
    let seconds = time.map(|time| time.fmt(Format::EpochSeconds)).transpose();
    let number = seconds.map_err(S::Error::custom)?.map(RawValue::from_string);
    let number = number.transpose().map_err(S::Error::custom)?;
    number.serialize(serializer)
}

impl Bus {
    /// Sends entries, one as well as several: there is no other API.
    async fn put(
        &self,
        entries: Vec<Entry>,
        caller: Caller,
    ) -> Result<Vec<Result<Bytes, AwsFailure>>, AwsFailure> {
        let of_bus = |entry| PutEventsEntry {
            event_bus_name: &self.name,
            entry,
        };
        let put = PutEvents {
            entries: entries.into_iter().map(of_bus).collect(),
        };
        let call = retries::call(&self.client, "PutEvents", caller.waits());
        let sent = call.json::<PutEventsAnswer>(&put).await;
        let answer = sent.map_err(|error| AwsFailure::of(error, &self.identity))?;
        let is_of_sender = |code: &str| !code.starts_with("Internal");
        let result = |entry: EntryAnswer| entry.into_result(is_of_sender, &self.identity);
        let entries = answer.entries.unwrap_or_default();
        Ok(entries.into_iter().map(result).collect())
    }
}

impl BatchService for Bus {
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

    async fn send(&self, entry: Entry, caller: Caller) -> Result<Bytes, AwsFailure> {
        let results = self.put(vec![entry], caller).await?;
        let silent = || Err(AwsFailure::passing("AWS said nothing of the entry"));
        results.into_iter().next().unwrap_or_else(silent)
    }

    async fn send_all(&self, entries: Vec<Entry>) -> Result<Vec<Result<Bytes, AwsFailure>>, AwsFailure> {
        self.put(entries, Caller::Queue).await
    }
}

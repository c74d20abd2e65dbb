//! Events as the gateway's versions 0.5 to 0.7 sent them (docs/contract.md §7.2), for functions that were written for
//! these and say so by their `format`.
//!
//! What the gateway makes of a request gets the very members that such a function knows. CloudEvents of clients did
//! not exist before 0.7; they are told in the members that come closest, with their data as it is.

use serde::Serialize;

use super::time::epoch_millis;
use super::{Envelope, Event, HTTP_REQUEST};
use crate::json::Json;

mod data;
mod members;
#[cfg(test)]
mod tests;
mod v0_7;
mod version;

use members::{HTTP, is_generated, payload, text};
pub use version::LegacyVersion;

/// The envelope of 0.5 and 0.6.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OldEnvelope<'a> {
    event: &'a str,
    id: &'a str,
    /// Milliseconds since the Unix epoch.
    received_at: u64,
    data: &'a Json,
    data_type: &'a str,
}

impl Event {
    /// The event as JSON in the form of an old version, without a newline at the end.
    ///
    /// `receivedAt` of 0.5 and 0.6 is the time of the event, 0 if it has none; `eventTime` of 0.7, which is never
    /// missing, is then the first moment of the year 1, as it was. Header lines of the same name stay joined in 0.5,
    /// as the only element of their array.
    pub fn to_legacy_json(&self, version: LegacyVersion) -> Vec<u8> {
        let written = match version {
            LegacyVersion::V0_5 | LegacyVersion::V0_6 => self.to_old_envelope(version),
            LegacyVersion::V0_7 => serde_json::to_vec(&v0_7::envelope(self)),
        };
        // Serialising maps with string keys into memory cannot fail.
        written.unwrap_or_default()
    }

    fn to_old_envelope(&self, version: LegacyVersion) -> serde_json::Result<Vec<u8>> {
        let (data, data_type) = match self {
            Self::V0_1(envelope) => old_data(envelope, version),
            Self::CloudEvent(event) => (payload(event), text(event, "datacontenttype")),
        };
        serde_json::to_vec(&OldEnvelope {
            event: self.legacy_type(),
            id: self.id(),
            received_at: self.time().and_then(|time| epoch_millis(&time).ok()).unwrap_or(0),
            data: &data,
            data_type: &data_type,
        })
    }

    /// The type by the name that it had.
    fn legacy_type(&self) -> &str {
        if self.is_request() {
            HTTP
        } else {
            self.event_type()
        }
    }

    /// Whether it is what the gateway made of a plain HTTP request.
    fn is_request(&self) -> bool {
        matches!(self, Self::V0_1(envelope) if envelope.event_type == HTTP_REQUEST && is_generated(envelope))
    }

    fn time(&self) -> Option<String> {
        let time = match self {
            Self::V0_1(envelope) => envelope.event_time.clone(),
            Self::CloudEvent(event) => text(event, "time"),
        };
        Some(time).filter(|time| !time.is_empty())
    }
}

/// Data and content type in 0.5 and 0.6.
fn old_data(envelope: &Envelope, version: LegacyVersion) -> (Json, String) {
    let data = envelope.data.clone().unwrap_or_else(Json::null);
    if !is_generated(envelope) {
        return (data, envelope.content_type.clone());
    }
    if envelope.event_type == HTTP_REQUEST
        && let Some((data, content_type)) = data::of_request(&data, version)
    {
        return (data, content_type);
    }
    let data = data::of_body(&data, &envelope.content_type, version);
    (data, envelope.content_type.clone())
}

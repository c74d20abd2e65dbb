//! Events in the form that a function asks for.

use bytes::Bytes;
use domain::event::{BinaryMessage, CLOUDEVENTS_JSON, Event, LegacyVersion};
use domain::resource::{EventFormat, EventMode, FormatWord, VersionedFormat};
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};

use crate::call::Call;

const CLOUD_EVENT: HeaderValue = HeaderValue::from_static(CLOUDEVENTS_JSON);

/// What functions of the gateway's versions 0.5 to 0.7 were sent (docs/contract.md §7.1).
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What a function is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct EventPayload {
    /// Content type, and the attributes in binary mode; for functions that speak HTTP.
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl EventPayload {
    /// The JSON that a call comes with.
    fn structured(call: &Call<'_>) -> Self {
        Self {
            headers: HeaderMap::from_iter([(CONTENT_TYPE, CLOUD_EVENT)]),
            body: call.payload.clone(),
        }
    }

    /// The envelope of an old version.
    fn legacy(event: &Event, version: LegacyVersion) -> Self {
        Self {
            headers: HeaderMap::from_iter([(CONTENT_TYPE, JSON)]),
            body: event.to_legacy_json(version).into(),
        }
    }
}

/// The event of a call in a form. One that headers cannot carry goes structured instead of binary, as do questions to
/// authorizers, which are no events: who takes binary mode tells them by their content type.
pub(crate) fn payload_for(format: EventFormat, call: &Call<'_>) -> EventPayload {
    let Some(event) = call.event else {
        return EventPayload::structured(call);
    };
    let word = match format {
        EventFormat::Word(word) => word,
        EventFormat::Version(form) => return versioned(event, form, call),
    };
    match word {
        FormatWord::Structured => EventPayload::structured(call),
        FormatWord::V0_5 => EventPayload::legacy(event, LegacyVersion::V0_5),
        FormatWord::V0_6 => EventPayload::legacy(event, LegacyVersion::V0_6),
        FormatWord::V0_7 => EventPayload::legacy(event, LegacyVersion::V0_7),
        FormatWord::Binary => binary(event).unwrap_or_else(|| EventPayload::structured(call)),
    }
}

/// An event in the version that the function asks for.
fn versioned(event: &Event, form: VersionedFormat, call: &Call<'_>) -> EventPayload {
    let event = event.in_version_1_0(call.original, form.raw_body);
    let structured = || EventPayload {
        headers: HeaderMap::from_iter([(CONTENT_TYPE, CLOUD_EVENT)]),
        body: event.to_json().into(),
    };
    match form.mode {
        EventMode::Structured => structured(),
        EventMode::Binary => binary(&event).unwrap_or_else(structured),
    }
}

/// An event as headers and a body, if headers can carry it.
fn binary(event: &Event) -> Option<EventPayload> {
    let BinaryMessage { headers, body } = event.to_binary()?;
    Some(EventPayload { headers, body })
}

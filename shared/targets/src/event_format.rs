//! Events in the form that a function asks for.

use bytes::Bytes;
use domain::event::{BinaryMessage, CLOUDEVENTS_JSON, Event, LegacyVersion};
use domain::resource::EventFormat;
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
    match format {
        EventFormat::Structured => EventPayload::structured(call),
        EventFormat::V0_5 => EventPayload::legacy(event, LegacyVersion::V0_5),
        EventFormat::V0_6 => EventPayload::legacy(event, LegacyVersion::V0_6),
        EventFormat::V0_7 => EventPayload::legacy(event, LegacyVersion::V0_7),
        EventFormat::Binary => event.to_binary().map_or_else(
            || EventPayload::structured(call),
            |BinaryMessage { headers, body }| EventPayload { headers, body },
        ),
    }
}

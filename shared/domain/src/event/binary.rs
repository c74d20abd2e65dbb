//! Events whose attributes are headers and whose data is the body (docs/contract.md §2.3).

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::HeaderMap;
use percent_encoding::percent_decode_str;

use super::coercion::coerce;
use super::envelope::Envelope;
use super::http_request::canonical_name;
use super::time::canonical;
use super::{CloudEvent, EventError};
use crate::json::Json;

/// The first value of a header, empty when there is none.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Cow<'a, str> {
    headers.get(name).map_or(Cow::Borrowed(""), |value| {
        String::from_utf8_lossy(value.as_bytes())
    })
}

fn has_all(headers: &HeaderMap, names: [&str; 4]) -> bool {
    names.iter().all(|name| !header(headers, name).is_empty())
}

/// Whether headers carry a 0.1 event.
pub(super) fn is_v0_1(headers: &HeaderMap) -> bool {
    has_all(
        headers,
        ["ce-eventtype", "ce-cloudeventsversion", "ce-source", "ce-eventid"],
    )
}

/// Whether headers carry an event of a later version.
pub(super) fn is_cloud_event(headers: &HeaderMap) -> bool {
    has_all(headers, ["ce-specversion", "ce-id", "ce-source", "ce-type"])
}

/// Refuses headers with more attributes than an event may have.
pub(super) fn check_count(headers: &HeaderMap, max_attributes: usize) -> Result<(), EventError> {
    let attributes = headers.keys().filter(|name| name.as_str().starts_with("ce-"));
    if attributes.count() > max_attributes {
        return Err(EventError::TooManyAttributes {
            limit: max_attributes,
        });
    }
    Ok(())
}

/// Reads a 0.1 event.
pub(super) fn v0_1(headers: &HeaderMap, media_type: &str, body: &[u8]) -> Result<Envelope, EventError> {
    let text = |name: &str| header(headers, name).into_owned();
    let mut envelope = Envelope {
        event_type: text("ce-eventtype"),
        event_type_version: text("ce-eventtypeversion"),
        cloud_events_version: text("ce-cloudeventsversion"),
        source: text("ce-source"),
        event_id: text("ce-eventid"),
        event_time: String::new(),
        schema_url: text("ce-schemaurl"),
        extensions: extensions(headers),
        content_type: text("content-type"),
        data: None,
    };
    envelope.set_body(coerce(body, media_type, &envelope.content_type), media_type);
    envelope.validate()?;
    let time = text("ce-eventtime");
    if !time.is_empty() {
        envelope.event_time = canonical(&time)?;
    }
    Ok(envelope)
}

/// The `CE-X-` headers as extensions; names without anything after the prefix are skipped (Q15).
fn extensions(headers: &HeaderMap) -> BTreeMap<String, Json> {
    let mut extensions = BTreeMap::new();
    for name in headers.keys() {
        let canonical = canonical_name(name.as_str());
        let Some(rest) = canonical.strip_prefix("Ce-X-").filter(|rest| !rest.is_empty()) else {
            continue;
        };
        let values = headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()));
        let joined = values.collect::<Vec<_>>().join(", ");
        let lowered = rest[..1].to_ascii_lowercase() + &rest[1..];
        extensions.insert(lowered, Json::from_value(&joined));
    }
    extensions
}

/// Reads an event of a later version: every `ce-` header is an attribute, percent-encoded (CloudEvents HTTP binding).
pub(super) fn cloud_event(headers: &HeaderMap, body: &[u8]) -> Result<CloudEvent, EventError> {
    let attributes = headers.keys().filter_map(|name| {
        let attribute = name
            .as_str()
            .strip_prefix("ce-")
            .filter(|rest| !rest.is_empty())?;
        let value = header(headers, name.as_str());
        Some((
            attribute.to_owned(),
            percent_decode_str(&value).decode_utf8_lossy().into_owned(),
        ))
    });
    let content_type = header(headers, "content-type");
    let content_type = (!content_type.is_empty()).then_some(&*content_type);
    Ok(CloudEvent::from_binary(attributes, content_type, body)?)
}

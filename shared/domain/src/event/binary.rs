//! Events whose attributes are headers and whose data is the body (docs/contract.md §2.3).

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use percent_encoding::percent_decode_str;

use super::binary_maps::MapsOfHeaders;
use super::cloud_event_error::{AttributeFault, CloudEventError};
use super::coercion::coerce;
use super::envelope::Envelope;
use super::http_request::canonical_name;
use super::time::canonical;
use super::uri_reference::is_uri_reference;
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
        is_replaced: false,
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

/// Names that no header may have in binary mode: the content type and the body stand for them.
const RESERVED: [&str; 4] = ["data", "data_base64", "datacontenttype", "datacontentencoding"];

/// Attributes that are URIs or references to them.
const URIS: [&str; 3] = ["source", "dataschema", "schemaurl"];

/// Reads an event of a later version: every `ce-` header is an attribute (CloudEvents HTTP binding 1.0.2, section 3.1).
/// `media_type` is that of the content type.
pub(super) fn cloud_event(
    headers: &HeaderMap,
    media_type: &str,
    body: &[u8],
) -> Result<CloudEvent, CloudEventError> {
    let mut attributes: Vec<(String, Json)> = Vec::with_capacity(12);
    let mut content_type = None;
    let mut maps = MapsOfHeaders::default();
    for (name, value) in headers {
        let Some(attribute) = name.as_str().strip_prefix("ce-") else {
            if name == CONTENT_TYPE {
                let text = str::from_utf8(value.as_bytes()).map_err(|_| AttributeFault::NotUtf8);
                let text = text.map_err(|fault| fault.of("datacontenttype"))?;
                if content_type.replace(text).is_some() {
                    return Err(AttributeFault::Repeated.of("datacontenttype"));
                }
            }
            continue;
        };
        if attribute.is_empty() {
            continue;
        }
        if attribute.as_bytes().contains(&b'-') && add_entry(&mut maps, headers, attribute, value)? {
            continue;
        }
        // Values of the same name follow one another.
        let is_repeated = attributes.last().is_some_and(|(last, _)| last == attribute);
        let value = if is_repeated {
            Err(AttributeFault::Repeated)
        } else if RESERVED.contains(&attribute) {
            Err(AttributeFault::Reserved)
        } else {
            attribute_value(attribute, value.as_bytes())
        };
        let value = value.map_err(|fault| fault.of(attribute))?;
        attributes.push((attribute.to_owned(), Json::from_value(&*value)));
    }
    maps.put_into(&mut attributes)?;
    let content_type = content_type.filter(|text| !text.is_empty());
    CloudEvent::from_binary(attributes, content_type, media_type, body)
}

/// Whether a header is an entry of a map, which goes to the others then: only 0.3 has maps. Hardly any event has such a header.
#[cold]
#[inline(never)]
fn add_entry<'h>(
    maps: &mut MapsOfHeaders<'h>,
    headers: &HeaderMap,
    attribute: &'h str,
    value: &HeaderValue,
) -> Result<bool, CloudEventError> {
    let version = headers.get("ce-specversion").map(HeaderValue::as_bytes);
    let is_v0_3 = version
        .is_some_and(|version| attribute_value("specversion", version).is_ok_and(|version| version == "0.3"));
    let entry = attribute.split_once('-').filter(|_| is_v0_3);
    let Some((map, key)) = entry.filter(|(map, key)| !map.is_empty() && !key.is_empty()) else {
        return Ok(false);
    };
    let value = if RESERVED.contains(&map) {
        Err(AttributeFault::Reserved)
    } else {
        attribute_value(map, value.as_bytes())
    };
    let added = value.and_then(|value| maps.add(map, key, value.into_owned()));
    added.map_err(|fault| fault.of(map))?;
    Ok(true)
}

/// The value of an attribute that a header stands for: taken out of its quotation marks, and percent-decoded once.
fn attribute_value<'a>(name: &str, header: &'a [u8]) -> Result<Cow<'a, str>, AttributeFault> {
    let text = str::from_utf8(header).map_err(|_| AttributeFault::NotUtf8)?;
    let raw = match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(quoted) => unescaped(quoted),
        None => Cow::Borrowed(text),
    };
    if !raw.contains('%') {
        return Ok(raw);
    }
    let decoded = percent_decode_str(&raw).decode_utf8();
    let decoded = decoded.map_err(|_| AttributeFault::NotUtf8)?.into_owned();
    // Many producers do not encode the escapes of a URI once more, as they should.
    if URIS.contains(&name) && !is_uri_reference(&decoded) && is_uri_reference(&raw) {
        return Ok(raw);
    }
    Ok(Cow::Owned(decoded))
}

/// The content of a quoted string, without its escapes (RFC 9110, section 5.6.4).
fn unescaped(quoted: &str) -> Cow<'_, str> {
    if !quoted.contains('\\') {
        return Cow::Borrowed(quoted);
    }
    let mut chars = quoted.chars();
    let mut text = String::with_capacity(quoted.len());
    while let Some(c) = chars.next() {
        text.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
    }
    Cow::Owned(text)
}

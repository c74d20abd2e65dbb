//! Events on their way out with attributes as headers and data as the body: the HTTP protocol binding of CloudEvents in
//! binary mode, of each version. [`super::binary`] is the way in.
//!
//! | | 1.0 and 0.3 | 0.1 |
//! |---|---|---|
//! | attribute | `ce-<name>`, percent-encoded | `ce-<name>` as it is |
//! | extension | the same; a map of 0.3 as `ce-<name>-<key>` for each entry | `ce-x-<name>`; what is not a text as JSON |
//! | data in base64 | decoded: `data_base64`, or `datacontentencoding` | decoded: a text in base64 whose content type is neither JSON nor a form, or that is marked |
//! | other data | JSON; a text of another content type as it is, in the charset of that | the same |

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::binary_maps::entries_of;
use super::charset::Charset;
use super::content_type::{is_form, is_json, is_json_format, media_type};
use super::envelope::ENCODING;
use super::{CloudEvent, Envelope, Event};
use crate::json::{Json, kind};

/// An event as the headers and the body of an HTTP message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BinaryMessage {
    /// The attributes, and the content type of the data.
    pub headers: HeaderMap,
    /// The data.
    pub body: Bytes,
}

/// Encoded in values of headers (CloudEvents 1.0, HTTP binding, 3.1.3.2): whatever is no visible ASCII, and these.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What media types of events start with: a message of one of them is not in binary mode, whatever its headers say.
const EVENT_TYPES: &str = "application/cloudevents";

/// Most attributes that are sent as headers: no server takes as many, and those that a call has besides need room.
const MOST_HEADERS: usize = 1_000;

impl Event {
    /// The event in binary mode. `None` if headers cannot carry it as it is: names or values that are no headers, two
    /// extensions that differ in case only, more than a thousand of them, data that is itself an event, texts that the
    /// charset of their content type does not have.
    pub fn to_binary(&self) -> Option<BinaryMessage> {
        match self {
            Self::V0_1(envelope) => v0_1(envelope),
            Self::CloudEvent(event) => cloud_event(event),
        }
    }
}

fn v0_1(envelope: &Envelope) -> Option<BinaryMessage> {
    if envelope.extensions.len() > MOST_HEADERS {
        return None;
    }
    let mut headers = HeaderMap::try_with_capacity(8 + envelope.extensions.len()).ok()?;
    for (name, value) in [
        ("ce-eventtype", &envelope.event_type),
        ("ce-eventtypeversion", &envelope.event_type_version),
        ("ce-cloudeventsversion", &envelope.cloud_events_version),
        ("ce-source", &envelope.source),
        ("ce-eventid", &envelope.event_id),
        ("ce-eventtime", &envelope.event_time),
        ("ce-schemaurl", &envelope.schema_url),
    ] {
        if !value.is_empty() {
            add(&mut headers, name, raw_value(value)?)?;
        }
    }
    let marked = envelope.marked_bytes();
    for (name, value) in &envelope.extensions {
        // The body is in no encoding.
        if marked.is_some() && name.eq_ignore_ascii_case(ENCODING) {
            continue;
        }
        let text = value.scalar_text();
        let text = text.as_deref().unwrap_or(value.get());
        add(&mut headers, &format!("ce-x-{name}"), raw_value(text)?)?;
    }
    let content_type = Some(envelope.content_type.as_str()).filter(|text| !text.is_empty());
    let data = envelope.data.as_ref();
    let is_base64 = !content_type.is_some_and(is_json_or_form);
    let decoded = data
        .filter(|_| is_base64)
        .and_then(Json::scalar_text)
        .and_then(|text| decoded(&text, content_type));
    with_data(headers, content_type, is_json, data, marked.or(decoded))
}

fn cloud_event(event: &CloudEvent) -> Option<BinaryMessage> {
    if event.members().len() > MOST_HEADERS {
        return None;
    }
    let is_old = event
        .member("specversion")
        .is_some_and(|version| version.get() == "\"0.3\"");
    let mut headers = HeaderMap::try_with_capacity(12).ok()?;
    for (name, value) in event.members() {
        let is_payload = matches!(
            name,
            "data" | "data_base64" | "datacontenttype" | "datacontentencoding"
        );
        if kind(value.as_raw()) == "null" || is_payload {
            // An extension in 1.0, with a name that no header has.
            if name == "datacontentencoding" && !is_old && kind(value.as_raw()) != "null" {
                return None;
            }
            continue;
        }
        if is_old && kind(value.as_raw()) == "object" {
            for (key, text) in entries_of(value)? {
                add_attribute(&mut headers, &format!("{name}-{key}"), &text)?;
            }
        } else {
            add_attribute(&mut headers, name, &value.scalar_text()?)?;
        }
    }
    let text = |name: &str| event.member(name).and_then(Json::scalar_text);
    let content_type = text("datacontenttype");
    let base64 = match text("datacontentencoding") {
        Some(encoding) if is_old && encoding.eq_ignore_ascii_case("base64") => text("data"),
        _ => text("data_base64"),
    };
    let decoded = match base64 {
        Some(base64) => Some(STANDARD.decode(&*base64).ok()?),
        None => None,
    };
    with_data(
        headers,
        content_type.as_deref(),
        is_json_format,
        event.member("data"),
        decoded,
    )
}

/// Adds the header of an attribute, which says the same as the attribute. Nobody could tell that letters of its name were
/// capitals: events that were stored once, and maps, may have such.
fn add_attribute(headers: &mut HeaderMap, name: &str, text: &str) -> Option<()> {
    if name.contains(|c: char| c.is_ascii_uppercase()) || headers.len() > MOST_HEADERS {
        return None;
    }
    let encoded = utf8_percent_encode(text, ENCODED).to_string();
    add(
        headers,
        &format!("ce-{name}"),
        HeaderValue::try_from(encoded).ok()?,
    )
}

/// Adds the body: bytes, or else JSON.
fn with_data(
    mut headers: HeaderMap,
    content_type: Option<&str>,
    is_json: fn(&str) -> bool,
    data: Option<&Json>,
    bytes: Option<Vec<u8>>,
) -> Option<BinaryMessage> {
    let media_type = media_type(content_type).ok()?;
    if media_type.starts_with(EVENT_TYPES) {
        return None;
    }
    if let Some(text) = content_type {
        headers.try_insert(CONTENT_TYPE, raw_value(text)?).ok()?;
    }
    let is_text = |data: &&Json| content_type.is_some() && !is_json(&media_type) && is_string(data);
    let charset = Charset::of(content_type.unwrap_or_default());
    let body = match (bytes, data) {
        (Some(bytes), _) => bytes.into(),
        (None, None) => Bytes::new(),
        (None, Some(data)) => {
            if let Some(text) = Some(data).filter(is_text).and_then(Json::scalar_text) {
                Bytes::copy_from_slice(&charset.bytes_of(&text)?)
            } else {
                // Data without a content type is JSON.
                if content_type.is_none() {
                    headers.try_insert(CONTENT_TYPE, JSON).ok()?;
                }
                Bytes::copy_from_slice(&charset.json_bytes_of(data.get())?)
            }
        }
    };
    Some(BinaryMessage { headers, body })
}

/// Adds a header; `None` if its name is none, if it is there already, or if there is no room for it.
fn add(headers: &mut HeaderMap, name: &str, value: HeaderValue) -> Option<()> {
    let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
    let replaced = headers.try_insert(name, value).ok()?;
    replaced.is_none().then_some(())
}

/// A value that arrives as it is sent: blanks at its ends would not.
fn raw_value(text: &str) -> Option<HeaderValue> {
    let is_trimmed = text.trim_matches([' ', '\t']).len() == text.len();
    HeaderValue::from_bytes(text.as_bytes())
        .ok()
        .filter(|_| is_trimmed)
}

fn is_string(json: &Json) -> bool {
    kind(json.as_raw()) == "string"
}

fn is_json_or_form(content_type: &str) -> bool {
    let media_type = media_type(Some(content_type)).unwrap_or_default();
    is_json(&media_type) || is_form(&media_type)
}

/// The bytes that a text in base64 stands for, as bodies of binary types do (docs/contract.md §2.4). Short words are base64
/// as well: of a textual type only what stands for a text counts.
fn decoded(text: &str, content_type: Option<&str>) -> Option<Vec<u8>> {
    let bytes = STANDARD.decode(text).ok()?;
    let is_textual = media_type(content_type).is_ok_and(|media_type| media_type.starts_with("text/"));
    let is_utf8 = Charset::of(content_type.unwrap_or_default()) == Charset::Utf8;
    let is_blank = |c: char| matches!(c, '\n' | '\r' | '\t');
    let is_text = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => !text.contains(|c: char| c.is_control() && !is_blank(c)),
        Err(_) => {
            !is_utf8
                && bytes
                    .iter()
                    .all(|b| !b.is_ascii_control() || is_blank(char::from(*b)))
        }
    };
    (!is_textual || is_text(&bytes)).then_some(bytes)
}

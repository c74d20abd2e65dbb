//! From a request to the event or events it carries (CONTRACT.md §2.3).

use http::request::Parts;

use super::content_type::media_type;
use super::envelope::{Envelope, EventStamp};
use super::{CLOUDEVENTS_BATCH_JSON, CLOUDEVENTS_JSON, Event, EventError, HTTP_REQUEST, HttpRequest};
use super::{binary, coercion};
use crate::json::{self, Json, Object};

const PLAIN_JSON: &str = "application/json";

/// What a request carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// One event.
    Event(Event),
    /// Any number of events in one body.
    Batch(Vec<Event>),
    /// The request itself is the event; its data depends on how its path matches.
    Request(EventStamp),
}

impl Incoming {
    /// The `http.request` event of a request whose path matched with these parameters.
    pub fn request_event(stamp: &EventStamp, parts: &Parts, body: &[u8], params: &[(&str, &str)]) -> Event {
        let data = Json::from_value(&HttpRequest::new(parts, body, params));
        Event::V0_1(Box::new(Envelope::generated(
            stamp.clone(),
            HTTP_REQUEST,
            "application/json",
            data,
        )))
    }
}

/// Reads what a request carries; `stamp` is asked only when the gateway makes the event.
pub fn decode(
    parts: &Parts,
    body: &[u8],
    stamp: impl FnOnce() -> EventStamp,
) -> Result<Incoming, EventError> {
    let headers = &parts.headers;
    let content_type = binary::header(headers, "content-type");
    let media_type = media_type(Some(&content_type))?;
    if media_type == CLOUDEVENTS_JSON {
        return Ok(Incoming::Event(Event::from_object(&Object::from_slice(body)?)?));
    }
    if binary::is_v0_1(headers) {
        let envelope = binary::v0_1(headers, &media_type, body)?;
        return Ok(Incoming::Event(Event::V0_1(Box::new(envelope))));
    }
    if binary::is_cloud_event(headers) {
        return Ok(Incoming::Event(Event::CloudEvent(binary::cloud_event(
            headers, body,
        )?)));
    }
    if media_type == CLOUDEVENTS_BATCH_JSON {
        return Ok(Incoming::Batch(batch(body)?));
    }
    let legacy_type = binary::header(headers, "event");
    if legacy_type.is_empty() {
        return Ok(Incoming::Request(stamp()));
    }
    Ok(Incoming::Event(legacy(&legacy_type, &media_type, body, stamp)))
}

/// The complete CloudEvent in the body of a request that sends it as plain JSON, if it is one (Q72).
pub fn json_event(parts: &Parts, body: &[u8]) -> Option<Event> {
    let content_type = binary::header(&parts.headers, "content-type");
    let is_json = media_type(Some(&content_type)).is_ok_and(|media_type| media_type == PLAIN_JSON);
    if is_json { complete_event(body) } else { None }
}

fn complete_event(body: &[u8]) -> Option<Event> {
    Event::from_object(&Object::from_slice(body).ok()?).ok()
}

/// An event announced by the `Event` header: a complete CloudEvent in the body is taken as it is (Q71), anything
/// else becomes the data of a new one.
fn legacy(event_type: &str, media_type: &str, body: &[u8], stamp: impl FnOnce() -> EventStamp) -> Event {
    if media_type == PLAIN_JSON
        && let Some(event) = complete_event(body)
    {
        return event;
    }
    let data = coercion::coerce(body, media_type);
    Event::V0_1(Box::new(Envelope::generated(
        stamp(),
        event_type,
        media_type,
        data,
    )))
}

fn batch(body: &[u8]) -> Result<Vec<Event>, EventError> {
    let read = |(index, raw)| {
        let object = Object::from_raw(raw, "event").map_err(EventError::from);
        let event = object.and_then(|object| Event::from_object(&object));
        event.map_err(|error| EventError::InBatch {
            index,
            error: Box::new(error),
        })
    };
    json::elements(body)?.into_iter().enumerate().map(read).collect()
}

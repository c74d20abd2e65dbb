//! From a request to the event or events it carries (docs/contract.md §2.3).

use http::request::Parts;

use super::cloud_event_error::AttributeFault;
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
    /// How many events it is.
    pub fn count(&self) -> usize {
        match self {
            Self::Event(_) | Self::Request(_) => 1,
            Self::Batch(events) => events.len(),
        }
    }

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

/// How much is taken of what strangers send as events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventLimits {
    /// Most attributes of an event: members of its JSON, members of its `extensions`, headers in binary mode.
    pub max_attributes: usize,
    /// Most events of a batch.
    pub max_batch_events: usize,
}

/// Reads what a request carries; `stamp` is asked only when the gateway makes the event. What is above a limit is
/// refused before the rest of it is read; an object with more attributes that may be data as well as an event is data.
pub fn decode(
    parts: &Parts,
    body: &[u8],
    limits: EventLimits,
    stamp: impl FnOnce() -> EventStamp,
) -> Result<Incoming, EventError> {
    let max_attributes = limits.max_attributes;
    let headers = &parts.headers;
    let content_type = binary::header(headers, "content-type");
    let media_type = media_type(Some(&content_type))?;
    if media_type == CLOUDEVENTS_JSON {
        return Ok(Incoming::Event(structured(body, max_attributes)?));
    }
    if media_type == CLOUDEVENTS_BATCH_JSON {
        return Ok(Incoming::Batch(batch(body, limits)?));
    }
    if binary::is_v0_1(headers) {
        binary::check_count(headers, max_attributes)?;
        let envelope = binary::v0_1(headers, &media_type, body)?;
        return Ok(Incoming::Event(Event::V0_1(Box::new(envelope))));
    }
    if binary::is_cloud_event(headers) {
        binary::check_count(headers, max_attributes)?;
        return Ok(Incoming::Event(Event::CloudEvent(binary::cloud_event(
            headers,
            &media_type,
            body,
        )?)));
    }
    let legacy_type = binary::header(headers, "event");
    if legacy_type.is_empty() {
        return Ok(Incoming::Request(stamp()));
    }
    let event = if media_type == PLAIN_JSON {
        complete_event(body, max_attributes)
    } else {
        None
    };
    Ok(Incoming::Event(event.unwrap_or_else(|| {
        legacy(&legacy_type, &media_type, &content_type, body, stamp())
    })))
}

/// Whether a request is an `http.request` whatever its body is ([`decode`]).
pub fn is_plain_request(parts: &Parts) -> bool {
    let headers = &parts.headers;
    let content_type = binary::header(headers, "content-type");
    let is_event = |media_type: &str| matches!(media_type, CLOUDEVENTS_JSON | CLOUDEVENTS_BATCH_JSON);
    media_type(Some(&content_type)).is_ok_and(|media_type| !is_event(&media_type))
        && !binary::is_v0_1(headers)
        && !binary::is_cloud_event(headers)
        && binary::header(headers, "event").is_empty()
}

/// The complete CloudEvent in the body of a request that sends it as plain JSON, if it is one (Q72).
pub fn json_event(parts: &Parts, body: &[u8], max_attributes: usize) -> Option<Event> {
    let content_type = binary::header(&parts.headers, "content-type");
    let is_json = media_type(Some(&content_type)).is_ok_and(|media_type| media_type == PLAIN_JSON);
    if is_json {
        complete_event(body, max_attributes)
    } else {
        None
    }
}

fn structured(body: &[u8], max_attributes: usize) -> Result<Event, EventError> {
    Event::from_object(&Object::from_slice_within(body, max_attributes)?, max_attributes)
}

fn complete_event(body: &[u8], max_attributes: usize) -> Option<Event> {
    structured(body, max_attributes).ok()
}

/// An event announced by the `Event` header: a complete CloudEvent in the body is taken as it is (Q71), anything
/// else becomes the data of this one.
fn legacy(event_type: &str, media_type: &str, content_type: &str, body: &[u8], stamp: EventStamp) -> Event {
    let body = coercion::coerce(body, media_type, content_type);
    Event::V0_1(Box::new(Envelope::of_body(stamp, event_type, media_type, body)))
}

/// No event is made before it is known that there are not too many. All have the version of the first.
fn batch(body: &[u8], limits: EventLimits) -> Result<Vec<Event>, EventError> {
    let max_attributes = limits.max_attributes;
    let elements = json::elements_within(body, limits.max_batch_events)?;
    let mut events: Vec<Event> = Vec::with_capacity(elements.len());
    for (index, raw) in elements.into_iter().enumerate() {
        let object = Object::from_raw_within(raw, "event", max_attributes).map_err(EventError::from);
        let event = object.and_then(|object| Event::from_object(&object, max_attributes));
        let event = event.and_then(|event| match events.first() {
            Some(first) if first.specversion() != event.specversion() => {
                Err(AttributeFault::VersionInBatch.of("specversion").into())
            }
            _ => Ok(event),
        });
        events.push(event.map_err(|error| EventError::InBatch {
            index,
            error: Box::new(error),
        })?);
    }
    Ok(events)
}

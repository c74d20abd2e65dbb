//! The envelope of 0.7: that of CloudEvents 0.1, with marks of its own.

use std::collections::BTreeMap;

use super::LegacyVersion::V0_7;
use super::data;
use super::members::{GATEWAY, HTTP, TRANSFORMED, is_generated, payload, text};
use crate::event::{CloudEvent, Envelope, Event, HTTP_REQUEST};
use crate::json::{Json, Object};
use crate::legacy::INVOKE;

/// Mark of 0.7 that today's events do not have.
const TRANSFORMATION_VERSION: &str = "transformation-version";

/// What stood for a time that is not known.
const NO_TIME: &str = "0001-01-01T00:00:00Z";

/// Attributes of CloudEvents 0.3 and 1.0 that have a place of their own in 0.1; all others are extensions.
const KNOWN: [&str; 11] = [
    "specversion",
    "type",
    "source",
    "id",
    "time",
    "datacontenttype",
    "datacontentencoding",
    "dataschema",
    "schemaurl",
    "data",
    "data_base64",
];

/// An event as 0.7 sent it.
pub(super) fn envelope(event: &Event) -> Envelope {
    let mut envelope = match event {
        Event::V0_1(envelope) => of_v0_1(envelope),
        Event::CloudEvent(event) => of_cloud_event(event),
    };
    if envelope.event_time.is_empty() {
        NO_TIME.clone_into(&mut envelope.event_time);
    }
    envelope
}

fn of_v0_1(envelope: &Envelope) -> Envelope {
    let mut old = envelope.clone();
    if !is_generated(envelope) {
        return old;
    }
    let data = envelope.data.clone().unwrap_or_else(Json::null);
    if envelope.event_type == HTTP_REQUEST
        && let Some((data, content_type)) = data::of_request(&data, V0_7)
    {
        HTTP.clone_into(&mut old.event_type);
        old.content_type = content_type;
        old.data = Some(data);
    } else {
        old.data = Some(data::of_body(&data, &envelope.content_type, V0_7));
    }
    let was_marked = old.event_type != HTTP && old.event_type != INVOKE;
    mark(&mut old, was_marked);
    old
}

/// Gives the marks of the gateway the form that they had, or takes them away; what else it says of the event stays.
fn mark(envelope: &mut Envelope, was_marked: bool) {
    let Some(marks) = envelope.extensions.remove(GATEWAY) else {
        return;
    };
    let mut members: BTreeMap<String, Json> = Object::from_raw(marks.as_raw(), GATEWAY)
        .iter()
        .flat_map(Object::members)
        .map(|(name, raw)| (name.to_owned(), Json::from_raw(raw)))
        .collect();
    if was_marked {
        members.insert(TRANSFORMED.to_owned(), Json::from_value(&true));
    } else {
        members.remove(TRANSFORMED);
        members.remove(TRANSFORMATION_VERSION);
    }
    if !members.is_empty() {
        envelope
            .extensions
            .insert(GATEWAY.to_owned(), Json::from_value(&members));
    }
}

fn of_cloud_event(event: &CloudEvent) -> Envelope {
    let schema = [text(event, "dataschema"), text(event, "schemaurl")].concat();
    let others = event.members().filter(|(name, _)| !KNOWN.contains(name));
    Envelope {
        event_type: event.event_type().to_owned(),
        cloud_events_version: "0.1".to_owned(),
        source: text(event, "source"),
        event_id: event.id().to_owned(),
        event_time: text(event, "time"),
        schema_url: schema,
        extensions: others
            .map(|(name, value)| (name.to_owned(), value.clone()))
            .collect(),
        content_type: text(event, "datacontenttype"),
        data: Some(payload(event)),
        ..Envelope::default()
    }
}

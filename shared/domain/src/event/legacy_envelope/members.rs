//! Members of today's events that old envelopes are made of.

use std::borrow::Cow;

use crate::event::{CloudEvent, Envelope};
use crate::json::{Json, Object};

/// Type of the event that a plain HTTP request was, before it became [`HTTP_REQUEST`](crate::event::HTTP_REQUEST).
pub(super) const HTTP: &str = "http";

/// Member of `extensions` that is the gateway's own.
pub(super) const GATEWAY: &str = "eventgateway";

/// Mark of events that the gateway made: a text today, a truth value in 0.7.
pub(super) const TRANSFORMED: &str = "transformed";

/// Whether the gateway made the event: it then says so in the extensions.
pub(super) fn is_generated(envelope: &Envelope) -> bool {
    let marks = envelope.extension(GATEWAY);
    marks
        .and_then(|marks| Object::from_raw(marks.as_raw(), GATEWAY).ok())
        .is_some_and(|marks| matches!(marks.string(TRANSFORMED), Ok(Some(text)) if text == "true"))
}

/// Data of a CloudEvent 0.3 or 1.0, in base64 where it is no text.
pub(super) fn payload(event: &CloudEvent) -> Json {
    let member = event.member("data").or_else(|| event.member("data_base64"));
    member.cloned().unwrap_or_else(Json::null)
}

/// An attribute of a CloudEvent 0.3 or 1.0, empty if it is missing.
pub(super) fn text(event: &CloudEvent, name: &str) -> String {
    let member = event.member(name).and_then(Json::scalar_text);
    member.map(Cow::into_owned).unwrap_or_default()
}

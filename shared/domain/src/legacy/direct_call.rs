//! The direct call of a function (docs/contract.md §7.4): `POST` with `Event: invoke` and `Function-ID`.

use http::request::Parts;
use http::{HeaderMap, Method, header};

use super::INVOKE;
use crate::event::content_type::media_type;
use crate::event::{Envelope, Event, EventError, EventStamp, coercion};
use crate::ids::{FunctionId, Space};

/// Which function a client wants to call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectCall {
    /// The space of the function: that of the header `Space`, `default` without it.
    pub space: Space,
    /// The function, empty if the client names none.
    pub function: FunctionId,
}

/// The direct call that a request is, if it is one.
pub fn direct_call(parts: &Parts) -> Option<DirectCall> {
    let is_one = parts.method == Method::POST && text(&parts.headers, "event") == INVOKE;
    is_one.then(|| DirectCall {
        space: Space::or_default(text(&parts.headers, "space")),
        function: text(&parts.headers, "function-id").into(),
    })
}

/// The event that a directly called function gets: the body, under the type `invoke`. A CloudEvent in the body is data
/// like any other.
pub fn invoke_event(stamp: EventStamp, parts: &Parts, body: &[u8]) -> Result<Event, EventError> {
    let content_type = parts.headers.get(header::CONTENT_TYPE);
    let content_type = content_type.map(|value| String::from_utf8_lossy(value.as_bytes()));
    let content_type = content_type.as_deref().unwrap_or_default();
    let media_type = media_type(Some(content_type))?;
    let body = coercion::coerce(body, &media_type, content_type);
    Ok(Event::V0_1(Box::new(Envelope::of_body(
        stamp,
        INVOKE,
        &media_type,
        body,
    ))))
}

/// The value of a header, empty if it is missing or no text.
fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

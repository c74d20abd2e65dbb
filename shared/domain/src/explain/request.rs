//! What an explanation is asked of.

use crate::event::{Event, EventError, HTTP_REQUEST};
use crate::ids::EventTypeName;
use crate::json::Object;
use crate::resource::{method_or_post, with_leading_slash};

/// An event and the way it comes in. Instead of `eventType`, a body may hold `event`: a CloudEvent, which filters are tried
/// with.
#[derive(Debug, Clone, PartialEq, Eq, utoipa::ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct ExplainRequest {
    /// Type of the event; by default that of a plain HTTP request.
    #[schema(value_type = String, required = false, default = "http.request")]
    pub event_type: EventTypeName,
    /// Method that it comes in with.
    #[schema(required = false, default = "POST")]
    pub method: String,
    /// Path that it comes in on, as sent.
    #[schema(required = false, default = "/")]
    pub path: String,
    /// The event itself, if it was given.
    #[schema(ignore)]
    pub event: Option<Box<Event>>,
}

impl ExplainRequest {
    /// Reads a request body. Method and path are completed like those of a subscription.
    pub fn decode(body: &[u8]) -> Result<Self, EventError> {
        let object = Object::from_first_value(body)?;
        // Whether the event itself may have so many attributes is for the Events API to say.
        let event = object.object("event")?;
        let event = event
            .map(|event| Event::from_object(&event, usize::MAX))
            .transpose()?;
        let event_type = match &event {
            Some(event) => event.event_type().to_owned(),
            None => object.string_or_empty("eventType")?,
        };
        Ok(Self {
            event_type: if event_type.is_empty() {
                HTTP_REQUEST.into()
            } else {
                event_type.into()
            },
            method: method_or_post(&object.string_or_empty("method")?),
            path: with_leading_slash(object.string_or_empty("path")?),
            event: event.map(Box::new),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies() {
        for (body, want) in [
            ("{}", ("http.request", "POST", "/")),
            ("null", ("http.request", "POST", "/")),
            (
                r#"{"METHOD":"get","path":"users/a%20b","eventType":null}"#,
                ("http.request", "GET", "/users/a%20b"),
            ),
            (
                r#"{"eventtype":"user.created","path":"/a"}"#,
                ("user.created", "POST", "/a"),
            ),
            (
                r#"{"event":{"eventType":"t","cloudEventsVersion":"0.1","source":"/s","eventID":"1"}}"#,
                ("t", "POST", "/"),
            ),
            (
                r#"{"eventType":"other","event":{"specversion":"1.0","type":"t","source":"/s","id":"1"}}"#,
                ("t", "POST", "/"),
            ),
        ] {
            let got = ExplainRequest::decode(body.as_bytes()).unwrap();
            let (event_type, method, path) = want;
            assert_eq!(
                (got.event_type.as_str(), got.method.as_str(), got.path.as_str()),
                (event_type, method, path),
                "{body}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read() {
        for body in [
            "",
            "{",
            "[]",
            r#"{"eventType":5}"#,
            r#"{"method":true}"#,
            r#"{"path":{}}"#,
            r#"{"event":"t"}"#,
            r#"{"event":{}}"#,
            r#"{"event":{"specversion":"1.0","type":"t"}}"#,
        ] {
            assert!(ExplainRequest::decode(body.as_bytes()).is_err(), "{body}");
        }
    }
}

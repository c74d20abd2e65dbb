//! What a schema says something of: the data of an event, and the schema that the event itself names.

use std::borrow::Cow;

use super::Event;
use crate::json::{Json, kind};

/// The data of an event, as a schema sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckedData<'a> {
    /// There is none.
    Nothing,
    /// A JSON value; text that is no JSON is a JSON string.
    Json(&'a Json),
    /// Bytes that are no JSON.
    Bytes,
}

impl Event {
    /// Its data, as a schema sees it.
    pub fn checked_data(&self) -> CheckedData<'_> {
        let (data, is_binary) = match self {
            Self::V0_1(envelope) => (envelope.data.as_ref(), false),
            Self::CloudEvent(event) => {
                let is_set = |name: &str| {
                    event
                        .member(name)
                        .is_some_and(|value| kind(value.as_raw()) != "null")
                };
                (
                    event.member("data"),
                    is_set("data_base64") || is_set("datacontentencoding"),
                )
            }
        };
        match data {
            _ if is_binary => CheckedData::Bytes,
            Some(data) => CheckedData::Json(data),
            None => CheckedData::Nothing,
        }
    }

    /// The URI of the schema that it names for its data, if it does: `dataschema`, or `schemaurl` and `schemaURL` in older
    /// versions.
    pub fn data_schema(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::V0_1(envelope) => Some(envelope.schema_url.as_str())
                .filter(|url| !url.is_empty())
                .map(Cow::Borrowed),
            Self::CloudEvent(event) => {
                let member = event.member("dataschema").or_else(|| event.member("schemaurl"));
                member.and_then(Json::scalar_text)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;
    use crate::event::{CLOUDEVENTS_JSON, EventLimits, EventStamp, Incoming, decode};

    fn event(body: &str) -> Event {
        let request = Request::post("/")
            .header("content-type", CLOUDEVENTS_JSON)
            .body(());
        let (parts, ()) = request.unwrap().into_parts();
        let stamp = || EventStamp {
            id: "i".into(),
            time: "2026-01-01T00:00:00Z".into(),
        };
        let limits = EventLimits {
            max_attributes: 64,
            max_batch_events: 8,
        };
        match decode(&parts, &bytes::Bytes::from(body.to_owned()), limits, stamp).unwrap() {
            Incoming::Event(event) => event,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn data_and_schema_of_each_version() {
        let json = |text: &str| serde_json::from_str::<Json>(text).unwrap();
        let new = r#""specversion":"1.0","type":"t","source":"s","id":"i""#;
        let old = r#""specversion":"0.3","type":"t","source":"s","id":"i""#;
        let oldest = r#""cloudEventsVersion":"0.1","eventType":"t","source":"/s","eventID":"i""#;
        for (members, want, schema) in [
            (
                format!(r#"{new},"data":{{"a":1}},"dataschema":"urn:a""#),
                Some(r#"{"a":1}"#),
                Some("urn:a"),
            ),
            (
                format!(r#"{old},"data":[1],"schemaurl":"/b""#),
                Some("[1]"),
                Some("/b"),
            ),
            (
                format!(r#"{oldest},"data":"x","schemaURL":"urn:c""#),
                Some("\"x\""),
                Some("urn:c"),
            ),
            (new.to_string(), None, None),
        ] {
            let event = event(&format!("{{{members}}}"));
            let want = want.map(json);
            let want = want.as_ref().map_or(CheckedData::Nothing, CheckedData::Json);
            assert_eq!(event.checked_data(), want, "{members}");
            assert_eq!(event.data_schema().as_deref(), schema);
        }
        let bytes = event(&format!(r#"{{{new},"data_base64":"YQ=="}}"#));
        assert_eq!(bytes.checked_data(), CheckedData::Bytes);
    }
}

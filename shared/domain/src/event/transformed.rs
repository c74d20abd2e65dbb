//! Events as transforms see them, and what becomes of what transforms give (docs/transforms.md).

use super::{CloudEvent, Envelope, Event, EventError};
use crate::json::{Json, JsonError, Object, kind, raw_value};

/// Media type of what transforms give.
const JSON: &str = "application/json";

/// Attributes that a transform may leave out of an event that it gives.
const KEPT: [&str; 3] = ["id", "source", "type"];

/// Most members of an event that a transform gives.
const MOST_MEMBERS: usize = 1000;

/// Why what a transform gives is no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransformedError {
    /// It is not JSON that can be read.
    #[error("what the transform gives cannot be read: {0}")]
    Json(#[from] JsonError),
    /// It says that it is a CloudEvent, and is none.
    #[error("the transform gives no valid event: {0}")]
    Event(#[from] EventError),
}

impl Event {
    /// The event as transforms see it: a CloudEvent 1.0 in JSON, attributes at the top and the payload below.
    pub fn to_transform(&self) -> String {
        let json = Self::CloudEvent(self.to_cloud_event_1_0()).to_json();
        String::from_utf8(json).unwrap_or_default()
    }

    /// The event that a function gets of what a transform gave. An object with `specversion` is a whole event; of the
    /// attributes that every event has, what it leaves out stays. Anything else is the payload.
    pub fn transformed(&self, json: &str) -> Result<Self, TransformedError> {
        let raw = raw_value(json.as_bytes()).ok_or(JsonError::Truncated)?;
        if kind(raw) == "object" {
            let object = Object::from_slice_within(json.as_bytes(), MOST_MEMBERS);
            match object {
                Ok(object) if CloudEvent::is_one(&object) => return self.completed(&object),
                // So many members are those of a payload.
                Ok(_) | Err(JsonError::TooManyMembers { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let mut event = self.clone();
        let data = Json::from_raw(raw);
        match &mut event {
            Self::V0_1(envelope) => envelope.set_transformed(data),
            Self::CloudEvent(event) => event.set_transformed(data),
        }
        Ok(event)
    }

    fn completed(&self, given: &Object<'_>) -> Result<Self, TransformedError> {
        let own = self.to_cloud_event_1_0();
        let is_given = |name: &str| given.members().any(|(known, _)| known == name);
        let mut json = String::from("{");
        let mut add = |name: &str, value: &str| {
            if json.len() > 1 {
                json.push(',');
            }
            json.push_str(Json::from_value(name).get());
            json.push(':');
            json.push_str(value);
        };
        for (name, value) in given.members() {
            add(name, value.get());
        }
        for (name, value) in own.members() {
            if KEPT.contains(&name) && !is_given(name) {
                add(name, value.get());
            }
        }
        json.push('}');
        let whole = Object::from_slice(json.as_bytes())?;
        Ok(Self::from_object(&whole, MOST_MEMBERS)?)
    }
}

impl Envelope {
    /// Replaces the payload. What the event said of the form of the old one is gone.
    fn set_transformed(&mut self, data: Json) {
        self.data = Some(data);
        self.is_replaced = true;
        JSON.clone_into(&mut self.content_type);
        self.schema_url.clear();
        self.extensions
            .retain(|name, _| !name.eq_ignore_ascii_case("datacontentencoding"));
    }
}

impl CloudEvent {
    /// Replaces the payload. What the event said of the form of the old one is gone.
    fn set_transformed(&mut self, data: Json) {
        for gone in [
            "data",
            "data_base64",
            "datacontentencoding",
            "dataschema",
            "schemaurl",
        ] {
            self.remove(gone);
        }
        self.set("datacontenttype", Json::from_value(JSON));
        self.set("data", data);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(json: &str) -> Event {
        serde_json::from_str(json).unwrap()
    }

    fn text(event: &Event) -> String {
        String::from_utf8(event.to_json()).unwrap()
    }

    const OLD: &str = r#"{"eventType":"a.b","cloudEventsVersion":"0.1","source":"s","eventID":"1","schemaURL":"http://s","extensions":{"dataContentEncoding":"base64","x":1},"contentType":"text/plain","data":"QQ=="}"#;
    const NEW: &str = r#"{"specversion":"1.0","type":"a.b","source":"s","id":"1","x":"y","dataschema":"http://s","data_base64":"QQ=="}"#;

    #[test]
    fn transforms_see_a_cloud_event() {
        for (json, want) in [
            (
                r#"{"eventType":"a.b","cloudEventsVersion":"0.1","source":"s","eventID":"1","data":{"n":1.50}}"#,
                r#"{"specversion":"1.0","type":"a.b","source":"s","id":"1","data":{"n":1.50}}"#,
            ),
            (NEW, NEW),
        ] {
            assert_eq!(event(json).to_transform(), want);
        }
    }

    #[test]
    fn a_payload_replaces_the_payload() {
        for (json, given, want) in [
            (
                OLD,
                r#"{"n": 1.50}"#,
                r#"{"eventType":"a.b","cloudEventsVersion":"0.1","source":"s","eventID":"1","extensions":{"x":1},"contentType":"application/json","data":{"n": 1.50}}"#,
            ),
            (
                NEW,
                "[12345678901234567890]",
                r#"{"specversion":"1.0","type":"a.b","source":"s","id":"1","x":"y","datacontenttype":"application/json","data":[12345678901234567890]}"#,
            ),
            (
                NEW,
                "null",
                r#"{"specversion":"1.0","type":"a.b","source":"s","id":"1","x":"y","datacontenttype":"application/json","data":null}"#,
            ),
        ] {
            assert_eq!(text(&event(json).transformed(given).unwrap()), want, "{given}");
        }
    }

    #[test]
    fn a_whole_event_replaces_the_event() {
        for json in [OLD, NEW] {
            let made = event(json).transformed(r#"{"specversion": "1.0", "type": "c", "data": 1.0}"#);
            let want = r#"{"specversion":"1.0","type":"c","data":1.0,"source":"s","id":"1"}"#;
            assert_eq!(text(&made.unwrap()), want);
        }
        for given in [
            r#"{"specversion": "7"}"#,
            r#"{"specversion": "1.0", "type": ""}"#,
            r#"{"specversion": "1.0", "Bad-Name": 1}"#,
            r#"{"specversion": "1.0", "data": 1, "data_base64": "QQ=="}"#,
        ] {
            let error = event(NEW).transformed(given).unwrap_err();
            assert!(matches!(error, TransformedError::Event(_)), "{given}: {error}");
        }
    }
}

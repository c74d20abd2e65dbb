//! An event as filters see it: the JSON form of CloudEvents 1.0, whatever version it came in and its function gets.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use filters::{Scalar, Subject};
use serde_json::value::RawValue;

use super::{CloudEvent, Event, HTTP_REQUEST};
use crate::json::{Json, Object, kind, string};

/// Members of an event that are no context attributes.
const PAYLOAD: [&str; 2] = ["data", "data_base64"];

/// An event as filters see it. It is made for an event that somebody has filters for, once.
#[derive(Debug)]
pub struct FilterSubject<'a> {
    attributes: Cow<'a, CloudEvent>,
    data: Option<Cow<'a, RawValue>>,
    /// Where it takes long to find or to read an attribute, which filters do once for each of their conditions.
    found: Option<Box<Found>>,
}

/// So many attributes are looked for one after the other.
const FEW: usize = 32;

/// Attributes that were found and read.
#[derive(Debug)]
struct Found {
    /// Their places among the members. Of names that stand twice the first counts, as for whoever looks for it.
    places: HashMap<String, usize>,
    /// The texts that are written with escapes.
    decoded: HashMap<usize, String>,
}

impl Found {
    /// Those of an event; `None` where it is not worth it.
    fn of(event: &CloudEvent) -> Option<Box<Self>> {
        let is_escaped = |name: &str, value: &Json| {
            let text = value.get();
            text.starts_with('"') && !PAYLOAD.contains(&name) && text.contains('\\')
        };
        if event.members().len() <= FEW && !event.members().any(|(name, value)| is_escaped(name, value)) {
            return None;
        }
        let (mut places, mut decoded) = (HashMap::new(), HashMap::new());
        for (at, (name, value)) in event.members().enumerate() {
            places.entry(name.to_owned()).or_insert(at);
            if is_escaped(name, value)
                && let Ok(text) = string(value.as_raw(), "")
            {
                decoded.insert(at, text.into_owned());
            }
        }
        Some(Box::new(Self { places, decoded }))
    }
}

impl<'a> FilterSubject<'a> {
    /// Of an event. The headers of a request are in its data by the names that its function sees and, beside these, by
    /// their names in lower case.
    pub fn of(event: &'a Event) -> Self {
        let attributes = event.attributes_1_0();
        let data = match event {
            Event::V0_1(envelope) => {
                let is_base64 = envelope.marked_bytes().is_some();
                envelope.data.as_ref().filter(|_| !is_base64).map(Json::as_raw)
            }
            Event::CloudEvent(event) => {
                let is_base64 = attributes.member("data_base64").is_some();
                event.member("data").filter(|_| !is_base64).map(Json::as_raw)
            }
        };
        let data = data.map(|data| {
            let is_request = event.event_type() == HTTP_REQUEST;
            let whole = is_request.then(|| with_lower_case_headers(data)).flatten();
            whole.map_or(Cow::Borrowed(data), Cow::Owned)
        });
        let found = Found::of(&attributes);
        Self {
            attributes,
            data,
            found,
        }
    }
}

impl Subject for FilterSubject<'_> {
    fn attribute(&self, name: &str) -> Option<Scalar<'_>> {
        if PAYLOAD.contains(&name) {
            return None;
        }
        let Some(found) = &self.found else {
            return scalar(self.attributes.member(name)?);
        };
        let at = *found.places.get(name)?;
        match found.decoded.get(&at) {
            Some(text) => Some(Scalar::String(Cow::Borrowed(text))),
            None => scalar(self.attributes.member_at(at)?),
        }
    }

    fn each_attribute(&self, visit: &mut dyn FnMut(&str, Scalar<'_>)) {
        for (at, (name, value)) in self.attributes.members().enumerate() {
            let decoded = self.found.as_ref().and_then(|found| found.decoded.get(&at));
            let value = match decoded {
                Some(text) => Some(Scalar::String(Cow::Borrowed(text.as_str()))),
                None => scalar(value),
            };
            if !PAYLOAD.contains(&name)
                && let Some(value) = value
            {
                visit(name, value);
            }
        }
    }

    fn data(&self) -> Option<&RawValue> {
        self.data.as_deref()
    }
}

/// An attribute that is `null` is not set.
fn scalar(value: &Json) -> Option<Scalar<'_>> {
    match kind(value.as_raw()) {
        "string" => string(value.as_raw(), "").ok().map(Scalar::String),
        "number" => Some(Scalar::Number(Cow::Borrowed(value.get()))),
        "bool" => Some(Scalar::Bool(value.get() == "true")),
        _ => None,
    }
}

/// The data of a request with each header once more by its name in lower case; `None` where that changes nothing.
fn with_lower_case_headers(data: &RawValue) -> Option<Box<RawValue>> {
    let object = Object::from_raw(data, "data").ok()?;
    let (_, headers) = object.members().find(|(name, _)| *name == "headers")?;
    let headers = Object::from_raw(headers, "headers").ok()?;
    let known: HashSet<&str> = headers.members().map(|(name, _)| name).collect();
    let lower: Vec<(String, &RawValue)> = headers
        .members()
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .filter(|(name, _)| !known.contains(name.as_str()))
        .collect();
    if lower.is_empty() {
        return None;
    }
    let own = headers.members();
    let all = own.chain(lower.iter().map(|(name, value)| (name.as_str(), *value)));
    let mut headers_text = String::new();
    write_object(&mut headers_text, all.map(|(name, value)| (name, value.get())));
    let mut whole = String::with_capacity(data.get().len() + headers_text.len());
    let members = object.members().map(|(name, value)| match name {
        "headers" => (name, headers_text.as_str()),
        _ => (name, value.get()),
    });
    write_object(&mut whole, members);
    RawValue::from_string(whole).ok()
}

fn write_object<'m>(text: &mut String, members: impl Iterator<Item = (&'m str, &'m str)>) {
    text.push('{');
    for (at, (name, value)) in members.enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(Json::from_value(name).get());
        text.push(':');
        text.push_str(value);
    }
    text.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(json: &str) -> Event {
        serde_json::from_str(json).unwrap()
    }

    fn seen(event: &Event) -> (Vec<String>, Option<String>) {
        let subject = FilterSubject::of(event);
        let mut attributes = Vec::new();
        subject.each_attribute(&mut |name, value| {
            assert_eq!(subject.attribute(name).as_ref(), Some(&value), "{name}");
            let text = match value {
                Scalar::Null => "null".to_owned(),
                Scalar::Bool(value) => value.to_string(),
                Scalar::Number(text) => text.into_owned(),
                Scalar::String(text) => format!("{text:?}"),
            };
            attributes.push(format!("{name}={text}"));
        });
        attributes.sort_unstable();
        (attributes, subject.data().map(|data| data.get().to_owned()))
    }

    #[test]
    fn events_look_alike_whatever_their_version() {
        let attributes = [
            "datacontenttype=\"application/json\"",
            "dataschema=\"http://s/1\"",
            "id=\"1\"",
            "region=\"eu\"",
            "source=\"/s\"",
            "specversion=\"1.0\"",
            "time=\"2026-01-02T03:04:05Z\"",
            "type=\"t\"",
        ];
        for json in [
            r#"{"cloudEventsVersion":"0.1","eventType":"t","source":"/s","eventID":"1","contentType":"application/json",
                "eventTime":"2026-01-02T03:04:05Z","schemaURL":"http://s/1","extensions":{"Region":"eu"},"data":{"a": 1.0}}"#,
            r#"{"specversion":"0.3","type":"t","source":"/s","id":"1","datacontenttype":"application/json",
                "time":"2026-01-02T03:04:05Z","schemaurl":"http://s/1","region":"eu","data":{"a": 1.0}}"#,
            r#"{"specversion":"1.0","type":"t","source":"/s","id":"1","datacontenttype":"application/json",
                "time":"2026-01-02T03:04:05Z","dataschema":"http://s/1","region":"eu","subject":null,"data":{"a": 1.0}}"#,
        ] {
            let (seen, data) = seen(&event(json));
            assert_eq!(seen, attributes, "{json}");
            assert_eq!(data.as_deref(), Some(r#"{"a": 1.0}"#), "{json}");
        }
    }

    #[test]
    fn data_that_is_no_json_is_not_there() {
        for json in [
            r#"{"specversion":"1.0","type":"t","source":"/s","id":"1","data_base64":"AAE="}"#,
            r#"{"specversion":"0.3","type":"t","source":"/s","id":"1","datacontentencoding":"base64","data":"AAE="}"#,
            r#"{"cloudEventsVersion":"0.1","eventType":"t","source":"/s","eventID":"1",
                "extensions":{"datacontentencoding":"base64"},"data":"AAE="}"#,
            r#"{"specversion":"1.0","type":"t","source":"/s","id":"1"}"#,
        ] {
            let event = event(json);
            let subject = FilterSubject::of(&event);
            assert!(subject.data().is_none(), "{json}");
            for name in ["data", "data_base64", "datacontentencoding", "missing"] {
                assert_eq!(subject.attribute(name), None, "{name} {json}");
            }
        }
    }

    #[test]
    fn types_of_attributes() {
        let event = event(
            r#"{"specversion":"1.0","type":"t\u00e9","source":"/s","id":"1","num":-7,"flag":true,"nothing":null}"#,
        );
        let subject = FilterSubject::of(&event);
        let number = Scalar::Number("-7".into());
        assert_eq!(subject.attribute("num"), Some(number));
        assert_eq!(subject.attribute("flag"), Some(Scalar::Bool(true)));
        assert_eq!(subject.attribute("nothing"), None);
        assert_eq!(subject.attribute("type"), Some(Scalar::String("té".into())));
    }

    #[test]
    fn what_many_conditions_ask_for_is_read_once() {
        let many = scaling::pieces(FEW, |n| format!(r#","a{n}":"v{n}""#));
        for extra in ["", many.as_str()] {
            let event = event(&format!(
                r#"{{"specversion":"1.0","type":"t","source":"/s","id":"1","long":"{}","n":1{extra}}}"#,
                r#"\""#.repeat(1000)
            ));
            let subject = FilterSubject::of(&event);
            let wanted = "\"".repeat(1000);
            let Some(Scalar::String(Cow::Borrowed(text))) = subject.attribute("long") else {
                panic!("it is decoded again each time")
            };
            assert_eq!(text, wanted);
            assert_eq!(subject.attribute("n"), Some(Scalar::Number("1".into())));
            assert_eq!(subject.attribute("missing"), None);
            assert_eq!(subject.attribute("type"), Some(Scalar::String("t".into())));
            subject.each_attribute(&mut |name, value| {
                assert_eq!(subject.attribute(name).as_ref(), Some(&value), "{name}");
            });
        }
    }

    #[test]
    fn conditions_take_time_by_their_number_whatever_the_attributes() {
        let event_of = |count: usize| {
            let attributes = scaling::pieces(count, |n| format!(r#","a{n}":"\"""#));
            event(&format!(
                r#"{{"specversion":"1.0","type":"t","source":"/s","id":"1"{attributes}}}"#
            ))
        };
        scaling::assert_linear("attributes", 400, event_of, |event| {
            let subject = FilterSubject::of(event);
            let asked =
                (0..event.json_bytes() / 16).filter(|n| subject.attribute(&format!("a{n}")).is_some());
            asked.count()
        });
    }

    #[test]
    fn headers_have_both_spellings() {
        let of = |headers: &str| {
            let json = format!(
                r#"{{"specversion":"1.0","type":"http.request","source":"/s","id":"1","data":{{"headers":{headers},"path":"/"}}}}"#
            );
            FilterSubject::of(&event(&json)).data().unwrap().get().to_owned()
        };
        assert_eq!(
            of(r#"{"X-Canary":"1","accept":"a"}"#),
            r#"{"headers":{"X-Canary":"1","accept":"a","x-canary":"1"},"path":"/"}"#
        );
        for same in [r#"{"accept":"a"}"#, "{}", "[1]", "null"] {
            assert_eq!(of(same), format!(r#"{{"headers":{same},"path":"/"}}"#));
        }
        // Of events of other types nothing is read.
        let other =
            event(r#"{"specversion":"1.0","type":"t","source":"/s","id":"1","data":{"headers":{"A":1}}}"#);
        assert_eq!(
            FilterSubject::of(&other).data().unwrap().get(),
            r#"{"headers":{"A":1}}"#
        );
    }

    #[test]
    fn headers_take_time_by_their_number() {
        let event_of = |count: usize| {
            let headers: Vec<_> = (0..count)
                .map(|n| format!(r#""X-{n}":"v","y-{n}":"v""#))
                .collect();
            event(&format!(
                r#"{{"specversion":"1.0","type":"http.request","source":"/s","id":"1","data":{{"headers":{{{}}}}}}}"#,
                headers.join(",")
            ))
        };
        scaling::assert_linear("headers", 400, event_of, |event| {
            FilterSubject::of(event).data().map(|data| data.get().len())
        });
    }
}

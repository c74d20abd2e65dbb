//! Paths into events, such as `data.customer.id`: what keys of streams and groups of queues are taken from.

use serde_json::value::RawValue;

use super::{CloudEvent, Envelope, Event};
use crate::json::{Json, kind, member_at};

/// Most bytes of a path.
const MOST_BYTES: usize = 256;

/// An attribute by the names it has in any version of CloudEvents.
struct Attribute {
    names: &'static [&'static str],
    of_envelope: fn(&Envelope) -> Option<&str>,
}

/// Every attribute. Each of its names stands for it in events of every version.
const ATTRIBUTES: [Attribute; 8] = [
    Attribute {
        names: &["id", "eventID"],
        of_envelope: |envelope| Some(&envelope.event_id),
    },
    Attribute {
        names: &["source"],
        of_envelope: |envelope| Some(&envelope.source),
    },
    Attribute {
        names: &["type", "eventType"],
        of_envelope: |envelope| Some(&envelope.event_type),
    },
    Attribute {
        names: &["specversion", "cloudEventsVersion"],
        of_envelope: |envelope| Some(&envelope.cloud_events_version),
    },
    Attribute {
        names: &["time", "eventTime"],
        of_envelope: |envelope| Some(&envelope.event_time),
    },
    Attribute {
        names: &["dataschema", "schemaurl", "schemaURL"],
        of_envelope: |envelope| Some(&envelope.schema_url),
    },
    Attribute {
        names: &["datacontenttype", "contentType"],
        of_envelope: |envelope| Some(&envelope.content_type),
    },
    // 0.1 has none; producers put it into the extensions.
    Attribute {
        names: &["subject"],
        of_envelope: |_| None,
    },
];

/// Members of later events that are neither attributes nor extensions.
const PAYLOAD: [&str; 3] = ["data", "data_base64", "datacontentencoding"];

/// Whether a text is a path that an event can have something at: the name of an attribute in any version of CloudEvents
/// (`type` or `eventType`), `data`, or the names of members below `data` or `extensions`, with dots between them.
pub fn is_event_path(path: &str) -> bool {
    let well_formed = |name: &str| !name.is_empty() && !name.chars().any(|c| c.is_control() || c == ' ');
    if path.len() > MOST_BYTES || !path.split('.').all(well_formed) {
        return false;
    }
    match path.split_once('.') {
        Some((first, _)) => matches!(first, "data" | "extensions"),
        None => path == "data" || attribute(path).is_some(),
    }
}

impl Event {
    /// The text at a path (see [`is_event_path`]): strings as they are, numbers with the digits they came with, `true`
    /// and `false`. `None` where there is nothing, `null`, an object or an array, and below `data` that is not JSON.
    pub fn text_at(&self, path: &str) -> Option<String> {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let value = match first {
            "data" => self.json_data()?,
            "extensions" => {
                let (name, rest) = rest.split_once('.').unwrap_or((rest, ""));
                let named_otherwise = PAYLOAD.contains(&name) || attribute(name).is_some();
                if matches!(self, Self::CloudEvent(_)) && named_otherwise {
                    return None;
                }
                return text(below(self.extension(name)?.as_raw(), rest)?);
            }
            name if rest.is_empty() => return self.attribute(attribute(name)?),
            _ => return None,
        };
        text(below(value, rest)?)
    }

    fn attribute(&self, attribute: &Attribute) -> Option<String> {
        match self {
            Self::V0_1(envelope) => match (attribute.of_envelope)(envelope) {
                Some(text) => (!text.is_empty()).then(|| text.to_owned()),
                None => text(envelope.extension(attribute.names[0])?.as_raw()),
            },
            Self::CloudEvent(event) => {
                let member = attribute.names.iter().find_map(|name| event.member(name));
                text(member?.as_raw())
            }
        }
    }

    /// The payload, unless it is bytes in base64.
    fn json_data(&self) -> Option<&RawValue> {
        match self {
            Self::V0_1(envelope) => envelope.data.as_ref().map(Json::as_raw),
            Self::CloudEvent(event) if is_encoded(event) => None,
            Self::CloudEvent(event) => event.member("data").map(Json::as_raw),
        }
    }
}

/// Whether the `data` of a 0.3 event is base64.
fn is_encoded(event: &CloudEvent) -> bool {
    let encoding = event.member("datacontentencoding");
    encoding.is_some_and(|json| json.get().eq_ignore_ascii_case("\"base64\""))
}

fn attribute(name: &str) -> Option<&'static Attribute> {
    ATTRIBUTES
        .iter()
        .find(|attribute| attribute.names.contains(&name))
}

/// The member at the end of names with dots between them; of duplicates the last, as everywhere.
fn below<'a>(value: &'a RawValue, names: &str) -> Option<&'a RawValue> {
    let names = names.split('.').filter(|name| !name.is_empty());
    member_at(value, &names.collect::<Vec<_>>())
}

fn text(value: &RawValue) -> Option<String> {
    match kind(value) {
        "string" => serde_json::from_str(value.get()).ok(),
        "number" | "bool" => Some(value.get().to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(json: &str) -> Event {
        serde_json::from_str(json).unwrap()
    }

    const V1: &str = r#"{"specversion":"1.0","id":"1","source":"/shop","type":"order.placed","subject":"7",
        "time":"2026-01-02T03:04:05Z","partitionkey":"p","data_base64":null,
        "data":{"n":12345678901234567890.10,"b":true,"s":"a\"\u00e9","nil":null,"o":{"id":"x","id":"y"},"l":[1],"e":""}}"#;
    const V0_1: &str = r#"{"eventType":"order.placed","cloudEventsVersion":"0.1","source":"/shop","eventID":"1",
        "extensions":{"partitionKey":"p","subject":"7","deep":{"a":[{}],"b":5e3}},"data":{"n":1.50}}"#;

    #[test]
    fn texts() {
        for (json, path, want) in [
            (V1, "id", Some("1")),
            (V1, "eventID", Some("1")),
            (V1, "type", Some("order.placed")),
            (V1, "eventType", Some("order.placed")),
            (V1, "source", Some("/shop")),
            (V1, "subject", Some("7")),
            (V1, "eventTime", Some("2026-01-02T03:04:05Z")),
            (V1, "dataschema", None),
            (V1, "extensions.partitionkey", Some("p")),
            (V1, "extensions.partitionkey.x", None),
            (V1, "extensions.missing", None),
            (V1, "extensions.source", None),
            (V1, "extensions.data", None),
            (V1, "data", None),
            (V1, "data.n", Some("12345678901234567890.10")),
            (V1, "data.b", Some("true")),
            (V1, "data.s", Some("a\"é")),
            (V1, "data.e", Some("")),
            (V1, "data.S", None),
            (V1, "data.nil", None),
            (V1, "data.o", None),
            (V1, "data.l", None),
            (V1, "data.l.0", None),
            (V1, "data.o.id", Some("y")),
            (V1, "data.s.x", None),
            (V0_1, "type", Some("order.placed")),
            (V0_1, "eventType", Some("order.placed")),
            (V0_1, "specversion", Some("0.1")),
            (V0_1, "subject", Some("7")),
            (V0_1, "time", None),
            (V0_1, "extensions.partitionkey", Some("p")),
            (V0_1, "extensions.deep.b", Some("5e3")),
            (V0_1, "extensions.deep.a", None),
            (V0_1, "data.n", Some("1.50")),
            (V0_1, "nonsense", None),
            (V0_1, "source.x", None),
            (V0_1, "extensions", None),
            (V0_1, "", None),
        ] {
            assert_eq!(event(json).text_at(path).as_deref(), want, "{path} of {json}");
        }
    }

    #[test]
    fn payloads_that_are_not_json_have_no_members() {
        let with = |members: &str, version: &str| {
            event(&format!(
                r#"{{"specversion":"{version}","id":"1","source":"/s","type":"t",{members}}}"#
            ))
        };
        let encoded = with(r#""datacontentencoding":"base64","data":"e30=""#, "0.3");
        assert_eq!(encoded.text_at("data"), None);
        assert_eq!(with(r#""data_base64":"e30=""#, "1.0").text_at("data"), None);
        assert_eq!(with(r#""data":7"#, "1.0").text_at("data").as_deref(), Some("7"));
        assert_eq!(with(r#""data":7"#, "1.0").text_at("data.x"), None);
    }

    #[test]
    fn nonsense_is_no_path() {
        for path in [
            "id",
            "eventID",
            "source",
            "type",
            "subject",
            "data",
            "data.customer.id",
            "data.größe",
            "extensions.partitionkey",
            "extensions.eventgateway.delivery.id",
        ] {
            assert!(is_event_path(path), "{path}");
        }
        let long = format!("data.{}", "x".repeat(MOST_BYTES));
        for path in [
            "",
            ".",
            "data.",
            ".data",
            "data..id",
            "$.data.id",
            "extensions",
            "source.x",
            "customer.id",
            "partitionkey",
            "data.a b",
            "data.\n",
            "data_base64",
            &long,
        ] {
            assert!(!is_event_path(path), "{path}");
        }
    }
}

//! The schema of Event Grid: always a list, here of one event.
//!
//! | member | value |
//! |---|---|
//! | `id`, `eventType`, `eventTime`, `data` | those of the event; the time of the call where the event has none |
//! | `subject` | that of the event, its source if it has none |
//! | `dataVersion` | `eventTypeVersion` of the event, 1.0 if it has none |
//! | `topic`, `metadataVersion` | the source and 1, as Event Grid sets them; it takes none of them from publishers |

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use clocks::epoch_millis;
use domain::event::{CloudEvent, Event};
use domain::json::Json;
use serde::Serialize;

const METADATA_VERSION: &str = "1";
const DATA_VERSION: &str = "1.0";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventGridEvent<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'a str>,
    subject: &'a str,
    event_type: &'a str,
    event_time: String,
    data: Option<&'a Json>,
    data_version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata_version: Option<&'a str>,
}

/// The event as publishers send it to a topic.
pub(crate) fn published(event: &Event) -> Vec<u8> {
    list(&event.to_cloud_event_1_0(), false, now)
}

/// The event as Event Grid delivers it to a function.
pub(crate) fn delivered(event: &Event) -> Vec<u8> {
    list(&event.to_cloud_event_1_0(), true, now)
}

fn list(event: &CloudEvent, is_delivered: bool, now: impl FnOnce() -> String) -> Vec<u8> {
    let text = |name| event.attribute(name).filter(|text| !text.is_empty());
    let source = event.attribute("source").unwrap_or_default();
    let subject = text("subject");
    let data_version = text("eventtypeversion");
    let event = EventGridEvent {
        id: event.id(),
        topic: is_delivered.then_some(&source),
        subject: subject.as_deref().unwrap_or(&source),
        event_type: event.event_type(),
        event_time: event.time().unwrap_or_else(now),
        data: event.data(),
        data_version: data_version.as_deref().unwrap_or(DATA_VERSION),
        metadata_version: is_delivered.then_some(METADATA_VERSION),
    };
    // Structs of texts do not fail to become JSON.
    serde_json::to_vec(&[event]).unwrap_or_default()
}

/// Now, RFC 3339, to the millisecond: Event Grid does not read nanoseconds.
fn now() -> String {
    let millis = i64::try_from(epoch_millis()).unwrap_or(i64::MAX);
    // Fails for years of five digits only.
    DateTime::from_millis(millis)
        .fmt(Format::DateTime)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(event: &str, is_delivered: bool) -> String {
        let event: Event = serde_json::from_str(event).unwrap();
        let list = list(&event.to_cloud_event_1_0(), is_delivered, || "NOW".to_owned());
        String::from_utf8(list).unwrap()
    }

    #[test]
    fn both_directions() {
        let event =
            r#"{"eventType":"t","cloudEventsVersion":"0.1","source":"/s","eventID":"1","data":{"n":1.10}}"#;
        assert_eq!(
            text(event, false),
            r#"[{"id":"1","subject":"/s","eventType":"t","eventTime":"NOW","data":{"n":1.10},"dataVersion":"1.0"}]"#
        );
        assert_eq!(
            text(event, true),
            r#"[{"id":"1","topic":"/s","subject":"/s","eventType":"t","eventTime":"NOW","data":{"n":1.10},"dataVersion":"1.0","metadataVersion":"1"}]"#
        );
    }

    #[test]
    fn attributes_that_an_event_may_have() {
        for (event, want) in [
            (
                r#"{"eventType":"t","eventTypeVersion":"2","cloudEventsVersion":"0.1","source":"/s","eventID":"1","eventTime":"2018-08-18T10:00:00Z","extensions":{"subject":"x"}}"#,
                r#"[{"id":"1","subject":"x","eventType":"t","eventTime":"2018-08-18T10:00:00Z","data":null,"dataVersion":"2"}]"#,
            ),
            (
                r#"{"specversion":"1.0","type":"t","source":"s","id":"1","subject":"a/b","time":"2018-08-18T10:00:00.50+02:00","data":[12345678901234567890]}"#,
                r#"[{"id":"1","subject":"a/b","eventType":"t","eventTime":"2018-08-18T10:00:00.5+02:00","data":[12345678901234567890],"dataVersion":"1.0"}]"#,
            ),
            (
                r#"{"specversion":"0.3","type":"t","source":"s","id":"1","subject":"","datacontentencoding":"base64","data":"AAE="}"#,
                r#"[{"id":"1","subject":"s","eventType":"t","eventTime":"NOW","data":"AAE=","dataVersion":"1.0"}]"#,
            ),
        ] {
            assert_eq!(text(event, false), want);
        }
    }

    #[test]
    fn work_is_linear() {
        let list = |n: usize, name: &dyn Fn(usize) -> String| {
            (0..n)
                .map(|i| format!(r#""{}":1.5"#, name(i)))
                .collect::<Vec<_>>()
                .join(",")
        };
        for (shape, name) in [
            ("many names", &(|i| format!("a{i}")) as &dyn Fn(usize) -> String),
            // Of each, 1.0 leaves the same name.
            ("names that become one", &|i| {
                format!("a{}", "-".repeat(i % 50) + &"_".repeat(i / 50))
            }),
        ] {
            let event = |n: usize| -> Event {
                let extensions = list(n, name);
                let text = format!(
                    r#"{{"eventType":"t","cloudEventsVersion":"0.1","source":"/s","eventID":"1","extensions":{{{extensions}}}}}"#
                );
                serde_json::from_str(&text).unwrap()
            };
            scaling::assert_linear(shape, 400, event, |event| (published(event), delivered(event)));
        }
    }

    #[test]
    fn the_time_has_milliseconds_at_most() {
        let now = now();
        let fraction = now.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        assert!(
            now.starts_with("20") && now.ends_with('Z') && fraction <= 4,
            "{now}"
        );
    }
}

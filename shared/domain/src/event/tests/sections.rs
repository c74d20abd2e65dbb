//! CloudEvents 1.0.2 and 0.3 section by section: what is taken as what, and what is refused by the name of its attribute.
//! The tables are those of the attributes, of the HTTP binding and of the JSON format.

use super::*;

mod attributes;
mod http_binding;
mod json_format;
mod outbound;

/// What becomes of an event.
enum Want<'a> {
    /// It is taken as it came.
    Same,
    /// It is taken, as this JSON.
    Is(&'a str),
    /// It is refused, with a text that has this in it.
    Refused(&'a str),
}

use Want::{Is, Refused, Same};

const V1_0: &str = r#""specversion":"1.0","type":"t","source":"/s","id":"1""#;
const V0_3: &str = r#""specversion":"0.3","type":"t","source":"/s","id":"1""#;

fn outcome(headers: &[(&str, &str)], body: &[u8]) -> Result<String, String> {
    match read(headers, body) {
        Ok(Incoming::Event(event)) => Ok(json(&event)),
        Ok(other) => Err(format!("{other:?}")),
        Err(error) => Err(error.to_string()),
    }
}

fn check(row: &str, got: Result<String, String>, sent: &str, want: &Want<'_>) {
    match (want, got) {
        (Same, got) => assert_eq!(got.as_deref(), Ok(sent), "{row}"),
        (Is(want), got) => assert_eq!(got.as_deref(), Ok(*want), "{row}"),
        (Refused(want), Err(error)) => {
            assert!(
                error.starts_with("CloudEvent doesn't validate: "),
                "{row}: {error}"
            );
            assert!(error.contains(want), "{row}: {error}");
        }
        (Refused(_), Ok(event)) => panic!("{row} is taken: {event}"),
    }
}

/// A structured event that has these members beside the required ones.
fn structured(section: &str, required: &str, more: &str, want: &Want<'_>) {
    let separator = if more.is_empty() { "" } else { "," };
    let sent = format!("{{{required}{separator}{more}}}");
    let row = format!("{section}: {sent}");
    check(&row, outcome(&[STRUCTURED], sent.as_bytes()), &sent, want);
}

/// A binary event of a version that has these headers beside the required ones.
fn binary(section: &str, version: &str, more: &[(&str, &str)], body: &[u8], want: &Want<'_>) {
    let mut headers = vec![
        ("ce-specversion", version),
        ("ce-type", "t"),
        ("ce-source", "/s"),
        ("ce-id", "1"),
    ];
    headers.retain(|(name, _)| !more.iter().any(|(known, _)| known == name));
    headers.extend(more);
    let row = format!("{section}: {version} {more:?}");
    check(&row, outcome(&headers, body), "", want);
}

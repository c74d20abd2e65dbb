//! A span as a segment document: what came in is a segment of the service, and what is part of that is a subsegment.

use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::span::{Span, SpanKind, Value};

/// Most characters of a name.
const MOST_NAME: usize = 200;

/// Characters of names besides letters, digits and spaces.
const OF_NAMES: &str = "_.:/%&#=+\\-@";

#[derive(Serialize)]
struct Segment<'a> {
    name: String,
    id: String,
    trace_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    start_time: f64,
    end_time: f64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    error: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    throttle: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    fault: bool,
    #[serde(skip_serializing_if = "Map::is_empty")]
    http: Map<String, Json>,
    annotations: Map<String, Json>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link>,
}

#[derive(Serialize)]
struct Link {
    trace_id: String,
    id: String,
}

/// Writes the document of a span of a service.
pub(super) fn write(bytes: &mut Vec<u8>, span: &Span, service: &str) {
    let is_part = matches!(span.kind, SpanKind::Client | SpanKind::Producer) && span.parent.is_some();
    let text = |wanted: &str| {
        let found = span.attributes.iter().find(|(name, _)| *name == wanted);
        found.map(|(_, value)| json(value))
    };
    let (method, status) = (text("http.request.method"), text("http.response.status_code"));
    let number = status.as_ref().and_then(Json::as_i64);
    // By the status where there is one, as X-Ray has it; else the fault is nobody's who called.
    let is_client_error = number.is_some_and(|status| (400..500).contains(&status));
    let mut http = Map::new();
    for (part, name, value) in [("request", "method", method), ("response", "status", status)] {
        if let Some(value) = value {
            let inner = Map::from_iter([(name.to_owned(), value)]);
            http.insert(part.to_owned(), inner.into());
        }
    }
    let mut annotations = Map::new();
    if !is_part {
        // Segments go by the name of their service.
        annotations.insert("span".to_owned(), span.name.as_str().into());
    }
    for (name, value) in &span.attributes {
        annotations.insert(name.replace('.', "_"), json(value));
    }
    let segment = Segment {
        name: name(if is_part { &span.name } else { service }),
        id: id(span.context.span),
        trace_id: trace_id(span.context.trace),
        parent_id: span.parent.map(id),
        kind: is_part.then_some("subsegment"),
        namespace: (is_part && span.kind == SpanKind::Client).then_some("remote"),
        start_time: seconds(span.began),
        end_time: seconds(span.ended),
        error: span.is_error && is_client_error,
        throttle: span.is_error && number == Some(429),
        fault: span.is_error && !is_client_error,
        http,
        annotations,
        links: span
            .link
            .iter()
            .map(|to| Link {
                trace_id: trace_id(to.trace),
                id: id(to.span),
            })
            .collect(),
    };
    // Texts and numbers cannot fail.
    let _ = serde_json::to_writer(bytes, &segment);
}

fn json(value: &Value) -> Json {
    match value {
        Value::Text(text) => text.as_str().into(),
        Value::Number(number) => (*number).into(),
    }
}

/// A name of characters that X-Ray takes.
fn name(text: &str) -> String {
    let known = |character: char| {
        if character.is_alphanumeric() || character == ' ' || OF_NAMES.contains(character) {
            character
        } else {
            '_'
        }
    };
    text.chars().take(MOST_NAME).map(known).collect()
}

fn id(span: u64) -> String {
    format!("{span:016x}")
}

fn trace_id(trace: u128) -> String {
    let digits = format!("{trace:032x}");
    let (time, rest) = digits.split_at(8);
    format!("1-{time}-{rest}")
}

#[expect(clippy::cast_precision_loss, reason = "none of microseconds of this era")]
fn seconds(nanoseconds: u64) -> f64 {
    (nanoseconds / 1000) as f64 / 1e6
}

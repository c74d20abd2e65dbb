//! Spans in the JSON of OTLP: ids are hexadecimal, and numbers of 64 bits are texts.

use domain::trace::SpanContext;
use serde::{Serialize, Serializer};

use crate::span::{Span, Value};

/// What the spans are made by.
const SCOPE: &str = "event-gateway";

/// `Status.code` of an error.
const STATUS_ERROR: u8 = 2;

/// `flags` of a span whose trace is recorded.
const SAMPLED: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    resource_spans: [ResourceSpans<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSpans<'a> {
    resource: Resource<'a>,
    scope_spans: [ScopeSpans<'a>; 1],
}

#[derive(Serialize)]
struct Resource<'a> {
    attributes: Vec<Attribute<'a>>,
}

#[derive(Serialize)]
struct ScopeSpans<'a> {
    scope: Scope<'a>,
    spans: Vec<SpanJson<'a>>,
}

#[derive(Serialize)]
struct Scope<'a> {
    name: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SpanJson<'a> {
    trace_id: TraceId,
    span_id: SpanId,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_span_id: Option<SpanId>,
    flags: u32,
    name: &'a str,
    kind: u8,
    #[serde(serialize_with = "decimal")]
    start_time_unix_nano: u64,
    #[serde(serialize_with = "decimal")]
    end_time_unix_nano: u64,
    attributes: Vec<Attribute<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
}

#[derive(Serialize)]
struct Attribute<'a> {
    key: &'a str,
    value: AnyValue<'a>,
}

#[derive(Serialize)]
enum AnyValue<'a> {
    #[serde(rename = "stringValue")]
    Text(&'a str),
    #[serde(rename = "intValue", serialize_with = "decimal")]
    Number(i64),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Link {
    trace_id: TraceId,
    span_id: SpanId,
}

struct TraceId(u128);

struct SpanId(u64);

impl Serialize for TraceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:032x}", self.0))
    }
}

impl Serialize for SpanId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:016x}", self.0))
    }
}

#[derive(Serialize)]
struct Status {
    code: u8,
}

/// The body of a request with spans of a service.
pub(super) fn body(spans: &[Span], (service, version): (&str, &str)) -> Vec<u8> {
    let text = |key, text| Attribute {
        key,
        value: AnyValue::Text(text),
    };
    let request = Request {
        resource_spans: [ResourceSpans {
            resource: Resource {
                attributes: vec![text("service.name", service), text("service.version", version)],
            },
            scope_spans: [ScopeSpans {
                scope: Scope { name: SCOPE, version },
                spans: spans.iter().map(span_json).collect(),
            }],
        }],
    };
    // Texts and numbers cannot fail.
    serde_json::to_vec(&request).unwrap_or_default()
}

fn span_json(span: &Span) -> SpanJson<'_> {
    let attributes = span.attributes.iter().map(|(key, value)| Attribute {
        key,
        value: match value {
            Value::Text(text) => AnyValue::Text(text),
            Value::Number(number) => AnyValue::Number(*number),
        },
    });
    SpanJson {
        trace_id: TraceId(span.context.trace),
        span_id: SpanId(span.context.span),
        parent_span_id: span.parent.map(SpanId),
        flags: SAMPLED,
        name: &span.name,
        kind: span.kind as u8,
        start_time_unix_nano: span.began,
        end_time_unix_nano: span.ended,
        attributes: attributes.collect(),
        links: span.link.iter().map(link).collect(),
        status: span.is_error.then_some(Status { code: STATUS_ERROR }),
    }
}

fn link(to: &SpanContext) -> Link {
    Link {
        trace_id: TraceId(to.trace),
        span_id: SpanId(to.span),
    }
}

fn decimal<S: Serializer>(number: &impl ToString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&number.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::span::SpanKind;

    #[test]
    fn the_form_is_that_of_the_specification() {
        let context = SpanContext {
            trace: 0x5b8e_fff7_9803_8103_d269_b633_813f_c60c,
            span: 0xeee1_9b7e_c3c1_b174,
            is_sampled: true,
        };
        let span = Span {
            context,
            parent: Some(0x0ee1_9b7e_c3c1_b173),
            link: Some(SpanContext { span: 1, ..context }),
            kind: SpanKind::Consumer,
            name: "process \"a\"".to_owned(),
            began: 1_544_712_660_000_000_000,
            ended: 1_544_712_661_000_000_000,
            attributes: vec![
                ("a.text", Value::Text("é".to_owned())),
                ("a.number", Value::Number(-1)),
            ],
            is_error: true,
        };
        let plain = Span {
            parent: None,
            link: None,
            attributes: Vec::new(),
            is_error: false,
            ..span.clone()
        };
        let made: serde_json::Value =
            serde_json::from_slice(&body(&[span, plain], ("gate", "1.2.3"))).unwrap();
        let common = json!({
            "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "flags": 1,
            "name": "process \"a\"", "kind": 5, "attributes": [],
            "startTimeUnixNano": "1544712660000000000", "endTimeUnixNano": "1544712661000000000",
        });
        let mut whole = common.clone();
        whole["parentSpanId"] = json!("0ee19b7ec3c1b173");
        whole["links"] =
            json!([{"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "0000000000000001"}]);
        whole["status"] = json!({"code": 2});
        whole["attributes"] = json!([
            {"key": "a.text", "value": {"stringValue": "é"}},
            {"key": "a.number", "value": {"intValue": "-1"}},
        ]);
        let want = json!({"resourceSpans": [{
            "resource": {"attributes": [
                {"key": "service.name", "value": {"stringValue": "gate"}},
                {"key": "service.version", "value": {"stringValue": "1.2.3"}},
            ]},
            "scopeSpans": [{"scope": {"name": "event-gateway", "version": "1.2.3"}, "spans": [whole, common]}],
        }]});
        assert_eq!(made, want);
    }
}

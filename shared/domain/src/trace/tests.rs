//! What of a trace is passed on, and what is left out.

use super::*;

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const ALL: TraceSettings = TraceSettings {
    request_ids: true,
    context: true,
    events: false,
};

fn of(lines: &[(&str, &str)], settings: TraceSettings) -> Option<serde_json::Value> {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        let name = HeaderName::try_from(*name).unwrap();
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    let trace = Trace::of_request(&headers, settings)?;
    let json = serde_json::to_string(&trace).unwrap();
    assert_eq!(serde_json::from_str::<Trace>(&json).unwrap(), trace);
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&json)
            .unwrap()
            .as_object()
            .unwrap()
            .len(),
        trace.headers().count()
    );
    Some(serde_json::from_str(&json).unwrap())
}

#[test]
fn what_is_asked_for_is_passed_on() {
    let sent = [
        ("x-request-id", "r-1"),
        ("traceparent", PARENT),
        ("tracestate", "a=1"),
        ("tracestate", "b=2"),
    ];
    let whole = serde_json::json!({"requestId": "r-1", "traceparent": PARENT, "tracestate": "a=1,b=2"});
    assert_eq!(of(&sent, ALL), Some(whole));
    let ids = TraceSettings {
        context: false,
        ..ALL
    };
    assert_eq!(of(&sent, ids), Some(serde_json::json!({"requestId": "r-1"})));
    assert_eq!(of(&sent, TraceSettings::default()), None);
    assert_eq!(of(&[("tracestate", "a=1")], ALL), None);
}

#[test]
fn request_ids() {
    for (value, want) in [
        ("a", true),
        ("!~", true),
        ("", false),
        ("a b", false),
        ("ä", false),
        (&"x".repeat(128), true),
        (&"x".repeat(129), false),
    ] {
        assert_eq!(
            is_request_id(&HeaderValue::from_bytes(value.as_bytes()).unwrap()),
            want,
            "{value}"
        );
    }
    assert_eq!(of(&[("x-request-id", "a"), ("x-request-id", "b")], ALL), None);
}

#[test]
fn contexts_that_are_none_are_left_out() {
    let later = format!("01{}-more", &PARENT[2..]);
    for (value, want) in [
        (PARENT, true),
        (later.as_str(), true),
        (&format!("{PARENT}-more"), false),
        (&format!("ff{}", &PARENT[2..]), false),
        (&PARENT.to_uppercase(), false),
        (&PARENT[1..], false),
        (&PARENT.replace('-', "0"), false),
        (&format!("01{}{}", &PARENT[2..], "-".repeat(100)), false),
        ("", false),
    ] {
        assert_eq!(of(&[("traceparent", value)], ALL).is_some(), want, "{value}");
    }
    let long = "x".repeat(513);
    for (state, want) in [
        ("a=1", true),
        (long.as_str(), false),
        ("ä=1", false),
        (&long[..512], true),
    ] {
        let trace = of(&[("traceparent", PARENT), ("tracestate", state)], ALL).unwrap();
        assert_eq!(trace.get("tracestate").is_some(), want);
    }
}

#[test]
fn a_request_that_goes_on_says_where_it_is_once() {
    let mut came = HeaderMap::new();
    for state in ["a=1", "b=2"] {
        came.append("tracestate", HeaderValue::from_static(state));
    }
    came.insert("traceparent", HeaderValue::from_static(PARENT));
    let trace = Trace::of_request(&came, ALL).unwrap();
    let mut headers = came.clone();
    trace.replace_in(&mut headers);
    assert_eq!(headers, came);
    let within = SpanContext {
        span: 1,
        ..trace.context().unwrap()
    };
    trace.at(within).replace_in(&mut headers);
    assert_eq!(
        headers.get_all("tracestate").iter().collect::<Vec<_>>(),
        ["a=1,b=2"]
    );
    assert_eq!(headers["traceparent"], within.to_traceparent());
    trace
        .at(SpanContext { trace: 1, ..within })
        .replace_in(&mut headers);
    assert!(!headers.contains_key("tracestate"));
    Trace::default().replace_in(&mut headers);
    assert!(headers.contains_key("traceparent"));
}

#[test]
fn what_goes_on_at_another_span_keeps_what_belongs_to_it() {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("x-request-id", "r-1"),
        ("traceparent", PARENT),
        ("tracestate", "a=1"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let trace = Trace::of_request(&headers, ALL).unwrap();
    let sender = sender(&headers).unwrap();
    assert_eq!(trace.context(), Some(sender));
    let texts = |trace: &Trace| {
        let texts = trace
            .headers()
            .map(|(_, value)| value.to_str().unwrap().to_owned());
        texts.collect::<Vec<_>>()
    };
    let within = SpanContext { span: 1, ..sender };
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000001-01";
    assert_eq!(texts(&trace.at(within)), ["r-1", parent, "a=1"]);
    let elsewhere = SpanContext { trace: 1, ..within };
    let parent = "00-00000000000000000000000000000001-0000000000000001-01";
    assert_eq!(texts(&trace.at(elsewhere)), ["r-1", parent]);
    assert_eq!(texts(&Trace::default().at(within)).len(), 1);
    assert_eq!(Trace::default().context(), None);
}

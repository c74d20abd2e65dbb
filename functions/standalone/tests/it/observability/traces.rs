//! Spans: what is a part of what, from a client to a function and through a redrive, and what is never told.

use std::io::Write as _;
use std::net::UdpSocket;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::client::send;
use crate::function_server::{Call, FunctionServer, answer};
use crate::gateway_process::{GatewayProcess, PATIENCE, wait_until};

const SECRET: &str = "s3cret";
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CLIENT: &str = "b7ad6b7169203331";

/// A gateway whose spans go to a sink. It records what its callers do, and nothing else.
fn traced(sink: &FunctionServer, flags: &[&str]) -> GatewayProcess {
    let endpoint = format!("--otlp-endpoint={}", sink.url(""));
    let always = [endpoint.as_str(), "--trace-sample-ratio=0", "--otlp-interval=1"];
    GatewayProcess::start(&[&always, flags].concat())
}

fn sent(flags: &str) -> String {
    format!("00-{TRACE}-{CLIENT}-{flags}")
}

/// All spans that came to a sink.
fn spans(sink: &FunctionServer) -> Vec<Value> {
    let of_call = |call: Call| {
        assert_eq!(
            (call.path.as_str(), call.header("content-type")),
            ("/v1/traces", "application/json")
        );
        call.json()["resourceSpans"][0]["scopeSpans"][0]["spans"]
            .as_array()
            .unwrap()
            .clone()
    };
    sink.calls().into_iter().flat_map(of_call).collect()
}

/// Those of a name, in the order in which they began.
fn named(spans: &[Value], name: &str) -> Vec<Value> {
    let mut named: Vec<_> = spans
        .iter()
        .filter(|span| span["name"] == name)
        .cloned()
        .collect();
    named.sort_by_key(|span| span["startTimeUnixNano"].as_str().unwrap().to_owned());
    named
}

fn attribute(span: &Value, name: &str) -> Value {
    let attributes = span["attributes"].as_array().unwrap();
    let found = attributes.iter().find(|attribute| attribute["key"] == name);
    let value = found.map(|found| &found["value"]);
    value.map_or(Value::Null, |value| {
        let text = value.get("stringValue").or_else(|| value.get("intValue"));
        text.unwrap().clone()
    })
}

fn attributes(span: &Value, names: &[&str]) -> Value {
    names.iter().map(|name| attribute(span, name)).collect()
}

/// A function that takes nothing the first time.
fn failing_once() -> FunctionServer {
    let calls = AtomicUsize::new(0);
    FunctionServer::start(move |stream, _| {
        let status = if calls.fetch_add(1, Ordering::AcqRel) == 0 {
            400
        } else {
            200
        };
        stream.write_all(answer(status, "").as_bytes())
    })
}

/// The function refuses the first call, takes the second, and goes on where the gateway is.
fn each_call_is_part_of_its_attempt(calls: &[Call], invokes: &[Value], processes: &[Value]) {
    let names = [
        "faas.invoked_name",
        "faas.invoked_provider",
        "http.response.status_code",
        "error.type",
    ];
    for (number, (status, error)) in [("400", json!("rejected")), ("200", Value::Null)]
        .into_iter()
        .enumerate()
    {
        let invoke = &invokes[number];
        assert_eq!(
            (&invoke["parentSpanId"], &invoke["kind"]),
            (&processes[number]["spanId"], &json!(3))
        );
        assert_eq!(invoke["status"].is_null(), error.is_null(), "{invoke}");
        assert_eq!(attributes(invoke, &names), json!(["f", "http", status, error]));
        let told = format!("00-{TRACE}-{}-01", invoke["spanId"].as_str().unwrap());
        let call = &calls[number];
        assert_eq!(
            (call.header("traceparent"), call.header("tracestate")),
            (&*told, "vendor=1")
        );
    }
}

#[test]
fn one_trace_goes_from_the_client_through_a_redrive() {
    let (sink, functions) = (FunctionServer::answering("{}"), failing_once());
    let gateway = traced(&sink, &["--request-id=on", "--paths=specific"]);
    gateway.event_type("ev");
    gateway.function("f", &functions.url("/f"));
    let subscription = gateway.subscribe("async", "ev", "f", "/a/:id");
    let parent = sent("01");
    let headers = [
        ("Content-Type", "application/cloudevents+json"),
        ("traceparent", &parent),
        ("tracestate", "vendor=1"),
        ("X-Request-Id", "r-1"),
        ("X-Token", SECRET),
    ];
    let event = json!({"specversion": "1.0", "type": "ev", "source": "/s", "id": "e-1", "data": SECRET});
    let path = format!("/a/{SECRET}?token={SECRET}");
    assert_eq!(gateway.post_event(&path, &headers, event.to_string()).status, 202);
    let attempts = |number| {
        wait_until("the attempt", || {
            named(&spans(&sink), "process ev").len() == number
        });
    };
    attempts(1);
    wait_until("the dead letter", || {
        let letters = gateway.get_config("/v1/spaces/default/deadletters").json();
        letters["deadLetters"].as_array().unwrap().len() == 1
    });
    let redrive = "/v1/spaces/default/deadletters/redrive";
    let redriven = send(gateway.config, "POST", redrive, &[], r#"{"all":true}"#);
    assert_eq!(redriven.json()["redriven"], 1, "{}", redriven.text());
    attempts(2);

    let spans = spans(&sink);
    assert!(spans.iter().all(|span| span["traceId"] == TRACE), "{spans:#?}");
    let one = |name: &str| {
        let found = named(&spans, name);
        assert_eq!(found.len(), 1, "{name}: {spans:#?}");
        found[0].clone()
    };
    let server = one("POST /a/:id");
    assert_eq!(
        (&server["parentSpanId"], &server["kind"]),
        (&json!(CLIENT), &json!(2))
    );
    let names = [
        "http.request.method",
        "http.route",
        "http.response.status_code",
        "event_gateway.space",
        "event_gateway.request_id",
    ];
    assert_eq!(
        attributes(&server, &names),
        json!(["POST", "/a/:id", "202", "default", "r-1"])
    );
    let publish = one("publish ev");
    assert_eq!(
        (&publish["parentSpanId"], &publish["kind"]),
        (&server["spanId"], &json!(4))
    );
    let producer = json!([{"traceId": TRACE, "spanId": publish["spanId"]}]);
    let processes = named(&spans, "process ev");
    let invokes = named(&spans, "invoke f");
    assert_eq!((processes.len(), invokes.len(), spans.len()), (2, 2, 6));
    let names = [
        "messaging.operation.type",
        "messaging.destination.name",
        "messaging.message.id",
        "messaging.destination.subscription.name",
        "event_gateway.attempt",
        "event_gateway.outcome",
        "error.type",
    ];
    for (process, outcome, error) in [
        (&processes[0], "deadLettered", json!("permanentFailure")),
        (&processes[1], "delivered", Value::Null),
    ] {
        assert_eq!(
            (&process["parentSpanId"], &process["links"], &process["kind"]),
            (&publish["spanId"], &producer, &json!(5))
        );
        assert_eq!(process["status"].is_null(), error.is_null(), "{process}");
        let want = json!(["process", "ev", "e-1", subscription, "1", outcome, error]);
        assert_eq!(attributes(process, &names), want);
    }
    each_call_is_part_of_its_attempt(&functions.calls(), &invokes, &processes);
    for call in sink.calls() {
        let text = String::from_utf8(call.body).unwrap();
        assert!(!text.contains(SECRET), "{text}");
    }
}

#[test]
fn what_its_caller_does_not_record_is_not_sent() {
    let (sink, functions) = (
        FunctionServer::answering("{}"),
        FunctionServer::answering("hello"),
    );
    let mut gateway = traced(&sink, &[]);
    gateway.event_type("http.request");
    let provider = json!({"url": functions.url("/f"), "response": "raw"});
    gateway.create(
        "functions",
        &json!({"functionId": "f", "type": "http", "provider": provider}),
    );
    gateway.subscribe("sync", "http.request", "f", "/a");
    let provider = json!({"url": functions.url("/p"), "request": "passthrough"});
    gateway.create(
        "functions",
        &json!({"functionId": "p", "type": "http", "provider": provider}),
    );
    gateway.subscribe("sync", "http.request", "p", "/p");
    gateway.function("gone", "http://127.0.0.1:9/");
    gateway.subscribe("sync", "http.request", "gone", "/gone");
    let post = |path: &str, parent: &str| {
        let headers = [("traceparent", parent)];
        gateway.post_event(path, &headers[..usize::from(!parent.is_empty())], "")
    };
    for parent in [&*sent("00"), "", "nonsense"] {
        assert_eq!(post("/a", parent).status, 200);
    }
    let told = |number: usize| functions.calls()[number].header("traceparent").to_owned();
    assert_eq!(told(0), sent("00"));
    for number in [1, 2] {
        let told = told(number);
        assert!(told.len() == 55 && told.ends_with("-00"), "{told}");
        assert!(!told.contains(TRACE), "{told}");
    }
    assert_eq!(post("/a", &sent("01")).status, 200);
    assert_eq!(post("/p", &sent("01")).status, 200);
    assert_eq!(post("/gone", &sent("01")).status, 500);
    assert_eq!(post("/nobody", &sent("01")).status, 202);
    assert_eq!(
        send(
            gateway.events,
            "GET",
            "/.well-known/event-gateway/healthz",
            &[("traceparent", &sent("01"))],
            ""
        )
        .status,
        200
    );
    // What was recorded is sent before the end.
    assert_eq!(gateway.stop(Signal::TERM).code(), Some(0));
    let spans = spans(&sink);
    assert!(spans.iter().all(|span| span["traceId"] == TRACE), "{spans:#?}");
    let mut names: Vec<_> = spans.iter().map(|span| span["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    let want = [
        "POST",
        "POST /a",
        "POST /gone",
        "POST /p",
        "invoke f",
        "invoke gone",
        "invoke p",
    ];
    assert_eq!(names, want);
    let (server, invoke) = (&named(&spans, "POST /a")[0], &named(&spans, "invoke f")[0]);
    assert_eq!(invoke["parentSpanId"], server["spanId"]);
    let told_of = |invoke: &Value| format!("00-{TRACE}-{}-01", invoke["spanId"].as_str().unwrap());
    assert_eq!(told(3), told_of(invoke));
    assert_eq!(told(4), told_of(&named(&spans, "invoke p")[0]));
    for (name, error) in [("POST /gone", "500"), ("invoke gone", "unavailable")] {
        let span = &named(&spans, name)[0];
        assert_eq!(span["status"], json!({"code": 2}));
        assert_eq!(attribute(span, "error.type"), error);
    }
}

#[test]
fn traces_begin_in_the_gateway_and_events_say_where_they_began() {
    let (sink, functions) = (FunctionServer::answering("{}"), FunctionServer::answering(""));
    let gateway = traced(&sink, &["--trace-sample-ratio=1", "--access-log=all"]);
    gateway.event_type("ev");
    gateway.function("f", &functions.url("/f"));
    gateway.subscribe("async", "ev", "f", "/a");
    let event = json!({
        "specversion": "1.0", "type": "ev", "source": "/s", "id": "e-1", "traceparent": sent("01"),
    });
    let headers = [("Content-Type", "application/cloudevents+json")];
    assert_eq!(gateway.post_event("/a", &headers, event.to_string()).status, 202);
    wait_until("all spans", || spans(&sink).len() == 4);
    let spans = spans(&sink);
    let server = &named(&spans, "POST /a")[0];
    assert!(server.get("parentSpanId").is_none(), "{server}");
    let trace = server["traceId"].as_str().unwrap();
    assert!(
        trace != TRACE && spans.iter().all(|span| span["traceId"] == trace),
        "{spans:#?}"
    );
    let publish = &named(&spans, "publish ev")[0];
    assert_eq!(publish["links"], json!([{"traceId": TRACE, "spanId": CLIENT}]));
    // Who gets the event learns of it as well: it is the producer's, and goes on as it came.
    let call = &functions.calls()[0];
    assert_eq!(call.json()["traceparent"], sent("01"));
    assert!(call.header("traceparent").contains(trace));
    let logged = gateway.log.wait_for(PATIENCE, |line| {
        let line: Value = serde_json::from_str(line).ok()?;
        (line["path"] == "/a").then(|| line["traceId"].clone())
    });
    assert_eq!(logged.unwrap(), trace);
}

/// The daemon of X-Ray, as far as a gateway knows it.
#[test]
fn spans_go_to_the_daemon_of_xray() {
    let daemon = UdpSocket::bind("127.0.0.1:0").unwrap();
    daemon.set_read_timeout(Some(PATIENCE)).unwrap();
    let functions = FunctionServer::answering("");
    let address = format!("--xray-daemon={}", daemon.local_addr().unwrap());
    let gateway = GatewayProcess::start(&["--xray=on", &address, "--otlp-interval=1"]);
    gateway.event_type("ev");
    gateway.function("f", &functions.url("/f"));
    gateway.subscribe("async", "ev", "f", "/a");
    let event = json!({"specversion": "1.0", "type": "ev", "source": "/s", "id": "e-1"});
    let parent = sent("01");
    let headers = [
        ("Content-Type", "application/cloudevents+json"),
        ("traceparent", &parent),
    ];
    assert_eq!(gateway.post_event("/a", &headers, event.to_string()).status, 202);
    let documents: Vec<Value> = (0..4)
        .map(|_| {
            let mut bytes = vec![0; 64 * 1024];
            let length = daemon.recv(&mut bytes).unwrap();
            let text = std::str::from_utf8(&bytes[..length]).unwrap();
            let (header, document) = text.split_once('\n').unwrap();
            assert_eq!(header, r#"{"format":"json","version":1}"#);
            serde_json::from_str(document).unwrap()
        })
        .collect();
    // Segments go by the name of their service, and their span is an annotation.
    let find = |name: &str| {
        let mut all = documents.iter();
        let found = all.find(|one| one["name"] == name || one["annotations"]["span"] == name);
        found.unwrap_or_else(|| panic!("{name}: {documents:#?}"))
    };
    let (server, publish) = (find("POST /a"), find("publish ev"));
    let (process, invoke) = (find("process ev"), find("invoke f"));
    let trace = format!("1-{}-{}", &TRACE[..8], &TRACE[8..]);
    assert!(documents.iter().all(|document| document["trace_id"] == trace));
    assert_eq!(
        (&server["name"], &server["parent_id"]),
        (&json!("event-gateway"), &json!(CLIENT))
    );
    assert_eq!(server["annotations"]["span"], "POST /a");
    for (document, parent, kind, name) in [
        (publish, server, json!("subsegment"), "publish ev"),
        (process, publish, Value::Null, "event-gateway"),
        (invoke, process, json!("subsegment"), "invoke f"),
    ] {
        assert_eq!(
            (&document["parent_id"], &document["type"]),
            (&parent["id"], &kind)
        );
        assert_eq!(document["name"], name);
    }
    assert_eq!(
        process["links"],
        json!([{"trace_id": trace, "id": publish["id"]}])
    );
}

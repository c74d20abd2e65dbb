//! Requests of 2017 (docs/compatibility.md), with `--legacy-api` and without.

use std::io::Write as _;

use serde_json::{Value, json};

use crate::client::{Answer, send};
use crate::function_server::{FunctionServer, answer};
use crate::gateway_process::{GatewayProcess, wait_until};

/// Functions that answer with their path and what they got, but `/fail`, which fails.
fn echoing() -> FunctionServer {
    FunctionServer::start(|stream, call| {
        let status = if call.path == "/fail" { 500 } else { 200 };
        let got = format!("{} {}", call.path, call.json()["data"]);
        stream.write_all(answer(status, &got).as_bytes())
    })
}

/// Registers functions at paths of their own, in the shape of 2017, and allows to invoke them on `/p`.
fn allow(gateway: &GatewayProcess, functions: &FunctionServer, ids: &[&str]) {
    for id in ids {
        let provider = json!({"type": "http", "url": functions.url(&format!("/{id}"))});
        gateway.create("functions", &json!({"functionId": id, "provider": provider}));
        gateway.create(
            "subscriptions",
            &json!({"event": "invoke", "functionId": id, "path": "/p"}),
        );
    }
}

fn invoke(gateway: &GatewayProcess, path: &str, function: &str, more: &[(&str, &str)], body: &str) -> Answer {
    let mut headers = vec![
        ("Event", "invoke"),
        ("Content-Type", "application/json"),
        ("Function-ID", function),
    ];
    headers.extend(more);
    gateway.post_event(path, &headers, body)
}

#[test]
fn direct_calls() {
    let gateway = GatewayProcess::start(&["--legacy-api"]);
    let functions = echoing();
    allow(&gateway, &functions, &["f", "g", "fail"]);
    for function in ["f", "g"] {
        let answer = invoke(&gateway, "/p", function, &[], r#"{"n":1}"#);
        assert_eq!(
            (answer.status, answer.text()),
            (200, format!("/{function} {{\"n\":1}}"))
        );
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    }
    for (path, function, more) in [
        ("/other", "f", &[][..]),
        ("/p", "none", &[]),
        ("/p", "", &[]),
        ("/p", "f", &[("Space", "elsewhere")]),
    ] {
        let answer = invoke(&gateway, path, function, more, "{}");
        let said = (answer.status, answer.error_message());
        assert_eq!(
            said,
            (404, "function or subscription not found".to_owned()),
            "{path} {function} {more:?}"
        );
    }
    let failed = invoke(&gateway, "/p", "fail", &[], "{}");
    assert_eq!(
        (failed.status, failed.error_message().as_str()),
        (500, "Function call failed. Please check logs.")
    );
    // One call each, and nothing besides: no subscriber got an event of the type through the queue.
    let paths: Vec<_> = functions.calls().into_iter().map(|call| call.path).collect();
    assert_eq!(paths, ["/f", "/g", "/fail"]);
    let attempts = gateway.configure("GET", "deliveries", &Value::Null).json();
    assert_eq!(attempts["deliveries"], json!([]));
}

#[test]
fn direct_calls_are_authorized_and_announced() {
    let gateway = GatewayProcess::start(&["--legacy-api"]);
    let functions = FunctionServer::start(|stream, call| {
        let allowed = call.json()["event"]["data"] == "let me";
        let body = match call.path.as_str() {
            "/authorizer" if allowed => r#"{"authorization":{"principalId":"ada"}}"#,
            "/authorizer" => r#"{"error":{"message":"no"}}"#,
            _ => "raw",
        };
        stream.write_all(answer(200, body).as_bytes())
    });
    allow(&gateway, &functions, &["f"]);
    gateway.function("authorizer", &functions.url("/authorizer"));
    gateway.function("watch", &functions.url("/watch"));
    for event in ["eventgateway.event.received", "eventgateway.function.invoked"] {
        gateway.create(
            "subscriptions",
            &json!({"event": event, "functionId": "watch", "path": "/"}),
        );
    }
    let set = gateway.configure("PUT", "eventtypes/invoke", &json!({"authorizerId": "authorizer"}));
    assert_eq!(set.status, 200, "{}", set.text());
    assert_eq!(invoke(&gateway, "/p", "f", &[], "\"no\"").status, 403);
    let allowed = invoke(&gateway, "/p", "f", &[], "\"let me\"");
    assert_eq!((allowed.status, allowed.text().as_str()), (200, "raw"));
    let called: Vec<_> = functions
        .calls()
        .into_iter()
        .filter(|call| call.path == "/f")
        .collect();
    assert_eq!(called.len(), 1);
    let authorization = &called[0].json()["extensions"]["eventgateway"]["authorization"];
    assert_eq!(authorization["principalId"], "ada");
    wait_until("two requests and one call are announced", || {
        functions
            .calls()
            .iter()
            .filter(|call| call.path == "/watch")
            .count()
            == 3
    });
}

#[test]
fn without_the_setting_nothing_is_called_directly() {
    let directory = tempfile::tempdir().unwrap();
    let functions = echoing();
    let mut gateway = GatewayProcess::start_in(directory.path(), &["--legacy-api"]);
    allow(&gateway, &functions, &["f"]);
    gateway.stop(rustix::process::Signal::TERM);

    // The same subscription is now one to an event like any other.
    let gateway = GatewayProcess::start_in(directory.path(), &[]);
    let answer = invoke(&gateway, "/p", "f", &[("Origin", "http://a")], "{}");
    assert_eq!((answer.status, answer.text().as_str()), (202, ""));
    assert_eq!(answer.header("access-control-allow-origin"), None);
    wait_until("it is delivered", || functions.calls().len() == 1);
    assert!(!functions.calls()[0].header("webhook-id").is_empty());
    assert_eq!(invoke(&gateway, "/other", "none", &[], "{}").status, 202);
    let refused = gateway.configure("POST", "subscriptions", &json!({"event": "e", "functionId": "f"}));
    assert_eq!(refused.status, 400);
}

#[test]
fn cors_of_events() {
    let gateway = GatewayProcess::start(&["--legacy-api"]);
    let functions = echoing();
    allow(&gateway, &functions, &["f"]);
    gateway.create(
        "cors",
        &json!({"method": "POST", "path": "/mine", "allowedOrigins": ["http://mine"]}),
    );
    let preflight = |path, headers| {
        let asked = [
            ("Origin", "http://a"),
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", headers),
        ];
        send(gateway.events, "OPTIONS", path, &asked, "")
    };
    let allowed = preflight("/p", "content-type,event");
    let origin = |answer: &Answer| answer.header("access-control-allow-origin").map(str::to_owned);
    assert_eq!((allowed.status, origin(&allowed).as_deref()), (200, Some("*")));
    assert_eq!(allowed.header("access-control-allow-credentials"), None);
    assert_eq!(
        allowed.header("access-control-allow-headers"),
        Some("Content-Type, Event")
    );
    let called = invoke(&gateway, "/p", "f", &[("Origin", "http://a")], "{}");
    assert_eq!((called.status, origin(&called).as_deref()), (200, Some("*")));
    let emitted = gateway.post_event("/x", &[("Event", "e"), ("Origin", "http://a")], "");
    assert_eq!((emitted.status, origin(&emitted).as_deref()), (202, Some("*")));

    // Requests without an event are none of its business, and what somebody restricted stays so.
    assert_eq!(preflight("/p", "content-type").status, 202);
    assert_eq!(
        origin(&gateway.post_event("/p", &[("Origin", "http://a")], "")),
        None
    );
    assert_eq!(origin(&preflight("/mine", "event")), None);
    assert_eq!(
        origin(&gateway.post_event("/mine", &[("Event", "e"), ("Origin", "http://a")], "")),
        None
    );
}

#[test]
fn functions_get_the_envelope_that_they_ask_for() {
    let gateway = GatewayProcess::start(&["--legacy-api"]);
    let functions = FunctionServer::answering("{}");
    for format in ["0.5", "0.6", "0.7"] {
        let provider = json!({"type": "http", "url": functions.url(&format!("/{format}")), "format": format});
        gateway.create("functions", &json!({"functionId": format, "provider": provider}));
        gateway.create(
            "subscriptions",
            &json!({"event": "user.created", "functionId": format, "path": "/p"}),
        );
    }
    let headers = [("Event", "user.created"), ("Content-Type", "application/json")];
    assert_eq!(gateway.post_event("/p", &headers, r#"{"n":1.50}"#).status, 202);
    wait_until("all three are called", || functions.calls().len() == 3);
    for call in functions.calls() {
        assert_eq!(call.header("content-type"), "application/json");
        let event = call.json();
        assert_eq!(event["data"]["n"], 1.5);
        if call.path == "/0.7" {
            assert_eq!(event["eventType"], "user.created");
            assert_eq!(event["extensions"]["eventgateway"]["transformed"], true);
        } else {
            assert_eq!(
                (&event["event"], &event["dataType"]),
                (&json!("user.created"), &json!("application/json"))
            );
            assert!(
                event["receivedAt"].as_u64().unwrap() > 1_500_000_000_000,
                "{event}"
            );
        }
    }
}

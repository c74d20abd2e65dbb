//! The questions of docs/operations.md, "Four questions", with the answers that it names.

use std::io::Write as _;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::{metrics, series};
use crate::function_server::{FunctionServer, answer};
use crate::gateway_process::{GatewayProcess, PATIENCE, wait_until};

/// What a function takes that got slow.
const SLOW: Duration = Duration::from_millis(120);

fn functions() -> FunctionServer {
    FunctionServer::start(|stream, call| {
        let status = match call.path.as_str() {
            "/slow" => {
                thread::sleep(SLOW);
                200
            }
            "/broken" => 500,
            "/busy" => 503,
            _ => 200,
        };
        stream.write_all(answer(status, r#"{"statusCode":200}"#).as_bytes())
    })
}

fn start(functions: &FunctionServer) -> GatewayProcess {
    let gateway = GatewayProcess::start(&["--access-log=all", "--log-level=debug", "--log-format=json"]);
    gateway.event_type("ev");
    for function in ["quick", "slow", "broken"] {
        gateway.function(function, &functions.url(&format!("/{function}")));
        gateway.subscribe("sync", "ev", function, &format!("/{function}"));
    }
    gateway
}

fn send(gateway: &GatewayProcess, path: &str) -> crate::client::Answer {
    let event = r#"{"specversion":"1.0","id":"e-1","source":"/s","type":"ev"}"#;
    let headers = [("Content-Type", "application/cloudevents+json")];
    gateway.post_event(path, &headers, event)
}

/// The line of the log that has this message and is of this request.
fn line(gateway: &GatewayProcess, message: &str, request_id: &str) -> Value {
    let found = gateway.log.wait_for(PATIENCE, |line| {
        let line: Value = serde_json::from_str(line).ok()?;
        let begins = line["msg"].as_str()?.starts_with(message);
        (begins && line["requestId"] == request_id).then_some(line)
    });
    found.unwrap_or_else(|| panic!("{message} {request_id}\n{}", gateway.log.so_far()))
}

#[test]
fn which_function_got_slow() {
    let functions = functions();
    let gateway = start(&functions);
    for _ in 0..3 {
        for path in ["/quick", "/slow"] {
            assert_eq!(send(&gateway, path).status, 200);
        }
    }
    let page = metrics(&gateway);
    let of = |suffix: &str, function: &str, more: &str| {
        let name = format!("eventgateway_function_duration_seconds_{suffix}");
        series(
            &page,
            &format!(r#"{name}{{space="default",function="{function}"{more}}}"#),
        )
    };
    // No machine is so slow that the slow one is among the quick calls.
    assert!((of("count", "slow", "") - 3.0).abs() < f64::EPSILON, "{page}");
    assert!(
        of("bucket", "slow", r#",le="0.1""#).abs() < f64::EPSILON,
        "{page}"
    );
    assert!(of("sum", "slow", "") >= 3.0 * SLOW.as_secs_f64());
    assert!((of("count", "quick", "") - 3.0).abs() < f64::EPSILON, "{page}");
}

#[test]
fn why_did_this_request_fail() {
    let functions = functions();
    let gateway = start(&functions);
    let failed = send(&gateway, "/broken");
    assert_eq!(failed.status, 500);
    let id = failed.header("x-request-id").unwrap();
    let request = line(&gateway, "Request.", id);
    for (member, want) in [
        ("api", json!("events")),
        ("space", json!("default")),
        ("method", json!("POST")),
        ("path", json!("/broken")),
        ("status", json!(500)),
        ("functionId", json!("broken")),
        ("event.id", json!("e-1")),
        ("event.type", json!("ev")),
    ] {
        assert_eq!(request[member], want, "{member} {request}");
    }
    assert!(
        request["bytesIn"].as_u64() > Some(0) && request["bytesOut"].as_u64() > Some(0),
        "{request}"
    );
    assert!(request["targetMs"].as_f64() > Some(0.0), "{request}");
    let why = line(&gateway, "Function invocation failed.", id);
    assert_eq!(why["functionId"], "broken");
    assert!(
        why["error"].as_str().unwrap().contains("HTTP status code: 500"),
        "{why}"
    );
}

#[test]
fn who_is_retrying() {
    let functions = functions();
    let gateway = start(&functions);
    gateway.function("busy", &functions.url("/busy"));
    let subscription = json!({
        "type": "async", "eventType": "ev", "functionId": "busy", "path": "/later",
        "retry": {"minDelay": 0.01, "maxDelay": 0.01},
    });
    let created = gateway.create("subscriptions", &subscription);
    let sent = send(&gateway, "/later");
    assert_eq!(sent.status, 202);
    let id = created["subscriptionId"].as_str().unwrap();
    let name = format!(
        r#"eventgateway_deliveries_total{{space="default",subscription="{id}",function="busy",outcome="retrying"}}"#
    );
    wait_until("it is counted", || series(&metrics(&gateway), &name) >= 1.0);
    wait_until("it is in the delivery log", || {
        !gateway.list("deliveries").is_empty()
    });
    let attempt = gateway.list("deliveries").remove(0);
    assert_eq!(
        (attempt["requestId"].as_str(), &attempt["outcome"]),
        (sent.header("x-request-id"), &json!("retrying"))
    );
    let age = format!(r#"eventgateway_oldest_delivery_age_seconds{{space="default",subscription="{id}"}}"#);
    wait_until("it gets old", || series(&metrics(&gateway), &age) > 0.0);
}

#[test]
fn what_is_unmatched() {
    let functions = functions();
    let gateway = start(&functions);
    let sent = send(&gateway, "/nobody");
    assert_eq!(sent.status, 202);
    let page = metrics(&gateway);
    let unmatched = r#"eventgateway_events_unmatched_total{space="other"}"#;
    assert!((series(&page, unmatched) - 1.0).abs() < f64::EPSILON, "{page}");
    let id = sent.header("x-request-id").unwrap();
    let request = line(&gateway, "Request.", id);
    assert_eq!(
        (&request["unmatched"], &request["event.type"]),
        (&json!(true), &json!("ev"))
    );
    assert_eq!(request["path"], Value::Null, "nobody's path is no pattern");
    let miss = line(&gateway, "Event reaches no subscription: ", id);
    assert_eq!(miss["path"], "/nobody");
}

//! Weighted functions (docs/targets.md): each delivery has its function and keeps it, bad ones do not stop good ones,
//! and others stand in where that is wanted.

mod failures;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::Signal;
use serde_json::{Value, json};

use super::{ask, dead_letters, emit, quick, subscribe_more};
use crate::function_server::{Call, FunctionServer, answer, wait_for_close};
use crate::gateway_process::{GatewayProcess, wait_until};

/// Registers `good` and `bad` at their paths, and `w` with these weights for them.
fn register(gateway: &GatewayProcess, functions: &FunctionServer, weights: [u32; 2], failover: bool) {
    for function in ["good", "bad"] {
        gateway.function(function, &functions.url(&format!("/{function}")));
    }
    let weighted = [("good", weights[0]), ("bad", weights[1])]
        .map(|(function, weight)| json!({"functionId": function, "weight": weight}));
    weigh(gateway, &json!({"weighted": weighted, "failover": failover}));
}

fn weigh(gateway: &GatewayProcess, provider: &Value) {
    gateway.event_type("ev");
    gateway.create(
        "functions",
        &json!({"functionId": "w", "type": "weighted", "provider": provider}),
    );
}

/// A server whose function `/bad` answers 500.
fn with_bad_one() -> FunctionServer {
    FunctionServer::start(|stream, call| {
        let status = if call.path == "/bad" { 500 } else { 200 };
        stream.write_all(answer(status, r#"{"body":"good"}"#).as_bytes())
    })
}

/// The paths that each delivery was seen on.
fn paths(functions: &FunctionServer) -> BTreeMap<String, Vec<String>> {
    let mut paths: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for call in functions.calls() {
        paths
            .entry(call.header("webhook-id").to_owned())
            .or_default()
            .push(call.path);
    }
    paths
}

fn calls_of(functions: &FunctionServer, path: &str) -> usize {
    functions.calls().iter().filter(|call| call.path == path).count()
}

#[test]
fn every_attempt_goes_to_the_same_function_also_after_a_restart() {
    const DELIVERIES: usize = 40;
    let is_mended = Arc::new(AtomicBool::new(false));
    let mended = is_mended.clone();
    let functions = FunctionServer::start(move |stream, _| {
        let status = if mended.load(Ordering::Acquire) { 200 } else { 500 };
        stream.write_all(answer(status, "{}").as_bytes())
    });
    let directory = tempfile::tempdir().unwrap();
    let mut gateway = GatewayProcess::start_in(directory.path(), &["--circuit-breaker-failures=0"]);
    register(&gateway, &functions, [1, 1], false);
    subscribe_more(&gateway, "w", &quick(1000));
    for _ in 0..DELIVERIES {
        emit(&gateway, "x");
    }
    let was_tried = |times| {
        let paths = paths(&functions);
        paths.len() == DELIVERIES && paths.values().all(|seen| seen.len() >= times)
    };
    wait_until("each delivery fails twice", || was_tried(2));
    gateway.stop(Signal::TERM);
    let before = paths(&functions);

    let gateway = GatewayProcess::start_in(directory.path(), &["--circuit-breaker-failures=0"]);
    wait_until("each delivery fails again", || {
        paths(&functions)
            .iter()
            .all(|(id, seen)| seen.len() > before[id].len())
    });
    is_mended.store(true, Ordering::Release);
    wait_until("nothing waits", || {
        gateway
            .get_config("/v1/metrics")
            .text()
            .contains("\neventgateway_events_backlog 0\n")
    });
    let after = paths(&functions);
    assert_eq!(after.len(), DELIVERIES);
    for (id, seen) in &after {
        assert!(seen.iter().all(|path| *path == seen[0]), "{id}: {seen:?}");
    }
    for path in ["/good", "/bad"] {
        let share = after.values().filter(|seen| seen[0] == path).count();
        assert!(share > 0 && share < DELIVERIES, "{share} of {path}");
    }
    assert!(dead_letters(&gateway).is_empty());
}

#[test]
fn a_bad_function_does_not_stop_the_good_one() {
    let gateway = GatewayProcess::start(&["--circuit-breaker-failures=2"]);
    let functions = with_bad_one();
    register(&gateway, &functions, [1, 1], false);
    subscribe_more(&gateway, "w", &quick(1000));
    // Two calls of the bad one open its circuit, however many deliveries it gets.
    wait_until("the circuit opens", || {
        emit(&gateway, "x");
        gateway.log.so_far().contains("Circuit opened")
    });
    for _ in 0..40 {
        emit(&gateway, "x");
    }
    let before = calls_of(&functions, "/good");
    for _ in 0..80 {
        emit(&gateway, "x");
    }
    // About half of them are for the good one, with a deviation of 4.5: fewer than this is one run in a million. If all
    // had to wait for the bad one, whose circuit is open for longer and longer, this would take minutes.
    wait_until("the good one is called", || {
        calls_of(&functions, "/good") > before + 18
    });
    let log = gateway.log.so_far();
    let opened: Vec<_> = log
        .lines()
        .filter(|line| line.contains("Circuit opened"))
        .collect();
    for line in opened {
        let line: Value = serde_json::from_str(line).unwrap();
        let named = ["functionId", "provider", "status"].map(|field| line[field].clone());
        assert_eq!(json!(named), json!(["bad", "http", 500]), "{line}");
    }
}

#[test]
fn others_stand_in_within_the_attempt() {
    let gateway = GatewayProcess::start(&[]);
    let functions = with_bad_one();
    register(&gateway, &functions, [0, 1], true);
    gateway.function("watch", &functions.url("/watch"));
    for system in ["invoking", "invoked", "invocationFailed"] {
        let name = format!("eventgateway.function.{system}");
        gateway.event_type(&name);
        gateway.subscribe("async", &name, "watch", "/");
    }
    subscribe_more(&gateway, "w", &quick(3));
    emit(&gateway, "x");
    wait_until("both are called, and two system events come", || {
        functions.calls().len() == 4
    });
    let calls = functions.calls();
    let [bad, good] = ["/bad", "/good"].map(|path| calls.iter().find(|call| call.path == path).unwrap());
    assert_eq!(good.header("webhook-id"), bad.header("webhook-id"));
    assert_eq!(good.header("x-event-gateway-attempt"), "1");
    assert_eq!(good.body, bad.body);
    let watched = calls.iter().filter(|call| call.path == "/watch").map(Call::json);
    let mut types = Vec::new();
    for event in watched {
        assert_eq!(event["data"]["functionId"], "w");
        types.push(event["eventType"].as_str().unwrap().to_owned());
    }
    types.sort();
    assert_eq!(
        types,
        ["eventgateway.function.invoked", "eventgateway.function.invoking"]
    );
    assert!(dead_letters(&gateway).is_empty());
}

#[test]
fn others_stand_in_for_sync_callers_and_as_authorizers() {
    let gateway = GatewayProcess::start(&[]);
    let functions = FunctionServer::start(|stream, call| {
        let (status, body) = match call.path.as_str() {
            "/bad" => (500, "{}"),
            _ if call.json().get("request").is_some() => (200, r#"{"authorization":{"principalId":"p"}}"#),
            _ => (200, r#"{"statusCode":201,"body":"good"}"#),
        };
        stream.write_all(answer(status, body).as_bytes())
    });
    register(&gateway, &functions, [0, 1], true);
    gateway.subscribe("sync", "ev", "w", "/a");
    let headers = [("Event", "ev"), ("Content-Type", "application/json")];
    let answer = gateway.post_event("/a", &headers, "{}");
    assert_eq!((answer.status, answer.text().as_str()), (201, "good"));
    assert_eq!(calls_of(&functions, "/bad"), 1);

    let authorized = gateway.configure(
        "PUT",
        "eventtypes/ev",
        &json!({"name": "ev", "authorizerId": "w"}),
    );
    assert_eq!(authorized.status, 200);
    let answer = gateway.post_event("/a", &headers, "{}");
    assert_eq!((answer.status, answer.text().as_str()), (201, "good"));
    let last = functions.calls().pop().unwrap().json();
    assert_eq!(
        last["extensions"]["eventgateway"]["authorization"]["principalId"],
        "p"
    );
}

#[test]
fn answers_are_no_failures_and_time_is_shared() {
    let gateway = GatewayProcess::start(&["--function-timeout=300"]);
    let functions = FunctionServer::start(|stream, call| match call.path.as_str() {
        "/bad" if call.json()["data"] == "hang" => wait_for_close(stream),
        "/bad" => stream.write_all(answer(404, r#"{"body":"gone"}"#).as_bytes()),
        _ => stream.write_all(answer(200, r#"{"body":"good"}"#).as_bytes()),
    });
    register(&gateway, &functions, [0, 1], true);
    gateway.subscribe("sync", "ev", "w", "/a");
    let headers = [("Event", "ev"), ("Content-Type", "application/json")];
    let answer = gateway.post_event("/a", &headers, "\"x\"");
    assert_eq!((answer.status, answer.text().as_str()), (200, "gone"));
    let late = gateway.post_event("/a", &headers, "\"hang\"");
    assert_eq!(late.error_message(), "Function call failed. Please check logs.");
    assert_eq!(calls_of(&functions, "/good"), 0);
}

#[test]
fn what_cannot_be_called() {
    let gateway = GatewayProcess::start(&[]);
    let functions = FunctionServer::answering("{}");
    gateway.function("good", &functions.url("/good"));
    let only = |function: &str, failover: bool| {
        let entries = [(function, 1), ("good", 0)]
            .map(|(function, weight)| json!({"functionId": function, "weight": weight}));
        json!({"weighted": entries, "failover": failover})
    };
    weigh(&gateway, &only("good", false));
    subscribe_more(&gateway, "w", &quick(3));
    let change = |provider: &Value| {
        let body = json!({"type": "weighted", "provider": provider});
        gateway.configure("PUT", "functions/w", &body)
    };
    let missing = change(&only("none", true));
    assert_eq!(
        (missing.status, missing.error_message()),
        (400, "Function \"none\" not found.".to_owned())
    );
    let used = gateway.configure("DELETE", "functions/good", &json!(null));
    assert_eq!(
        (used.status, used.error_message()),
        (
            400,
            "Function good cannot be deleted because it's used by the weighted function w.".to_owned()
        )
    );
    assert_eq!(change(&only("w", true)).status, 200);
    emit(&gateway, "nested");
    wait_until("a dead letter", || dead_letters(&gateway).len() == 1);
    let dead = dead_letters(&gateway);
    assert_eq!(
        (&dead[0]["functionId"], &dead[0]["reason"]),
        (&json!("w"), &json!("permanentFailure"))
    );
    let error = dead[0]["error"].as_str().unwrap();
    assert!(
        error.contains("calling this kind of function is not implemented"),
        "{error}"
    );
    assert_eq!(functions.calls().len(), 0);
}

#[test]
fn the_one_that_was_called_is_named() {
    let gateway = GatewayProcess::start(&[]);
    let functions = with_bad_one();
    register(&gateway, &functions, [0, 1], false);
    subscribe_more(&gateway, "w", &quick(1));
    emit(&gateway, "x");
    wait_until("a dead letter", || dead_letters(&gateway).len() == 1);
    wait_until("its attempt", || {
        let log = ask(&gateway, "GET", "deliveries", &json!(null)).json();
        log["deliveries"][0]["variant"] == "bad" && log["deliveries"][0]["functionId"] == "w"
    });
    let log = gateway.log.so_far();
    let failed = log
        .lines()
        .find(|line| line.contains("Function invocation failed."));
    let failed = failed.unwrap();
    assert!(failed.contains("variant") && failed.contains("bad"), "{failed}");
    let metrics = gateway.get_config("/v1/metrics");
    let series = r#"eventgateway_variant_calls_total{space="default",function="w",variant="bad"} 1"#;
    assert!(metrics.text().contains(series), "{}", metrics.text());
}

//! Failures that end a delivery elsewhere, and those that are passed on: with others that may do better.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::{calls_of, register, weigh};
use crate::delivery::{dead_letters, emit, quick, subscribe_more};
use crate::function_server::{FunctionServer, answer};
use crate::gateway_process::{GatewayProcess, wait_until};

#[test]
fn a_standby_ends_no_delivery_of_one_that_is_left_alone() {
    for status in [404, 410] {
        let gateway = GatewayProcess::start(&["--circuit-breaker-failures=1"]);
        let is_broken = AtomicBool::new(true);
        let functions = FunctionServer::start(move |stream, call| {
            let status = match call.path.as_str() {
                "/standby" => status,
                _ if is_broken.swap(false, Ordering::AcqRel) => 500,
                _ => 200,
            };
            stream.write_all(answer(status, "{}").as_bytes())
        });
        gateway.function("chosen", &functions.url("/chosen"));
        gateway.function("standby", &functions.url("/standby"));
        let entries =
            [("chosen", 1), ("standby", 0)].map(|(id, weight)| json!({"functionId": id, "weight": weight}));
        weigh(&gateway, &json!({"weighted": entries, "failover": true}));
        let subscription = subscribe_more(&gateway, "w", &quick(3));
        emit(&gateway, "x");
        // Its circuit is open after the first, for longer than the pause to the next attempt.
        wait_until("the chosen one is called again", || {
            calls_of(&functions, "/chosen") == 2
        });
        assert!(dead_letters(&gateway).is_empty(), "{status}");
        let subscription = gateway.get_config(&format!("/v1/spaces/default/subscriptions/{subscription}"));
        assert_eq!(subscription.json().get("paused"), None, "{status}");
        // What the standby said was an attempt that failed.
        let calls = functions.calls();
        let attempts: Vec<_> = calls
            .iter()
            .filter(|call| call.path == "/chosen")
            .map(|call| call.header("x-event-gateway-attempt"))
            .collect();
        assert_eq!(attempts, ["1", "3"], "{status}");
    }
}

#[test]
fn one_that_is_gone_does_not_stop_the_others() {
    let gateway = GatewayProcess::start(&[]);
    let functions = FunctionServer::start(|stream, call| {
        let status = if call.path == "/bad" { 410 } else { 200 };
        stream.write_all(answer(status, "{}").as_bytes())
    });
    register(&gateway, &functions, [0, 1], false);
    let subscription = subscribe_more(&gateway, "w", &quick(3));
    emit(&gateway, "x");
    wait_until("a dead letter", || dead_letters(&gateway).len() == 1);
    let dead = dead_letters(&gateway);
    assert_eq!(
        (&dead[0]["reason"], &dead[0]["lastResponse"]["status"]),
        (&json!("permanentFailure"), &json!(410))
    );
    let subscription = gateway.get_config(&format!("/v1/spaces/default/subscriptions/{subscription}"));
    assert_eq!(subscription.json().get("paused"), None);
}

#[test]
fn others_stand_in_for_answers_that_are_passed_on() {
    let gateway = GatewayProcess::start(&[]);
    let functions = FunctionServer::start(|stream, call| {
        let is_well = call.path == "/well" && call.json()["data"] != "all fail";
        let status = if is_well { 201 } else { 503 };
        stream.write_all(answer(status, &call.path).as_bytes())
    });
    for mode in ["raw", "stream"] {
        for (id, path) in [("bad", "/bad"), ("well", "/well")] {
            gateway.create(
                "functions",
                &json!({
                    "functionId": format!("{id}-{mode}"), "type": "http",
                    "provider": {"url": functions.url(path), "response": mode}
                }),
            );
        }
    }
    gateway.event_type("ev");
    for mode in ["raw", "stream"] {
        let entries = [("bad", 1), ("well", 0)]
            .map(|(id, weight)| json!({"functionId": format!("{id}-{mode}"), "weight": weight}));
        gateway.create(
            "functions",
            &json!({"functionId": mode, "type": "weighted", "provider": {"weighted": entries, "failover": true}}),
        );
        let path = format!("/{mode}");
        gateway.subscribe("sync", "ev", mode, &path);
        let headers = [("Event", "ev"), ("Content-Type", "application/json")];
        let answer = gateway.post_event(&path, &headers, "\"x\"");
        assert_eq!((answer.status, answer.text().as_str()), (201, "/well"), "{mode}");
        // Where all fail, the answer is that of the chosen one.
        let answer = gateway.post_event(&path, &headers, "\"all fail\"");
        assert_eq!((answer.status, answer.text().as_str()), (503, "/bad"), "{mode}");
    }
    assert_eq!(calls_of(&functions, "/well"), 4);
}

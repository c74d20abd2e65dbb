//! What is tried again, how often, and what the function learns of it.

use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::{dead_letters, emit, quick, subscribe, subscribe_more};
use crate::function_server::{FunctionServer, answer};
use crate::gateway_process::{GatewayProcess, wait_until};

/// A server that fails the first calls with a status line and headers of its own.
fn failing_first(calls: usize, failure: &'static str) -> FunctionServer {
    let seen = AtomicUsize::new(0);
    FunctionServer::start(move |stream, _| {
        if seen.fetch_add(1, Ordering::Relaxed) < calls {
            stream.write_all(failure.as_bytes())
        } else {
            stream.write_all(answer(200, "{}").as_bytes())
        }
    })
}

#[test]
fn attempts_share_an_id_and_count_up() {
    let gateway = GatewayProcess::start(&[]);
    let functions = failing_first(3, "HTTP/1.1 500 X\r\nContent-Length: 4\r\n\r\noops");
    let subscription = subscribe(&gateway, &functions.url("/"), &quick(10));
    emit(&gateway, "x");
    wait_until("four attempts", || functions.calls().len() == 4);
    let calls = functions.calls();
    let id = calls[0].header("webhook-id");
    assert!(!id.is_empty());
    for (at, call) in calls.iter().enumerate() {
        assert_eq!(call.header("webhook-id"), id);
        assert_eq!(call.header("x-event-gateway-attempt"), (at + 1).to_string());
        assert_eq!(call.header("x-event-gateway-subscription-id"), subscription);
        assert_eq!(call.json()["data"], "x");
        // The event itself is the same at every attempt.
        assert_eq!(call.body, calls[0].body);
    }
    assert!(dead_letters(&gateway).is_empty());
}

#[test]
fn retry_after_is_honoured() {
    let gateway = GatewayProcess::start(&[]);
    let functions = failing_first(1, "HTTP/1.1 429 X\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n");
    subscribe(&gateway, &functions.url("/"), &quick(10));
    let sent = Instant::now();
    emit(&gateway, "x");
    wait_until("the second attempt", || functions.calls().len() == 2);
    assert!(sent.elapsed() >= Duration::from_secs(2));
}

#[test]
fn the_policy_is_stored_shown_and_changed() {
    let gateway = GatewayProcess::start(&[]);
    let functions = FunctionServer::answering("{}");
    let policy = json!({"retry": {"maxAttempts": 3, "maxAgeSeconds": 60, "minDelay": 0.25, "maxDelay": 5}});
    let id = subscribe(&gateway, &functions.url("/"), &policy);
    let path = format!("subscriptions/{id}");
    let stored = || super::ask(&gateway, "GET", &path, &serde_json::Value::Null).json();
    assert_eq!(stored()["retry"], policy["retry"]);
    let mut without = stored();
    without.as_object_mut().unwrap().remove("retry");
    assert_eq!(super::ask(&gateway, "PUT", &path, &without).status, 200);
    assert_eq!(stored(), without);
    let mut wrong = without;
    wrong["retry"] = json!({"maxAttempts": 0});
    let refused = super::ask(&gateway, "PUT", &path, &wrong);
    assert_eq!(refused.status, 400);
    assert!(
        refused.error_message().contains("MaxAttempts"),
        "{}",
        refused.text()
    );
}

#[test]
fn a_failing_function_does_not_keep_others_waiting() {
    let gateway = GatewayProcess::start(&["-workers=4"]);
    // Never answers within the test.
    let stuck = FunctionServer::start(|stream, _| crate::function_server::wait_for_close(stream));
    let healthy = FunctionServer::answering("{}");
    subscribe(&gateway, &stuck.url("/"), &json!({}));
    gateway.function("g", &healthy.url("/"));
    subscribe_more(&gateway, "g", &json!({}));
    for number in 0..50 {
        emit(&gateway, &number.to_string());
    }
    // The stuck function may have two of the four workers, for the five seconds that a call may take.
    let started = Instant::now();
    wait_until("the healthy function has all", || healthy.calls().len() == 50);
    assert!(started.elapsed() < Duration::from_secs(4));
    assert!(stuck.calls().len() <= 2);
}

#[test]
fn what_cannot_heal_is_not_repeated() {
    for status in [400, 401, 403, 404, 413, 422] {
        let gateway = GatewayProcess::start(&[]);
        let functions =
            FunctionServer::start(move |stream, _| stream.write_all(answer(status, "no").as_bytes()));
        subscribe(&gateway, &functions.url("/"), &quick(10));
        emit(&gateway, "x");
        wait_until("the dead letter", || !dead_letters(&gateway).is_empty());
        assert_eq!(functions.calls().len(), 1, "{status}");
        let letter = &dead_letters(&gateway)[0];
        assert_eq!(letter["reason"], "permanentFailure");
        assert_eq!(letter["lastResponse"], json!({"status": status, "body": "no"}));
    }
}

/// Whoever mends a function does not wait for what the broken one had asked for.
#[test]
fn what_is_registered_anew_is_called_at_once() {
    for what in ["function", "subscription"] {
        let gateway = GatewayProcess::start(&[]);
        let functions = FunctionServer::start(|stream, call| match &*call.path {
            "/" => stream.write_all(b"HTTP/1.1 429 X\r\nRetry-After: 86400\r\nContent-Length: 0\r\n\r\n"),
            _ => stream.write_all(answer(200, "{}").as_bytes()),
        });
        let id = subscribe(&gateway, &functions.url("/"), &quick(10));
        emit(&gateway, "x");
        emit(&gateway, "y");
        wait_until("the function has asked for patience", || {
            !functions.calls().is_empty()
        });
        let attempts = || {
            let answer = super::ask(&gateway, "GET", "deliveries", &serde_json::Value::Null);
            answer.json()["deliveries"].as_array().unwrap().clone()
        };
        wait_until("it is noted", || !attempts().is_empty());
        // An hour, not a day.
        let attempt = attempts().pop().unwrap();
        let next = attempt["nextAttemptAt"].as_u64().unwrap() - attempt["at"].as_u64().unwrap();
        assert!((3_600_000..3_700_000).contains(&next), "{attempt}");
        let before = functions.calls().len();
        assert!(before <= 2, "the others are not held back");
        if what == "function" {
            let mended =
                json!({"functionId": "f", "type": "http", "provider": {"url": functions.url("/well")}});
            assert_eq!(gateway.configure("PUT", "functions/f", &mended).status, 200);
            let taken = || {
                functions
                    .calls()
                    .iter()
                    .filter(|call| call.path == "/well")
                    .count()
            };
            wait_until("both are delivered", || taken() == 2);
        } else {
            let path = format!("subscriptions/{id}");
            let stored = super::ask(&gateway, "GET", &path, &serde_json::Value::Null).json();
            assert_eq!(gateway.configure("PUT", &path, &stored).status, 200);
            wait_until("it is asked again", || functions.calls().len() > before);
        }
    }
}

#[test]
fn a_function_is_left_alone_for_as_long_as_the_setting_says() {
    let gateway = GatewayProcess::start(&["-max-retry-after=500"]);
    let functions = failing_first(
        1,
        "HTTP/1.1 503 X\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n",
    );
    subscribe(&gateway, &functions.url("/"), &quick(10));
    emit(&gateway, "x");
    wait_until("the second attempt", || functions.calls().len() == 2);
}

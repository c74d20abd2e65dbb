//! What producers ask for: order, a time, and only once.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::{emit_with, subscribe};
use crate::function_server::{FunctionServer, answer};
use crate::gateway_process::{GatewayProcess, wait_until};

#[test]
fn events_of_a_key_arrive_in_order_and_a_failing_one_blocks_only_its_key() {
    let gateway = GatewayProcess::start(&[]);
    // Every first attempt at an event of key `b` fails, and the first event of key `c` always does.
    let seen: Mutex<HashMap<String, u32>> = Mutex::default();
    let functions = FunctionServer::start(move |stream, call| {
        let data = call.json()["data"].as_str().unwrap().to_owned();
        let attempt = {
            let mut seen = seen.lock().unwrap();
            let count = seen.entry(data.clone()).or_default();
            *count += 1;
            *count
        };
        let fails = (data.starts_with('b') && attempt == 1) || data == "c0";
        stream.write_all(answer(if fails { 500 } else { 200 }, "{}").as_bytes())
    });
    let members = json!({"ordered": true, "retry": {"maxAttempts": 3, "minDelay": 0.05, "maxDelay": 0.1}});
    subscribe(&gateway, &functions.url("/"), &members);
    for number in 0..20 {
        for key in ["a", "b", "c"] {
            emit_with(&gateway, &[("X-Partition-Key", key)], &format!("{key}{number}"));
        }
    }
    let delivered = |key: &str| {
        let mut last = Vec::new();
        for call in functions.calls() {
            let data = call.json()["data"].as_str().unwrap().to_owned();
            if data.starts_with(key) && last.last() != Some(&data) {
                last.push(data);
            }
        }
        last
    };
    let all = |key: &str| (0..20).map(|number| format!("{key}{number}")).collect::<Vec<_>>();
    wait_until("all have arrived", || {
        ["a", "b", "c"].iter().all(|key| delivered(key).len() >= 20)
    });
    for key in ["a", "b", "c"] {
        assert_eq!(delivered(key), all(key));
    }
    assert_eq!(super::dead_letters(&gateway).len(), 1);
    // Of key `a` nothing waited for the failures of the others.
    let place = |data: &str| {
        functions
            .calls()
            .iter()
            .position(|call| call.json()["data"] == data)
            .unwrap()
    };
    assert!(place("a19") < place("b19"));
}

#[test]
fn a_delivery_is_not_made_before_its_time() {
    let gateway = GatewayProcess::start(&[]);
    let functions = FunctionServer::answering("{}");
    subscribe(&gateway, &functions.url("/"), &json!({}));
    let due = SystemTime::now() + Duration::from_secs(2);
    let seconds = due.duration_since(UNIX_EPOCH).unwrap().as_secs();
    let due = UNIX_EPOCH + Duration::from_secs(seconds);
    let text = time::OffsetDateTime::from(due)
        .format(&time::format_description::well_known::Rfc3339)
        .unwrap();
    emit_with(&gateway, &[("X-Deliver-At", &text)], "late");
    emit_with(&gateway, &[], "now");
    wait_until("both have arrived", || functions.calls().len() == 2);
    assert!(SystemTime::now() >= due);
    assert_eq!(functions.calls()[0].json()["data"], "now");
    let refused = gateway.post_event("/a", &[("Event", "ev"), ("X-Deliver-At", "tomorrow")], "x");
    assert_eq!(refused.status, 400);
}

#[test]
fn an_event_with_the_same_key_is_queued_once() {
    let directory = tempfile::tempdir().unwrap();
    let mut gateway = GatewayProcess::start_in(directory.path(), &[]);
    let functions = FunctionServer::answering("{}");
    subscribe(&gateway, &functions.url("/"), &json!({}));
    for data in ["first", "second"] {
        emit_with(&gateway, &[("X-Deduplication-Key", "k")], data);
    }
    wait_until("one has arrived", || !functions.calls().is_empty());
    gateway.kill();
    let gateway = GatewayProcess::start_in(directory.path(), &[]);
    emit_with(&gateway, &[("X-Deduplication-Key", "k")], "third");
    emit_with(&gateway, &[("X-Deduplication-Key", "l")], "other");
    emit_with(&gateway, &[], "without");
    wait_until("the others have arrived", || {
        functions
            .calls()
            .iter()
            .any(|call| call.json()["data"] == "without")
    });
    let mut arrived: Vec<_> = functions
        .calls()
        .iter()
        .map(|call| call.json()["data"].as_str().unwrap().to_owned())
        .collect();
    arrived.dedup();
    arrived.retain(|data| data != "other" && data != "without");
    assert_eq!(arrived, ["first"]);
}

/// A key belongs to the path and the type of its event, and a request is no way around it.
#[test]
fn a_key_is_decided_on_within_a_request_and_only_for_its_path_and_type() {
    let gateway = GatewayProcess::start(&[]);
    let functions = FunctionServer::answering("{}");
    subscribe(&gateway, &functions.url("/"), &json!({}));
    gateway.event_type("other");
    gateway.subscribe("async", "ev", "f", "/b");
    gateway.subscribe("async", "other", "f", "/a");
    let event = |id: &str, event_type: &str| json!({"specversion": "1.0", "type": event_type, "source": "/s", "id": id, "deduplicationkey": "k"});
    let send = |path: &str, events: serde_json::Value| {
        let headers = [("Content-Type", "application/cloudevents-batch+json")];
        let answer = gateway.post_event(path, &headers, events.to_string());
        assert_eq!(answer.status, 202, "{}", answer.text());
    };
    let thrice = json!([
        event("1", "ev"),
        event("2", "ev"),
        event("3", "other"),
        event("4", "ev")
    ]);
    send("/a", thrice);
    send("/a", json!([event("5", "ev")]));
    send("/b", json!([event("6", "ev")]));
    send("/a", json!([event("7", "other")]));
    emit_with(&gateway, &[], "last");
    wait_until("the others have arrived", || functions.calls().len() == 4);
    let mut arrived: Vec<_> = functions
        .calls()
        .iter()
        .filter_map(|call| call.json()["id"].as_str().map(str::to_owned))
        .collect();
    arrived.sort_unstable();
    assert_eq!(arrived, ["1", "3", "6"]);
}

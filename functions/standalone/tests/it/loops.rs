//! Events that come back to the gateway (docs/events.md): how often that was is told with each call, and it ends.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::client::{get, send};
use crate::function_server::{FunctionServer, answer};
use crate::gateway_process::{GatewayProcess, wait_until};

const HOPS: &str = "x-event-gateway-hops";

/// A URL of the gateway itself.
fn own(gateway: &GatewayProcess, path: &str) -> String {
    format!("http://{}{path}", gateway.events)
}

fn dead_letters(gateway: &GatewayProcess) -> Vec<Value> {
    let answer = get(gateway.config, "/v1/spaces/default/deadletters?limit=1000");
    answer.json()["deadLetters"].as_array().unwrap().clone()
}

/// A sample of the metrics page; 0 where there is none.
fn metric(gateway: &GatewayProcess, name: &str) -> u64 {
    let page = get(gateway.config, "/v1/metrics").text();
    let mut lines = page.lines().filter_map(|line| line.strip_prefix(name));
    lines.next().map_or(0, |value| value.trim().parse().unwrap())
}

#[test]
fn an_event_that_multiplies_comes_to_an_end() {
    let gateway = GatewayProcess::start(&[]);
    gateway.event_type("ev");
    for id in ["f", "g"] {
        gateway.function(id, &own(&gateway, "/a"));
        gateway.subscribe("async", "ev", id, "/a");
    }
    let sent = gateway.post_event("/a", &[("Event", "ev")], "\"x\"");
    assert_eq!(sent.status, 202);
    let dead = r#"eventgateway_dead_letters_total{space="default"}"#;
    wait_until("each branch has ended", || {
        metric(&gateway, dead) == 512 && metric(&gateway, "eventgateway_events_backlog") == 0
    });
    let received = r#"eventgateway_events_received_total{space="default",type="custom"}"#;
    assert_eq!(metric(&gateway, received), 1022);
    for letter in dead_letters(&gateway) {
        assert_eq!(
            (&letter["reason"], &letter["attempts"]),
            (&json!("loop"), &json!(1))
        );
        assert_eq!(letter["lastResponse"]["status"], 508);
        assert_eq!(letter["arrival"]["hops"], 17);
    }
}

#[test]
fn a_call_of_itself_comes_to_an_end() {
    let gateway = GatewayProcess::start(&[]);
    gateway.event_type("http.request");
    gateway.function("f", &own(&gateway, "/a"));
    gateway.subscribe("sync", "http.request", "f", "/a");
    let called = gateway.post_event("/a", &[], "");
    assert_eq!(called.status, 500, "{}", called.text());
    let received = r#"eventgateway_events_received_total{space="default",type="http.request"}"#;
    assert_eq!(metric(&gateway, received), 17);
}

#[test]
fn every_call_says_how_often_it_was() {
    let gateway = GatewayProcess::start(&["-max-hops=4"]);
    let functions = FunctionServer::answering(r#"{"authorization":{}}"#);
    for id in ["f", "auth", "sys", "next"] {
        gateway.function(id, &functions.url(&format!("/{id}")));
    }
    gateway.create("eventtypes", &json!({"name": "ev", "authorizerId": "auth"}));
    gateway.event_type("eventgateway.function.invoked");
    gateway.subscribe("sync", "ev", "f", "/a");
    gateway.subscribe("async", "ev", "next", "/a");
    gateway.subscribe("async", "eventgateway.function.invoked", "sys", "/");
    for (sent, carried) in [(None, "1"), (Some("0"), "1"), (Some("2"), "3"), (Some("4"), "5")] {
        let before = functions.calls().len();
        let mut headers = vec![("Event", "ev")];
        headers.extend(sent.map(|sent| (HOPS, sent)));
        assert_eq!(gateway.post_event("/a", &headers, "\"x\"").status, 200);
        // The async call emits a system event as well.
        wait_until("all are called", || functions.calls().len() == before + 5);
        for call in &functions.calls()[before..] {
            let told: u8 = call.header(HOPS).parse().unwrap();
            let carried: u8 = carried.parse().unwrap();
            // What the gateway says about a call is a step further than the call.
            let want = if call.path == "/sys" { carried + 1 } else { carried };
            assert_eq!(told, want, "{}", call.path);
            assert!(!String::from_utf8_lossy(&call.body).contains("eventgatewayhops"));
        }
    }
    let before = functions.calls().len();
    for (sent, status, text) in [
        (
            "5",
            508,
            "gateways have passed this on 5 times, and 4 is the most",
        ),
        ("255", 508, "255 times"),
        (
            "256",
            400,
            "x-event-gateway-hops must be one number from 0 to 255",
        ),
        ("-1", 400, HOPS),
        ("1, 1", 400, HOPS),
        ("many", 400, HOPS),
    ] {
        let refused = gateway.post_event("/a", &[("Event", "ev"), (HOPS, sent)], "\"x\"");
        assert_eq!(refused.status, status, "{sent}");
        let message = refused.error_message();
        assert!(message.contains(text), "{message}");
    }
    let twice = [("Event", "ev"), (HOPS, "1"), (HOPS, "0")];
    assert_eq!(gateway.post_event("/a", &twice, "\"x\"").status, 400);
    // What travels without headers says it itself; the greater count is the one that counts.
    let event = |hops: Value| {
        let event =
            json!({"specversion": "1.0", "type": "ev", "source": "/s", "id": "1", "eventgatewayhops": hops});
        let headers = [("Content-Type", "application/cloudevents+json"), (HOPS, "3")];
        gateway.post_event("/a", &headers, event.to_string()).status
    };
    assert_eq!(
        [json!(5), json!("5"), json!(-1), json!("x")].map(event),
        [508, 508, 400, 400]
    );
    assert_eq!(functions.calls().len(), before);
    assert_eq!(event(json!(2)), 200);
    wait_until("it is called", || functions.calls().len() > before + 1);
    assert!(
        functions.calls()[before..before + 2]
            .iter()
            .all(|call| call.header(HOPS) == "4")
    );
}

#[test]
fn the_count_outlives_restarts_attempts_and_dead_letters() {
    let directory = tempfile::tempdir().unwrap();
    let mut gateway = GatewayProcess::start_in(directory.path(), &[]);
    let is_well = Arc::new(AtomicBool::new(false));
    let told = is_well.clone();
    let functions = FunctionServer::start(move |stream, _| {
        let status = if told.load(Ordering::Acquire) { 200 } else { 500 };
        stream.write_all(answer(status, "{}").as_bytes())
    });
    gateway.event_type("ev");
    gateway.function("f", &functions.url("/"));
    let subscription = json!({
        "type": "async", "eventType": "ev", "functionId": "f", "path": "/a",
        "retry": {"maxAttempts": 3, "minDelay": 0.5, "maxDelay": 0.5},
    });
    gateway.create("subscriptions", &subscription);
    assert_eq!(
        gateway
            .post_event("/a", &[("Event", "ev"), (HOPS, "5")], "\"x\"")
            .status,
        202
    );
    wait_until("the first attempt", || !functions.calls().is_empty());
    gateway.kill();
    let gateway = GatewayProcess::start_in(directory.path(), &[]);
    wait_until("the dead letter", || dead_letters(&gateway).len() == 1);
    assert_eq!(dead_letters(&gateway)[0]["arrival"], json!({"hops": 5}));
    is_well.store(true, Ordering::Release);
    let before = functions.calls().len();
    let path = "/v1/spaces/default/deadletters/redrive";
    let all = r#"{"all":true}"#;
    assert_eq!(send(gateway.config, "POST", path, &[], all).status, 200);
    wait_until("it is delivered", || functions.calls().len() > before);
    assert!(functions.calls().iter().all(|call| call.header(HOPS) == "6"));
}

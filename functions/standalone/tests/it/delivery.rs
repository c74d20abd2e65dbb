//! Async deliveries of the program on its embedded queue (docs/delivery.md): retries, dead letters, pauses, delays,
//! order, deduplication, and what is left after kills and restarts.

mod dead_letters;
mod kills;
mod lambda_failures;
mod log;
mod network_guard;
mod options;
mod pauses;
mod retries;
mod shutdown;
mod signatures;
mod waiting;
mod weighted;

use serde_json::{Value, json};

use crate::client::{Answer, send};
use crate::gateway_process::GatewayProcess;

/// Registers an event type `ev`, a function `f` at a URL and an async subscription on `/a`; gives its id.
fn subscribe(gateway: &GatewayProcess, url: &str, members: &Value) -> String {
    gateway.event_type("ev");
    gateway.function("f", url);
    subscribe_more(gateway, "f", members)
}

/// One more subscription to `ev` on `/a`, of a function that is registered.
fn subscribe_more(gateway: &GatewayProcess, function: &str, members: &Value) -> String {
    let mut subscription = json!({"type": "async", "eventType": "ev", "functionId": function, "path": "/a"});
    let object = subscription.as_object_mut().unwrap();
    object.extend(members.as_object().cloned().unwrap_or_default());
    let created = gateway.create("subscriptions", &subscription);
    created["subscriptionId"].as_str().unwrap().to_owned()
}

/// Sends an event with this data; it has to be accepted.
fn emit(gateway: &GatewayProcess, data: &str) {
    emit_with(gateway, &[], data);
}

/// Sends an event with headers besides.
fn emit_with(gateway: &GatewayProcess, headers: &[(&str, &str)], data: &str) {
    let mut all = vec![("Event", "ev"), ("Content-Type", "application/json")];
    all.extend(headers);
    let answer = gateway.post_event("/a", &all, json!(data).to_string());
    assert_eq!(answer.status, 202, "{}", answer.text());
}

/// A policy of very short pauses.
fn quick(attempts: u32) -> Value {
    json!({"retry": {"maxAttempts": attempts, "minDelay": 0.01, "maxDelay": 0.02}})
}

/// A request to the deliveries' part of the Configuration API.
fn ask(gateway: &GatewayProcess, method: &str, path: &str, body: &Value) -> Answer {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    send(
        gateway.config,
        method,
        &format!("/v1/spaces/default/{path}"),
        &[],
        body,
    )
}

/// The dead letters, the oldest first.
fn dead_letters(gateway: &GatewayProcess) -> Vec<Value> {
    let answer = ask(gateway, "GET", "deadletters", &Value::Null);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["deadLetters"].as_array().unwrap().clone()
}

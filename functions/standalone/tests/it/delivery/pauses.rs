//! Paused subscriptions: by whoever runs them, and by a function that says that it is gone.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use rustix::process::Signal;
use serde_json::{Value, json};

use super::{ask, dead_letters, emit, quick, subscribe, subscribe_more};
use crate::function_server::{FunctionServer, answer};
use crate::gateway_process::{GatewayProcess, wait_until};

#[test]
fn a_paused_subscription_keeps_its_backlog() {
    let directory = tempfile::tempdir().unwrap();
    let mut gateway = GatewayProcess::start_in(directory.path(), &[]);
    let functions = FunctionServer::answering("{}");
    let paused = subscribe(
        &gateway,
        &functions.url("/paused"),
        &json!({"paused": true, "pausedReason": "works"}),
    );
    gateway.function("g", &functions.url("/other"));
    subscribe_more(&gateway, "g", &json!({}));
    for number in 0..3 {
        emit(&gateway, &number.to_string());
    }
    let called = |path: &str| functions.calls().iter().filter(|call| call.path == path).count();
    wait_until("the other has them", || called("/other") == 3);

    assert_eq!(gateway.stop(Signal::TERM).code(), Some(0));
    let gateway = GatewayProcess::start_in(directory.path(), &[]);
    assert_eq!(called("/paused"), 0);
    let resumed = ask(
        &gateway,
        "POST",
        &format!("subscriptions/{paused}/resume"),
        &Value::Null,
    );
    assert_eq!(resumed.status, 200, "{}", resumed.text());
    assert_eq!(resumed.json().get("paused"), None);
    wait_until("the backlog is delivered", || called("/paused") == 3);
    assert_eq!(called("/other"), 3);
}

#[test]
fn a_function_that_is_gone_pauses_its_subscription() {
    let gateway = GatewayProcess::start(&[]);
    let status = Arc::new(AtomicU16::new(410));
    let answered = status.clone();
    let functions = FunctionServer::start(move |stream, _| {
        stream.write_all(answer(answered.load(Ordering::Acquire), "").as_bytes())
    });
    let subscription = subscribe(&gateway, &functions.url("/"), &quick(5));
    let path = format!("subscriptions/{subscription}");
    let stored = || ask(&gateway, "GET", &path, &Value::Null).json();
    emit(&gateway, "x");
    wait_until("the subscription is paused", || stored()["paused"] == true);
    assert!(stored()["pausedReason"].as_str().unwrap().contains("410"));
    emit(&gateway, "y");
    assert!(dead_letters(&gateway).is_empty());
    assert_eq!(functions.calls().len(), 1);

    status.store(200, Ordering::Release);
    let resumed = ask(&gateway, "POST", &format!("{path}/resume"), &Value::Null);
    assert_eq!(resumed.status, 200);
    wait_until("both are delivered", || functions.calls().len() == 3);
}

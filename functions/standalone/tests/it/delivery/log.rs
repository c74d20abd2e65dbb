//! Why an event did or did not arrive: the log of attempts, and the explanation of routes.

use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::{ask, emit, quick, subscribe};
use crate::function_server::{FunctionServer, answer};
use crate::gateway_process::{GatewayProcess, wait_until};

#[test]
fn attempts_are_logged_with_their_outcomes() {
    let gateway = GatewayProcess::start(&[]);
    let seen = AtomicUsize::new(0);
    let functions = FunctionServer::start(move |stream, _| {
        let status = if seen.fetch_add(1, Ordering::Relaxed) == 0 {
            503
        } else {
            200
        };
        stream.write_all(answer(status, "{}").as_bytes())
    });
    let subscription = subscribe(&gateway, &functions.url("/"), &quick(5));
    emit(&gateway, "x");
    wait_until("both attempts", || functions.calls().len() == 2);
    let event_id = functions.calls()[0].json()["eventID"]
        .as_str()
        .unwrap()
        .to_owned();
    let logged = || {
        let answer = ask(
            &gateway,
            "GET",
            &format!("deliveries?eventId={event_id}"),
            &Value::Null,
        );
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["deliveries"].as_array().unwrap().clone()
    };
    wait_until("both are logged", || logged().len() == 2);
    let logged = logged();
    let [newest, oldest] = &logged[..] else { panic!() };
    assert_eq!(
        (&oldest["attempt"], &oldest["outcome"]),
        (&json!(1), &json!("retrying"))
    );
    assert_eq!(oldest["status"], 503);
    assert_eq!(
        (&newest["attempt"], &newest["outcome"]),
        (&json!(2), &json!("delivered"))
    );
    assert_eq!(newest["subscriptionId"], *subscription);
    let none = ask(&gateway, "GET", "deliveries?eventId=unknown", &Value::Null);
    assert_eq!(none.json(), json!({"deliveries": []}));
}

#[test]
fn explain_says_who_gets_an_event_and_who_does_not() {
    let gateway = GatewayProcess::start(&[]);
    let functions = FunctionServer::answering("{}");
    let matching = subscribe(&gateway, &functions.url("/"), &json!({}));
    gateway.event_type("other");
    let elsewhere = gateway.create(
        "subscriptions",
        &json!({"type": "async", "eventType": "other", "functionId": "f", "path": "/b"}),
    );
    let answer = ask(
        &gateway,
        "POST",
        "explain",
        &json!({"eventType": "ev", "method": "POST", "path": "/a"}),
    );
    assert_eq!(answer.status, 200, "{}", answer.text());
    let explained = answer.json();
    let of = |id: &str| {
        let subscriptions = explained["subscriptions"].as_array().unwrap();
        subscriptions
            .iter()
            .find(|entry| entry["subscriptionId"] == *id)
            .unwrap()
            .clone()
    };
    assert_eq!(of(&matching)["matches"], true);
    let other = of(elsewhere["subscriptionId"].as_str().unwrap());
    assert_eq!(other["matches"], false);
    assert!(other["reasons"].to_string().contains("path"), "{other}");
}

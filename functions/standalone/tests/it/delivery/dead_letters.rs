//! Deliveries that were given up: what is kept of them, and how they come back.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::{ask, dead_letters, emit, quick, subscribe, subscribe_more};
use crate::function_server::{FunctionServer, answer};
use crate::gateway_process::{GatewayProcess, wait_until};

/// A server that fails until it is told that all is well.
fn broken() -> (FunctionServer, Arc<AtomicBool>) {
    let is_well = Arc::new(AtomicBool::new(false));
    let told = is_well.clone();
    let server = FunctionServer::start(move |stream, _| {
        let answer = if told.load(Ordering::Acquire) {
            answer(200, "{}")
        } else {
            answer(500, "broken")
        };
        stream.write_all(answer.as_bytes())
    });
    (server, is_well)
}

#[test]
fn exhausted_deliveries_are_kept_and_can_be_redriven() {
    let directory = tempfile::tempdir().unwrap();
    let mut gateway = GatewayProcess::start_in(directory.path(), &[]);
    let (functions, is_well) = broken();
    let subscription = subscribe(&gateway, &functions.url("/"), &quick(3));
    emit(&gateway, "x");
    wait_until("the dead letter", || dead_letters(&gateway).len() == 1);
    let letter = dead_letters(&gateway).remove(0);
    assert_eq!(functions.calls().len(), 3);
    let id = functions.calls()[0].header("webhook-id").to_owned();
    assert_eq!(letter["deliveryId"], *id);
    assert_eq!(letter["subscriptionId"], *subscription);
    assert_eq!(letter["functionId"], "f");
    assert_eq!(letter["reason"], "attemptsExhausted");
    assert_eq!(letter["attempts"], 3);
    assert_eq!(letter["lastResponse"], json!({"status": 500, "body": "broken"}));
    assert_eq!(letter["event"]["data"], "x");
    assert!(letter["deadAt"].as_u64() >= letter["acceptedAt"].as_u64());

    let log = gateway.log.so_far();
    let line = log.lines().find(|line| line.contains("Delivery given up."));
    let line: Value = serde_json::from_str(line.unwrap()).unwrap();
    let named = ["functionId", "provider", "status", "reason"].map(|field| line[field].clone());
    assert_eq!(json!(named), json!(["f", "http", 500, "attemptsExhausted"]));

    // It is there after a restart, and comes back with its id and a count that begins anew.
    gateway.kill();
    let gateway = GatewayProcess::start_in(directory.path(), &[]);
    assert_eq!(dead_letters(&gateway), [letter]);
    is_well.store(true, Ordering::Release);
    let redriven = ask(
        &gateway,
        "POST",
        "deadletters/redrive",
        &json!({"deliveryId": id}),
    );
    assert_eq!(
        (redriven.status, redriven.json()["redriven"].clone()),
        (200, json!(1))
    );
    wait_until("the delivery", || functions.calls().len() == 4);
    let call = &functions.calls()[3];
    assert_eq!(
        (call.header("webhook-id"), call.header("x-event-gateway-attempt")),
        (&*id, "1")
    );
    assert!(dead_letters(&gateway).is_empty());
}

#[test]
fn dead_letters_are_paged_selected_and_purged() {
    let gateway = GatewayProcess::start(&[]);
    let (functions, _is_well) = broken();
    let first = subscribe(&gateway, &functions.url("/f"), &quick(1));
    gateway.function("g", &functions.url("/g"));
    let second = subscribe_more(&gateway, "g", &quick(1));
    for number in 0..5 {
        emit(&gateway, &number.to_string());
    }
    wait_until("ten dead letters", || dead_letters(&gateway).len() == 10);

    let mut seen = Vec::new();
    let mut path = "deadletters?limit=3".to_owned();
    loop {
        let page = ask(&gateway, "GET", &path, &Value::Null).json();
        let letters = page["deadLetters"].as_array().unwrap();
        assert!(letters.len() <= 3);
        seen.extend(
            letters
                .iter()
                .map(|letter| letter["deliveryId"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else { break };
        path = format!("deadletters?limit=3&next={next}");
    }
    assert_eq!(seen.len(), 10);
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 10);

    let of_first = format!("deadletters?subscriptionId={first}");
    let selected = ask(&gateway, "GET", &of_first, &Value::Null).json();
    let selected = selected["deadLetters"].as_array().unwrap().clone();
    assert!(selected.len() == 5 && selected.iter().all(|letter| letter["subscriptionId"] == *first));
    let one = format!("deadletters/{}", selected[0]["deliveryId"].as_str().unwrap());
    assert_eq!(ask(&gateway, "GET", &one, &Value::Null).json(), selected[0]);
    assert_eq!(ask(&gateway, "DELETE", &one, &Value::Null).status, 204);
    assert_eq!(ask(&gateway, "GET", &one, &Value::Null).status, 404);
    assert_eq!(
        ask(&gateway, "DELETE", &of_first, &Value::Null).json(),
        json!({"deleted": 4})
    );
    let left = dead_letters(&gateway);
    assert!(left.len() == 5 && left.iter().all(|letter| letter["subscriptionId"] == *second));
    let redriven = ask(
        &gateway,
        "POST",
        "deadletters/redrive",
        &json!({"subscriptionId": second}),
    );
    assert_eq!(redriven.json()["redriven"], 5);
    wait_until("they are dead again", || {
        dead_letters(&gateway).len() == 5 && functions.calls().len() == 15
    });
}

#[test]
fn a_deleted_subscription_leaves_dead_letters() {
    let gateway = GatewayProcess::start(&[]);
    let (functions, _is_well) = broken();
    let policy = json!({"retry": {"minDelay": 1, "maxDelay": 1}});
    let subscription = subscribe(&gateway, &functions.url("/"), &policy);
    emit(&gateway, "x");
    wait_until("an attempt", || !functions.calls().is_empty());
    let path = format!("subscriptions/{subscription}");
    assert_eq!(ask(&gateway, "DELETE", &path, &Value::Null).status, 204);
    wait_until("the dead letter", || dead_letters(&gateway).len() == 1);
    assert_eq!(dead_letters(&gateway)[0]["reason"], "subscriptionDeleted");
}

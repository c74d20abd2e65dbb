//! What becomes of async events: attempts, dead letters, what waits, pausing.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::gateway_process::Gateway;
use crate::program::User;
use crate::stand_in::StandIn;

/// Registers a function and an async subscription to `a`; returns the subscription's id.
fn subscribed(user: &User, function: &StandIn) -> String {
    user.eg(&["create", "function", "f", "--url", &function.url])
        .expect(0);
    user.eg(&["create", "eventtype", "a"]).expect(0);
    let created = user
        .eg(&[
            "create",
            "subscription",
            "--type=async",
            "--event-type=a",
            "--function=f",
            "-o",
            "json",
        ])
        .json();
    created["subscriptionId"].as_str().unwrap().to_owned()
}

/// The list that a command writes, once there is something in it.
fn once_there(user: &User, arguments: &[&str]) -> Value {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let list = user.eg(arguments).json();
        if !list[0].is_null() {
            return list;
        }
        assert!(Instant::now() < deadline, "nothing is there: {arguments:?}");
    }
}

#[test]
fn attempts_are_followed_and_listed() {
    let function = StandIn::start(|_| (200, "", "{}".to_owned()));
    let gateway = Gateway::start(&[]);
    let user = gateway.user();
    let id = subscribed(&user, &function);
    user.eg(&["emit", "--type", "a", "--id", "42"]).expect(0);
    let followed = user
        .eg(&[
            "tail",
            "--all",
            "--count",
            "1",
            "--for=20",
            "--interval",
            "100",
            "--event-id",
            "42",
            "-o",
            "json",
        ])
        .json();
    assert_eq!(followed["outcome"], "delivered");
    let table = user.eg(&["deliveries", "--event-id", "42"]).out();
    assert!(table.lines().nth(1).unwrap().contains("delivered"), "{table}");
    let described = user.eg(&["describe", "subscription", &id]).out();
    assert!(
        described.contains("last deliveries:") && described.contains("delivered"),
        "{described}"
    );
    let none = user.eg(&["deliveries", "--event-id", "43"]).expect(0);
    assert_eq!(
        (none.out.as_str(), none.err.as_str()),
        ("", "there is no delivery\n")
    );
}

#[test]
fn dead_letters_are_shown_queued_again_and_deleted() {
    let function = StandIn::start(|_| (400, "", "no such user".to_owned()));
    let gateway = Gateway::start(&[]);
    let user = gateway.user();
    let id = subscribed(&user, &function);
    user.eg(&["emit", "--type", "a", "--id", "42"]).expect(0);
    let letters = once_there(&user, &["dlq", "list", "-o", "json"]);
    let list = user.eg(&["dlq", "list"]).out();
    assert!(
        list.lines().nth(1).unwrap().contains("permanentFailure"),
        "{list}"
    );
    assert_eq!(letters[0]["event"]["id"], "42");
    let delivery = letters[0]["deliveryId"].as_str().unwrap();
    assert!(user.eg(&["dlq", "show", delivery]).out().contains("no such user"));
    assert_eq!(user.eg(&["dlq", "redrive", delivery]).out(), "1 queued again\n");
    once_there(&user, &["dlq", "list", "-o", "json"]);
    let asked = user.eg(&["dlq", "purge", "--subscription", &id]).expect(2);
    assert!(asked.err.contains("say so with --yes"), "{}", asked.err);
    assert_eq!(
        user.eg(&["dlq", "purge", "--subscription", &id, "--yes"]).out(),
        "1 deleted\n"
    );
    assert_eq!(
        user.eg(&["dlq", "redrive", "--all", "-o", "json"]).json()["redriven"],
        0
    );
    user.eg(&["dlq", "show", delivery]).expect(4);
}

#[test]
fn what_waits_is_listed_and_cancelled() {
    let function = StandIn::start(|_| (200, "", "{}".to_owned()));
    let gateway = Gateway::start(&[]);
    let user = gateway.user();
    let id = subscribed(&user, &function);
    assert!(
        user.eg(&["pause", &id, "--reason", "moving"])
            .out()
            .ends_with("paused\n")
    );
    assert!(user.eg(&["get", "subscriptions"]).out().contains("paused"));
    user.eg(&["emit", "--type", "a", "--id", "42"]).expect(0);
    // A worker may just be finding out that it is paused.
    let list = once_there(&user, &["waiting", "list", "--function", "f", "-o", "json"]);
    assert_eq!(list[0]["eventId"], "42");
    user.eg(&["waiting", "cancel"]).expect(2);
    assert_eq!(
        user.eg(&["waiting", "cancel", "--event-id", "42"]).out(),
        "1 cancelled\n"
    );
    assert_eq!(user.eg(&["waiting", "list"]).expect(0).err, "nothing waits\n");
    user.eg(&["resume", &id]).expect(0);
    assert!(function.requests().is_empty());
}

#[test]
fn no_more_are_queued_again_than_there_were() {
    // A gateway at which each dead letter is dead again before the next question.
    let gateway = StandIn::start(|request| {
        let answer = match request.line.as_str() {
            "POST /v1/spaces/default/deadletters/redrive" => r#"{"redriven":2,"more":true}"#,
            line if line.contains("next=b") => r#"{"deadLetters":[{}]}"#,
            _ => r#"{"deadLetters":[{},{}],"next":"b"}"#,
        };
        (200, "", answer.to_owned())
    });
    let user = User::new().with("EG_CONFIG_URL", &gateway.url);
    let ran = user.eg(&["dlq", "redrive", "--all"]).expect(0);
    assert_eq!(ran.out, "6 queued again\n");
}

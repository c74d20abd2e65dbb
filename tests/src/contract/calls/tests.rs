//! Expectations about calls, against a function that is really called.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use super::{CallCheck, CallExpectation};
use crate::{
    client::{Api, Host, Request},
    target::RecordingTarget,
};

const BODIES: [&str; 2] = [
    r#"{"id":1,"at":"x","in":"eyJrIjoxfQ=="}"#,
    "{\"id\":2,\"at\":\"x\"}\n",
];

/// A target whose function `k/f` received both bodies.
async fn called() -> anyhow::Result<RecordingTarget> {
    let target = RecordingTarget::start().await?;
    let address = target
        .base_url("k")
        .trim_start_matches("http://")
        .trim_end_matches("/k")
        .parse()?;
    for body in BODIES {
        let request = Request {
            method: "POST".to_owned(),
            target: "/k/f".to_owned(),
            headers: vec![("X-A".to_owned(), "b".to_owned())],
            body: Some(body.as_bytes().to_vec()),
            chunked: false,
        };
        Host::Tcp {
            events: address,
            config: address,
        }
        .send(Api::Events, &request, Duration::from_secs(5))
        .await?;
    }
    Ok(target)
}

async fn check(
    target: &RecordingTarget,
    before: usize,
    written: &Value,
) -> anyhow::Result<Result<BTreeMap<String, Value>, Vec<String>>> {
    let before = BTreeMap::from([("f".to_owned(), before)]);
    let expected: BTreeMap<String, CallExpectation> = serde_json::from_value(json!({ "f": written }))?;
    Ok(CallCheck {
        target,
        token: "k",
        before: &before,
        patience: std::time::Duration::ZERO,
    }
    .check(&expected)
    .await)
}

#[tokio::test]
async fn fitting_calls_pass() -> anyhow::Result<()> {
    let target = called().await?;
    for (before, written) in [
        (0, json!({"n": 2})),
        (1, json!({})),
        (1, json!({"n": 2, "total": true, "distinct": ["id"]})),
        (2, json!({"n": 0})),
        (0, json!({"n": 1, "at_least": true})),
        (
            0,
            json!({"where": {"id": 1}, "get": {"id": 1, "none": "${absent}"}, "no_newline": true}),
        ),
        (
            0,
            json!({"where": {"id": 1}, "b64json": {"in": "{\"k\":1}"}, "text": BODIES[0]}),
        ),
        (
            1,
            json!({"is": {"id": 2, "at": "${string}"}, "method": "POST", "headers": {"x-a": "b", "x-c": "${absent}"}}),
        ),
    ] {
        assert_eq!(
            check(&target, before, &written).await?,
            Ok(BTreeMap::new()),
            "{before} {written}"
        );
    }
    let saved = check(&target, 0, &json!({"n": 2, "save": {"first": "id"}})).await?;
    assert_eq!(saved, Ok(BTreeMap::from([("first".to_owned(), json!(1))])));
    Ok(())
}

#[tokio::test]
async fn each_expectation_can_fail() -> anyhow::Result<()> {
    let target = called().await?;
    for (before, written, want) in [
        (0, json!({"n": 1}), "function f expected 1 call(s), got 2"),
        (1, json!({"n": 0}), "function f expected 0 call(s), got 1"),
        (
            0,
            json!({"n": 0, "where": {"id": 2}}),
            "function f expected 0 call(s), got 1",
        ),
        (0, json!({"n": "${nok}"}), "\"${nok}\" is not a number of calls"),
        (1, json!({"is": {}}), "call of f: $ has unexpected members"),
        (1, json!({"get": {"id": 1}}), "call of f: id expected 1, got 2"),
        (
            1,
            json!({"b64json": {"at": "x"}}),
            "call of f: at decoded expected",
        ),
        (
            1,
            json!({"method": "GET"}),
            "call of f: method expected GET, got POST",
        ),
        (
            1,
            json!({"headers": {"X-A": "c"}}),
            "call of f: header X-A expected",
        ),
        (1, json!({"text": "x"}), "call of f: payload expected"),
        (
            1,
            json!({"no_newline": true}),
            "call of f: payload ends with a newline",
        ),
        (
            0,
            json!({"n": 2, "distinct": ["id", "at"]}),
            "values of at in the calls of f are not distinct",
        ),
        (1, json!({"save": {"x": "none"}}), "call of f has no none to save"),
    ] {
        let outcome = check(&target, before, &written).await?;
        let first = outcome
            .err()
            .and_then(|all| all.into_iter().next())
            .unwrap_or_default();
        assert!(first.starts_with(want), "{before} {written}: {first}");
    }
    Ok(())
}

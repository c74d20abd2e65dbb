//! Subscriptions are paused and resumed, and it is explained which of them an event reaches.

use super::*;

const SUBSCRIPTIONS: &str = "/v1/spaces/default/subscriptions";

#[tokio::test]
async fn paused_and_resumed_any_number_of_times() {
    let api = Api::start();
    let path = format!("{SUBSCRIPTIONS}/{}", api.subscribe().await);
    let before = api.get(&path).await.body;
    assert_eq!(before["paused"], Value::Null);

    for (action, body, paused, reason) in [
        ("resume", "", Value::Null, Value::Null),
        ("pause", "", true.into(), Value::Null),
        ("pause", r#"{"reason":"a move"}"#, true.into(), "a move".into()),
        ("pause", "{}", true.into(), "a move".into()),
        ("pause", r#"{"reason":"a fire"}"#, true.into(), "a fire".into()),
        ("resume", "{}", Value::Null, Value::Null),
        ("resume", "", Value::Null, Value::Null),
    ] {
        let answer = api.send("POST", &format!("{path}/{action}"), body).await;
        assert_eq!(answer.status, 200, "{action} {body}: {}", answer.body);
        assert_eq!(
            answer.body,
            api.get(&path).await.body,
            "the subscription as stored"
        );
        let state = (&answer.body["paused"], &answer.body["pausedReason"]);
        assert_eq!(state, (&paused, &reason), "{action} {body}");
        assert_eq!(answer.body["metadata"], before["metadata"]);
    }
    assert_eq!(api.get(&path).await.body, before);
}

#[tokio::test]
async fn a_put_pauses_as_well() {
    let api = Api::start();
    let path = format!("{SUBSCRIPTIONS}/{}", api.subscribe().await);
    let body = |more: &str| format!(r#"{{"type":"async","eventType":"e","functionId":"f"{more}}}"#);
    let paused = api
        .send("PUT", &path, &body(r#","paused":true,"pausedReason":"a move""#))
        .await;
    assert_eq!(
        (&paused.body["paused"], &paused.body["pausedReason"]),
        (&true.into(), &"a move".into())
    );
    let resumed = api.send("PUT", &path, &body("")).await;
    assert_eq!((resumed.status, &resumed.body["paused"]), (200, &Value::Null));
}

#[tokio::test]
async fn what_cannot_be_paused() {
    let api = Api::start();
    let subscription = api.subscribe().await;
    let sync = api.subscribe_as("sync").await;
    for action in ["pause", "resume"] {
        let missing = api
            .send("POST", &format!("{SUBSCRIPTIONS}/unknown/{action}"), "")
            .await;
        assert_eq!(missing.status, 404);
        assert_eq!(missing.message(), "Subscription \"unknown\" not found.");
        let refused = api
            .send("POST", &format!("{SUBSCRIPTIONS}/{sync}/{action}"), "")
            .await;
        assert_eq!(refused.status, 400);
        assert_eq!(refused.message(), "only async subscriptions can be paused");
    }
    let too_long = format!(r#"{{"reason":"{}"}}"#, "x".repeat(1025));
    for body in [r#"{"reason":""}"#, r#"{"reason":7}"#, "[]", "why", &too_long] {
        let refused = api
            .send("POST", &format!("{SUBSCRIPTIONS}/{subscription}/pause"), body)
            .await;
        assert_eq!(refused.status, 400, "{body}");
    }
    let longest = format!(r#"{{"reason":"{}"}}"#, "x".repeat(1024));
    let path = format!("{SUBSCRIPTIONS}/{subscription}/pause");
    assert_eq!(api.send("POST", &path, &longest).await.status, 200);
}

async fn explain(api: &Api, body: &str) -> Reply {
    api.send("POST", "/v1/spaces/default/explain", body).await
}

#[tokio::test]
async fn subscriptions_that_an_event_reaches() {
    let api = Api::start();
    let subscription = api.subscribe().await;
    for (body, matches) in [
        (r#"{"eventType":"e"}"#, true),
        (
            r#"{"event":{"specversion":"1.0","type":"e","source":"/s","id":"1"},"method":"post"}"#,
            true,
        ),
        (
            r#"{"event":{"cloudEventsVersion":"0.1","eventType":"e","source":"/s","eventID":"1"}}"#,
            true,
        ),
        (r#"{"eventType":"e","path":"/other"}"#, false),
        (r#"{"eventType":"e","method":"GET"}"#, false),
        (r#"{"eventType":"other"}"#, false),
    ] {
        let answer = explain(&api, body).await;
        assert_eq!(answer.status, 200, "{body}: {}", answer.body);
        let [found] = answer.body["subscriptions"].as_array().unwrap().as_slice() else {
            panic!("{}", answer.body)
        };
        assert_eq!(found["subscriptionId"], subscription.as_str());
        assert_eq!(found["matches"], matches, "{body}");
    }
}

#[tokio::test]
async fn explanations_stay_within_the_space() {
    let api = Api::start();
    api.subscribe().await;
    let answer = api
        .send("POST", "/v1/spaces/other/explain", r#"{"eventType":"e"}"#)
        .await;
    assert_eq!(
        (answer.status, &answer.body["subscriptions"]),
        (200, &serde_json::json!([]))
    );
}

#[tokio::test]
async fn questions_that_are_refused() {
    let api = Api::start();
    for body in [
        "",
        "[]",
        r#"{"event":{}}"#,
        r#"{"event":"e"}"#,
        r#"{"eventType":7}"#,
    ] {
        let refused = explain(&api, body).await;
        assert_eq!(refused.status, 400, "{body}");
        refused.message();
    }
}

#[tokio::test]
async fn what_is_in_the_way_of_a_subscription_is_named() {
    let api = Api::start();
    api.subscribe().await;
    let sync = |path: &str| {
        format!(r#"{{"type":"sync","eventType":"e","functionId":"f","path":"{path}","method":"GET"}}"#)
    };
    let created = api.send("POST", SUBSCRIPTIONS, &sync("/users/:id")).await;
    assert_eq!(created.status, 201, "{}", created.body);
    let id = created.body["subscriptionId"].as_str().unwrap();
    let hint = format!(
        "there is a subscription \"{id}\": sync, event type \"e\", GET \"/users/:id\", function \"f\""
    );
    for (path, status, field, rule) in [
        ("/users/:id", 409, Value::Null, "unique"),
        ("/users/:name", 400, "path".into(), "path"),
        ("/users/me", 400, "path".into(), "path"),
    ] {
        let refused = api.send_with(&DETAILS, "POST", SUBSCRIPTIONS, &sync(path)).await;
        let error = &refused.body["errors"][0];
        assert_eq!(refused.status, status, "{error}");
        assert_eq!(
            (&error["field"], &error["rule"]),
            (&field, &rule.into()),
            "{error}"
        );
        assert_eq!(error["hint"], hint.as_str());
    }
    let missing = r#"{"type":"sync","eventType":"none","functionId":"f"}"#;
    let refused = api.send("POST", SUBSCRIPTIONS, missing).await;
    let want = serde_json::json!({"message": "Event Type \"none\" not found."});
    assert_eq!(refused.body["errors"][0], want, "who does not ask for more");
    let refused = api.send_with(&DETAILS, "POST", SUBSCRIPTIONS, missing).await;
    let want = serde_json::json!({
        "message": "Event Type \"none\" not found.", "field": "eventType", "value": "none", "rule": "exists",
        "hint": "register it first"
    });
    assert_eq!(refused.body["errors"][0], want);
}

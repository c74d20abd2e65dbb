//! Azure functions: keys, tokens, schemas, and what their answers mean.

use std::time::Duration;

use bytes::Bytes;
use domain::event::Event;
use domain::resource::Provider;
use domain::retry::FailureClass::{Gone, Permanent, Throttled, Transient};
use serde_json::{Value, json};
use targets::{Call, CallIdentity, Caller, FunctionAnswer, InvokeError, Invoker};

use crate::azure_peer::{AzurePeer, CLIENT_SECRET, FUNCTION_KEY, FUNCTION_SCOPE};
use crate::{invoker, provider};

const EVENT: &str =
    r#"{"eventType":"t","cloudEventsVersion":"0.1","source":"/s","eventID":"1","data":{"n":1.10}}"#;

fn function(peer: &AzurePeer, path: &str, members: Value) -> Provider {
    let mut settings = members;
    settings["url"] = peer.server.url(path).into();
    provider("azurefunction", settings)
}

async fn send(invoker: &Invoker, provider: &Provider) -> Result<FunctionAnswer, InvokeError> {
    let event: Event = serde_json::from_str(EVENT).unwrap();
    let call = Call {
        payload: Bytes::from_static(EVENT.as_bytes()),
        event: Some(&event),
        identity: Some(CallIdentity {
            delivery: "d-1".into(),
            subscription: Some("sub".into()),
            attempt: 3,
            trace: None,
        }),
        caller: Caller::Queue,
        original: None,
        needs_answer: true,
        hops: domain::hops::Hops::NONE,
    };
    invoker.invoke(provider, call).await
}

#[tokio::test]
async fn a_key_opens_the_function() {
    let peer = AzurePeer::start().await;
    let target = function(&peer, "/api/function?x=1", json!({"functionKey": FUNCTION_KEY}));
    let answer = send(&invoker(), &target).await.unwrap();
    assert_eq!(answer.body, r#"{"statusCode":200,"body":"done"}"#);
    assert_eq!((answer.status, answer.rejection), (Some(200), None));
    let [request] = &peer.requests("/api/function?x=1")[..] else {
        panic!("one request")
    };
    assert_eq!(request.body, EVENT);
    for (name, value) in [
        ("content-type", Some("application/cloudevents+json")),
        ("aeg-event-type", None),
        ("authorization", None),
        ("webhook-id", Some("d-1")),
        ("x-event-gateway-attempt", Some("3")),
        ("x-event-gateway-subscription-id", Some("sub")),
    ] {
        assert_eq!(request.header(name), value, "{name}");
    }
}

#[tokio::test]
async fn a_token_opens_the_function_and_serves_all_calls() {
    let peer = AzurePeer::start().await;
    let target = function(
        &peer,
        "/api/function",
        json!({"entra": peer.entra_for(FUNCTION_SCOPE)}),
    );
    let invoker = invoker();
    let calls = (0..50).map(|_| {
        let (invoker, target) = (invoker.clone(), target.clone());
        tokio::spawn(async move { send(&invoker, &target).await.map(|answer| answer.status) })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap().unwrap(), Some(200));
    }
    assert_eq!(peer.token_requests(), 1);
    assert_eq!(peer.requests("/api/function").len(), 50);
}

#[tokio::test]
async fn a_withdrawn_token_is_replaced_at_once() {
    let peer = AzurePeer::start().await;
    let target = function(
        &peer,
        "/api/function",
        json!({"entra": peer.entra_for(FUNCTION_SCOPE)}),
    );
    let invoker = invoker();
    send(&invoker, &target).await.unwrap();
    peer.revoke_tokens();
    let answer = send(&invoker, &target).await.unwrap();
    assert_eq!(answer.status, Some(200));
    assert_eq!(
        (peer.token_requests(), peer.requests("/api/function").len()),
        (2, 3)
    );
}

#[tokio::test]
async fn refused_credentials_are_a_permanent_failure_and_show_nowhere() {
    let peer = AzurePeer::start().await;
    let entra = || peer.entra_for(FUNCTION_SCOPE);
    let mut wrong_secret = entra();
    wrong_secret["clientSecret"] = "WRONG-SECRET".into();
    let mut other_tenant = entra();
    other_tenant["tenantId"] = "tenant-2".into();
    for (path, members, text) in [
        ("/api/function", json!({}), "HTTP status code: 401"),
        (
            "/api/function",
            json!({"functionKey": "WRONG-KEY"}),
            "HTTP status code: 401",
        ),
        (
            "/api/echo/401",
            json!({"functionKey": FUNCTION_KEY}),
            "HTTP status code: 401",
        ),
        (
            "/api/echo/403",
            json!({"functionKey": FUNCTION_KEY, "entra": entra()}),
            "HTTP status code: 403",
        ),
        (
            "/api/echo/401",
            json!({"entra": entra()}),
            "HTTP status code: 401",
        ),
        // Refused by Entra.
        (
            "/api/function",
            json!({"entra": wrong_secret}),
            "authorization server",
        ),
        (
            "/api/function",
            json!({"entra": other_tenant}),
            "authorization server",
        ),
    ] {
        let error = send(&invoker(), &function(&peer, path, members.clone()))
            .await
            .unwrap_err();
        assert_eq!(error.class(), Permanent, "{path} {members} {error:?}");
        if let InvokeError::CredentialsRefused { .. } = error {
            assert_eq!(
                error.to_string(),
                format!("Function access denied. Error: {text}")
            );
        }
        assert!(error.to_string().contains(text), "{path} {members} {error}");
        let shown = format!("{error:?} {error} {:?}", error.last_response());
        for secret in [FUNCTION_KEY, CLIENT_SECRET, "TOKEN-", "WRONG-"] {
            assert!(!shown.contains(secret), "{path} {members} {shown}");
        }
    }
}

#[tokio::test]
async fn a_function_that_refuses_every_token_is_called_twice_at_most() {
    let peer = AzurePeer::start().await;
    let target = function(
        &peer,
        "/api/echo/401",
        json!({"entra": peer.entra_for(FUNCTION_SCOPE)}),
    );
    let invoker = invoker();
    send(&invoker, &target).await.unwrap_err();
    assert_eq!((peer.token_requests(), peer.requests("/api/echo").len()), (2, 2));
    // And Entra is not asked by every call that follows.
    send(&invoker, &target).await.unwrap_err();
    assert_eq!((peer.token_requests(), peer.requests("/api/echo").len()), (2, 3));
}

#[tokio::test]
async fn other_answers_mean_what_they_mean_in_http() {
    let peer = AzurePeer::start().await;
    let second = Some(Duration::from_secs(7));
    for (path, class, retry_after) in [
        ("/api/echo/301", Permanent, None),
        ("/api/echo/400", Permanent, None),
        ("/api/echo/404", Permanent, None),
        ("/api/echo/408", Transient, None),
        ("/api/echo/410", Gone, None),
        ("/api/echo/413", Permanent, None),
        ("/api/echo/429", Throttled, None),
        ("/api/echo/429/7", Throttled, second),
        ("/api/echo/500", Transient, None),
        ("/api/echo/502", Transient, None),
        ("/api/echo/503/7", Throttled, second),
    ] {
        let target = function(&peer, path, json!({"functionKey": FUNCTION_KEY}));
        let (judged, shown) = match send(&invoker(), &target).await {
            Ok(answer) => {
                let shown = format!("{answer:?}");
                let rejection = answer.rejection.unwrap();
                ((rejection.class, rejection.retry_after), shown)
            }
            Err(error) => ((error.class(), error.retry_after()), format!("{error:?}")),
        };
        assert_eq!(judged, (class, retry_after), "{path}");
        assert!(!shown.contains(FUNCTION_KEY), "{path} {shown}");
    }
    // To a caller it is the result, whatever it says.
    let target = function(&peer, "/api/echo/404", json!({"functionKey": FUNCTION_KEY}));
    let answer = invoker().invoke(&target, crate::call(EVENT)).await.unwrap();
    assert!(String::from_utf8_lossy(&answer.body).contains(FUNCTION_KEY));
}

#[tokio::test]
async fn events_in_the_schema_of_event_grid() {
    let peer = AzurePeer::start().await;
    let members = json!({"functionKey": FUNCTION_KEY, "schema": "eventgrid"});
    let target = function(&peer, "/api/function", members);
    send(&invoker(), &target).await.unwrap();
    let [request] = &peer.requests("/api/function")[..] else {
        panic!("one request")
    };
    assert_eq!(request.header("aeg-event-type"), Some("Notification"));
    assert_eq!(
        request.header("content-type"),
        Some("application/json; charset=utf-8")
    );
    assert_eq!(request.header("webhook-id"), Some("d-1"));
    let text = std::str::from_utf8(&request.body).unwrap();
    assert!(text.contains(r#""data":{"n":1.10}"#), "{text}");
    let mut events: Value = serde_json::from_str(text).unwrap();
    let time = events[0]["eventTime"].take();
    assert!(time.as_str().unwrap().ends_with('Z'), "{time}");
    assert_eq!(
        events,
        json!([{
            "id": "1", "topic": "/s", "subject": "/s", "eventType": "t", "eventTime": null, "data": {"n": 1.1},
            "dataVersion": "1.0", "metadataVersion": "1"
        }])
    );
}

#[tokio::test]
async fn events_in_binary_mode() {
    let peer = AzurePeer::start().await;
    let members = json!({"functionKey": FUNCTION_KEY, "format": "binary"});
    send(&invoker(), &function(&peer, "/api/function", members))
        .await
        .unwrap();
    let [request] = &peer.requests("/api/function")[..] else {
        panic!("one request")
    };
    assert_eq!(request.body, r#"{"n":1.10}"#);
    assert_eq!(request.header("ce-eventtype"), Some("t"));
    assert_eq!(request.header("webhook-id"), Some("d-1"));
}

#[tokio::test]
async fn an_authorizer_is_asked_in_json_but_not_as_event_grid() {
    let peer = AzurePeer::start().await;
    let call = || Call {
        payload: Bytes::from_static(b"{\"event\":{}}"),
        event: None,
        identity: None,
        caller: Caller::Client,
        original: None,
        needs_answer: true,
        hops: domain::hops::Hops::NONE,
    };
    let plain = function(&peer, "/api/function", json!({"functionKey": FUNCTION_KEY}));
    invoker().invoke(&plain, call()).await.unwrap();
    let [request] = &peer.requests("/api/function")[..] else {
        panic!("one request")
    };
    assert_eq!(request.body, "{\"event\":{}}");
    assert_eq!(request.header("webhook-id"), None);
    let members = json!({"functionKey": FUNCTION_KEY, "schema": "eventgrid"});
    let error = invoker()
        .invoke(&function(&peer, "/api/function", members), call())
        .await
        .unwrap_err();
    assert_eq!(error.class(), Permanent);
}

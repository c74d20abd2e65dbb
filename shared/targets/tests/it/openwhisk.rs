//! OpenWhisk actions: how they are invoked, and what comes back.

use std::time::Duration;

use bytes::Bytes;
use domain::resource::Provider;
use domain::retry::FailureClass::{Permanent, Transient};
use serde_json::{Value, json};
use targets::{Call, Caller, FunctionAnswer, InvokeError, Invoker};

use crate::openwhisk_peer::{API_KEY, AUTH_KEY, OpenWhiskPeer};
use crate::{EVENT, call, invoker, provider};

pub(crate) fn action(peer: &OpenWhiskPeer, name: &str, members: Value) -> Provider {
    let mut settings = members;
    settings["apiHost"] = peer.server.url("").into();
    settings["action"] = name.into();
    if settings.get("iam").is_none() {
        settings["authKey"] = AUTH_KEY.into();
    }
    provider("openwhisk", settings)
}

/// A call that a client waits for.
pub(crate) async fn ask(invoker: &Invoker, provider: &Provider) -> Result<FunctionAnswer, InvokeError> {
    invoker.invoke(provider, call(EVENT)).await
}

/// An attempt of the queue.
pub(crate) async fn deliver(invoker: &Invoker, provider: &Provider) -> Result<FunctionAnswer, InvokeError> {
    let call = Call {
        payload: Bytes::from_static(EVENT.as_bytes()),
        event: None,
        identity: None,
        caller: Caller::Queue,
        original: None,
        needs_answer: true,
        hops: domain::hops::Hops::NONE,
    };
    invoker.invoke(provider, call).await
}

#[tokio::test]
async fn a_client_gets_the_result_to_the_digit() {
    let peer = OpenWhiskPeer::start().await;
    for (name, members) in [
        ("echo", json!({})),
        ("my pkg/echo", json!({"namespace": "guest"})),
    ] {
        let answer = ask(&invoker(), &action(&peer, name, members)).await.unwrap();
        assert_eq!((answer.body, answer.rejection), (Bytes::from(EVENT), None));
    }
    assert_eq!(
        peer.targets(),
        [
            "POST /api/v1/namespaces/_/actions/echo?blocking=true&result=false",
            "POST /api/v1/namespaces/guest/actions/my%20pkg/echo?blocking=true&result=false",
        ]
    );
}

#[tokio::test]
async fn a_delivery_waits_only_where_it_is_said() {
    let peer = OpenWhiskPeer::start().await;
    let taken = deliver(&invoker(), &action(&peer, "fail", json!({})))
        .await
        .unwrap();
    let taken: Value = serde_json::from_slice(&taken.body).unwrap();
    assert!(taken["activationId"].is_string(), "{taken}");
    let blocking = action(&peer, "fail", json!({"blocking": true}));
    let error = deliver(&invoker(), &blocking).await.unwrap_err();
    assert_eq!(error.class(), Transient);
    let queries: Vec<_> = peer
        .targets()
        .iter()
        .map(|target| target.split_once('?').unwrap().1.to_owned())
        .collect();
    assert_eq!(
        queries,
        ["blocking=false&result=false", "blocking=true&result=false"]
    );
}

#[tokio::test]
async fn an_action_that_outlives_its_call_is_asked_for() {
    let peer = OpenWhiskPeer::start().await;
    let answer = ask(&invoker(), &action(&peer, "slow", json!({}))).await.unwrap();
    assert_eq!(answer.body, r#"{"n":1}"#);
    // Three times in vain, one of them because the store of records failed.
    assert_eq!(peer.targets().len(), 5);
    let blocking = action(&peer, "slow-fail", json!({"blocking": true}));
    let error = deliver(&invoker(), &blocking).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "Function call failed because of runtime error. Error: application error: no luck"
    );
}

#[tokio::test]
async fn nobody_waits_longer_than_the_call_may_take() {
    let peer = OpenWhiskPeer::start().await;
    let endless = action(&peer, "endless", json!({"timeoutSeconds": 1}));
    let error = ask(&invoker(), &endless).await.unwrap_err();
    let limit = Duration::from_secs(1);
    assert!(
        matches!(error, InvokeError::TimedOut { limit: at } if at == limit),
        "{error:?}"
    );
    let asked = peer.targets().len();
    assert!(asked > 1, "{asked}");
}

#[tokio::test]
async fn a_token_of_ibm_cloud_serves_all_calls() {
    let peer = OpenWhiskPeer::start().await;
    let target = action(&peer, "echo", json!({"iam": peer.iam(API_KEY)}));
    let invoker = invoker();
    let calls = (0..50).map(|_| {
        let (invoker, target) = (invoker.clone(), target.clone());
        tokio::spawn(async move { ask(&invoker, &target).await.map(|answer| answer.body) })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap().unwrap(), EVENT);
    }
    peer.revoke_tokens();
    ask(&invoker, &target).await.unwrap();
    let token_requests = peer
        .targets()
        .iter()
        .filter(|target| target.ends_with("/identity/token"))
        .count();
    assert_eq!((token_requests, peer.targets().len()), (2, 2 + 50 + 2));
}

#[tokio::test]
async fn refused_credentials_are_a_permanent_failure_and_show_nowhere() {
    let peer = OpenWhiskPeer::start().await;
    for (name, members, detail) in [
        ("status-401", json!({}), "HTTP status code: 401"),
        ("status-403", json!({}), "HTTP status code: 403"),
        (
            "status-403",
            json!({"iam": peer.iam(API_KEY)}),
            "HTTP status code: 403",
        ),
    ] {
        let target = action(&peer, name, members);
        for result in [ask(&invoker(), &target).await, deliver(&invoker(), &target).await] {
            let error = result.unwrap_err();
            assert_eq!(error.class(), Permanent, "{name} {error:?}");
            assert_eq!(
                error.to_string(),
                format!("Function access denied. Error: {detail}")
            );
            let kept = error.last_response().unwrap().body;
            assert!(kept.contains("*****"), "{kept}");
            for secret in ["KEY-1", "Z3Vlc3Q6", "IAM-TOKEN", "WRONG-KEY"] {
                assert!(!format!("{error:?}").contains(secret), "{error:?}");
            }
        }
    }
}

#[tokio::test]
async fn an_unknown_api_key_is_a_permanent_failure_and_shows_nowhere() {
    let peer = OpenWhiskPeer::start().await;
    let target = action(&peer, "echo", json!({"iam": peer.iam("WRONG-KEY")}));
    let error = ask(&invoker(), &target).await.unwrap_err();
    assert_eq!(error.class(), Permanent);
    let text = error.to_string();
    assert!(
        text.contains("authorization server") && text.contains("400"),
        "{text}"
    );
    assert!(!format!("{error:?}").contains("WRONG-KEY"));
    assert_eq!(peer.targets(), ["POST /identity/token"]);
}

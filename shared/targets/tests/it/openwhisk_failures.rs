//! OpenWhisk actions that fail, and an API that does.

use std::time::Duration;

use domain::dead_letter::LastResponse;
use domain::retry::FailureClass::{Permanent, Throttled, Transient};
use serde_json::json;
use targets::InvokeError;

use crate::openwhisk::{action, ask, deliver};
use crate::openwhisk_peer::{AUTH_KEY, OpenWhiskPeer};
use crate::server::{Server, response};
use crate::{invoker, provider};

#[tokio::test]
async fn failed_actions_say_whose_failure_it_is() {
    let peer = OpenWhiskPeer::start().await;
    for (name, status) in [
        ("fail", "application error"),
        ("crash", "action developer error"),
        ("broken", "whisk internal error"),
    ] {
        let error = ask(&invoker(), &action(&peer, name, json!({})))
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("Function call failed because of runtime error. Error: {status}: no luck")
        );
        let kept = LastResponse::new(None, br#"{"error":"no luck"}"#);
        assert_eq!((error.class(), error.last_response()), (Transient, Some(kept)));
    }
}

#[tokio::test]
async fn answers_of_the_api_are_failures_of_their_class() {
    let peer = OpenWhiskPeer::start().await;
    for (name, status, class) in [
        ("unknown", 404, Permanent),
        ("status-400", 400, Permanent),
        ("status-408", 408, Transient),
        ("status-413", 413, Permanent),
        ("status-429", 429, Throttled),
        ("status-500", 500, Transient),
        ("status-503", 503, Transient),
        ("proxy", 502, Transient),
    ] {
        let target = action(&peer, name, json!({"blocking": true}));
        for result in [ask(&invoker(), &target).await, deliver(&invoker(), &target).await] {
            let error = result.unwrap_err();
            assert!(matches!(error, InvokeError::FunctionFailed { .. }), "{error:?}");
            assert_eq!(error.class(), class, "{name}");
            let kept = error.last_response().unwrap();
            assert_eq!(kept.status, Some(status), "{name}");
            assert!(
                !kept.body.contains("KEY-1") && !kept.body.contains("Z3Vlc3Q6"),
                "{kept:?}"
            );
        }
    }
    // Also where nobody waits for the action.
    let target = action(&peer, "status-429", json!({}));
    assert_eq!(deliver(&invoker(), &target).await.unwrap_err().class(), Throttled);
}

#[tokio::test]
async fn limits_name_the_time_of_the_next_attempt() {
    let server = Server::answering(|_| response(429, &[("retry-after", "7")], "")).await;
    let settings = json!({"apiHost": server.url(""), "action": "a", "authKey": AUTH_KEY});
    let error = ask(&invoker(), &provider("openwhisk", settings))
        .await
        .unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn garbage_is_a_failure_that_may_pass() {
    for (status, body) in [
        (200, ""),
        (200, "{}"),
        (200, "<html>"),
        (200, r#"{"response":{"success":1}}"#),
        (202, ""),
        (202, r#"{"activationId":"../../secrets"}"#),
        (202, r#"{"activationId":""}"#),
    ] {
        let server = Server::answering(move |_| response(status, &[], body)).await;
        let settings = json!({"apiHost": server.url(""), "action": "a", "authKey": AUTH_KEY});
        let error = ask(&invoker(), &provider("openwhisk", settings))
            .await
            .unwrap_err();
        assert!(
            matches!(error, InvokeError::Unavailable { permanent: false, .. }),
            "{status} {body} {error:?}"
        );
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_redirect_takes_no_credentials_elsewhere() {
    let other = Server::answering(|_| response(200, &[], "{}")).await;
    let location = other.url("/");
    let server = Server::answering(move |_| response(307, &[("location", &location)], "")).await;
    let settings = json!({"apiHost": server.url(""), "action": "a", "authKey": AUTH_KEY});
    let error = ask(&invoker(), &provider("openwhisk", settings))
        .await
        .unwrap_err();
    assert_eq!(error.class(), Permanent);
    assert!(other.requests().is_empty());
}

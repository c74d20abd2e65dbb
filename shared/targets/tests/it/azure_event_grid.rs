//! Azure Event Grid: what topics get, and what their answers mean.

use bytes::Bytes;
use domain::event::Event;
use domain::resource::Provider;
use domain::retry::FailureClass::{Permanent, Throttled, Transient};
use serde_json::{Value, json};
use targets::{Call, Caller, FunctionAnswer, InvokeError, Invoker};

use crate::azure_peer::{AzurePeer, SAS_KEY};
use crate::server::{Received, Server, response};
use crate::{invoker, provider};

const EVENT: &str = r#"{"eventType":"t","cloudEventsVersion":"0.1","source":"/s","eventID":"1","eventTime":"2018-08-18T10:00:00Z","extensions":{"eventgateway":{"delivery":{"id":"d-1","subscriptionId":"sub","attempt":3}}},"contentType":"application/json","data":{"n":12345678901234567890,"f":2.50}}"#;

fn topic(peer: &AzurePeer, path: &str, members: Value) -> Provider {
    let mut settings = members;
    settings["endpoint"] = peer.server.url(path).into();
    provider("azureeventgrid", settings)
}

async fn send(invoker: &Invoker, provider: &Provider, text: &str) -> Result<FunctionAnswer, InvokeError> {
    let event: Event = serde_json::from_str(text).unwrap();
    let call = Call {
        payload: Bytes::from(text.to_owned()),
        event: Some(&event),
        identity: None,
        caller: Caller::Queue,
        original: None,
        needs_answer: true,
        hops: domain::hops::Hops::NONE,
    };
    invoker.invoke(provider, call).await
}

fn only(requests: Vec<Received>) -> Received {
    assert_eq!(requests.len(), 1);
    requests.into_iter().next().unwrap()
}

#[tokio::test]
async fn topics_of_cloud_events_get_version_1_0() {
    let peer = AzurePeer::start().await;
    let target = topic(&peer, "/", json!({"accessKey": SAS_KEY}));
    let answer = send(&invoker(), &target, EVENT).await.unwrap();
    assert_eq!((answer.body, answer.rejection), (Bytes::new(), None));
    let request = only(peer.requests("/api/events"));
    assert_eq!(request.target, "/api/events?api-version=2018-01-01");
    assert_eq!(
        request.body,
        r#"[{"specversion":"1.0","type":"t","source":"/s","id":"1","time":"2018-08-18T10:00:00Z","datacontenttype":"application/json","data":{"n":12345678901234567890,"f":2.50},"eventgatewaydeliveryid":"d-1","eventgatewaysubscriptionid":"sub","eventgatewayattempt":3}]"#
    );
}

#[tokio::test]
async fn topics_of_event_grid_get_its_schema() {
    let peer = AzurePeer::start().await;
    let members = json!({"accessKey": SAS_KEY, "schema": "eventgrid"});
    let target = topic(&peer, "/api/events?schema=eventgrid", members);
    send(&invoker(), &target, EVENT).await.unwrap();
    assert_eq!(
        only(peer.requests("/api/events")).body,
        r#"[{"id":"1","subject":"/s","eventType":"t","eventTime":"2018-08-18T10:00:00Z","data":{"n":12345678901234567890,"f":2.50},"dataVersion":"1.0"}]"#
    );
}

#[tokio::test]
async fn a_token_has_the_scope_of_event_grid_and_is_kept() {
    let peer = AzurePeer::start().await;
    let target = topic(&peer, "/api/events", json!({"entra": peer.entra()}));
    let invoker = invoker();
    for _ in 0..3 {
        send(&invoker, &target, EVENT).await.unwrap();
    }
    peer.revoke_tokens();
    send(&invoker, &target, EVENT).await.unwrap();
    assert_eq!(peer.token_requests(), 2);
}

#[tokio::test]
async fn a_wrong_key_is_a_permanent_failure_and_shows_nowhere() {
    let peer = AzurePeer::start().await;
    let target = topic(&peer, "/api/events", json!({"accessKey": "WRONG-KEY"}));
    let error = send(&invoker(), &target, EVENT).await.unwrap_err();
    assert_eq!(error.class(), Permanent);
    assert_eq!(
        error.to_string(),
        "Function access denied. Error: HTTP status code: 401"
    );
    let kept = error.last_response().unwrap();
    assert_eq!(
        kept.body,
        "The request authorization key is not authorized: *****"
    );
    assert!(!format!("{error:?}").contains("WRONG-KEY"));
}

#[tokio::test]
async fn too_large_an_event_is_a_permanent_failure() {
    let peer = AzurePeer::start().await;
    let target = topic(&peer, "/api/events", json!({"accessKey": SAS_KEY}));
    let event = EVENT.replace("2.50", &format!("\"{}\"", "x".repeat(1024 * 1024)));
    let error = send(&invoker(), &target, &event).await.unwrap_err();
    assert_eq!(error.class(), Permanent);
    assert_eq!(error.last_response().unwrap().status, Some(413));
}

#[tokio::test]
async fn other_answers_are_failures_of_their_class() {
    for (status, class) in [
        (302, Permanent),
        (400, Permanent),
        (404, Permanent),
        (408, Transient),
        (415, Permanent),
        (429, Throttled),
        (500, Transient),
        (503, Transient),
    ] {
        let server = Server::answering(move |_| response(status, &[], "why")).await;
        let settings = json!({"endpoint": server.url("/"), "accessKey": SAS_KEY});
        let error = send(&invoker(), &provider("azureeventgrid", settings), EVENT)
            .await
            .unwrap_err();
        assert!(matches!(error, InvokeError::FunctionFailed { .. }), "{error:?}");
        assert_eq!(error.class(), class, "{status}");
        let kept = error.last_response().unwrap();
        assert_eq!((kept.status, kept.body.as_str()), (Some(status), "why"));
    }
}

#[tokio::test]
async fn an_authorizer_cannot_be_a_topic() {
    let peer = AzurePeer::start().await;
    let target = topic(&peer, "/api/events", json!({"accessKey": SAS_KEY}));
    let call = Call {
        payload: Bytes::from_static(b"{}"),
        event: None,
        identity: None,
        caller: Caller::Client,
        original: None,
        needs_answer: true,
        hops: domain::hops::Hops::NONE,
    };
    let error = invoker().invoke(&target, call).await.unwrap_err();
    assert_eq!(error.class(), Permanent);
    assert!(peer.server.requests().is_empty());
}

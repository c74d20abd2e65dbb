//! Messages of Pub/Sub topics.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::event::Event;
use domain::resource::{GoogleCredentials, Provider, PubSubTopic};
use domain::retry::FailureClass;
use http::Response;
use http_body_util::Full;
use serde_json::{Value, json};
use targets::{Call, FunctionAnswer, InvokeError, Invoker, TargetSettings};

use crate::google_peer::{ACCESS_TOKEN, bearer, delivery, service_account, token_server};
use crate::server::{Received, Server, response};
use crate::{invoker, with_settings};

const V1: &str = r#"{"specversion":"1.0","id":"1","source":"/shop","type":"order.placed","data":{"customer":{"id":42},"n":1.10}}"#;

fn topic(endpoint: Option<String>, credentials: GoogleCredentials) -> PubSubTopic {
    PubSubTopic {
        topic: "projects/p/topics/orders%x".to_owned(),
        credentials,
        ordering_key: None,
        endpoint,
    }
}

async fn publish(
    invoker: &Invoker,
    topic: PubSubTopic,
    json: &'static str,
) -> Result<FunctionAnswer, InvokeError> {
    let event: Event = serde_json::from_str(json).unwrap();
    let call = Call {
        event: Some(&event),
        ..delivery(json)
    };
    invoker.invoke(&Provider::GooglePubSub(topic), call).await
}

/// Pub/Sub as it answers: an id to messages that it takes.
fn published(request: &Received) -> Response<Full<Bytes>> {
    if !bearer(request).is_some_and(|token| token.starts_with(ACCESS_TOKEN)) {
        return response(
            401,
            &[],
            r#"{"error":{"code":401,"message":"m","status":"UNAUTHENTICATED"}}"#,
        );
    }
    response(
        200,
        &[("Content-Type", "application/json")],
        r#"{"messageIds":["17"]}"#,
    )
}

fn message(request: &Received) -> Value {
    assert_eq!(
        (request.method.as_str(), request.header("content-type")),
        ("POST", Some("application/json"))
    );
    assert_eq!(request.target, "/v1/projects/p/topics/orders%25x:publish");
    let mut body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["messages"].as_array().unwrap().len(), 1);
    body["messages"][0].take()
}

#[tokio::test]
async fn events_are_published() {
    let (tokens, server) = (token_server(3600).await, Server::answering(published).await);
    let mut topic = topic(Some(server.url("/")), service_account(&tokens));
    topic.ordering_key = Some("data.customer.id".to_owned());
    let invoker = invoker();
    for _ in 0..20 {
        let answer = publish(&invoker, topic.clone(), V1).await.unwrap();
        assert_eq!((&answer.body[..], answer.status), (&b"17"[..], None));
    }
    assert_eq!((server.requests().len(), tokens.requests().len()), (20, 1));
    let want = json!({
        "data": STANDARD.encode(V1),
        "attributes": {
            "content-type": "application/cloudevents+json",
            "ce-id": "1", "ce-source": "/shop", "ce-specversion": "1.0", "ce-type": "order.placed",
        },
        "orderingKey": "42",
    });
    assert_eq!(message(&server.requests()[0]), want);
}

#[tokio::test]
async fn what_an_event_does_not_have_is_left_out() {
    let (tokens, server) = (token_server(3600).await, Server::answering(published).await);
    let mut topic = topic(Some(server.url("")), service_account(&tokens));
    topic.ordering_key = Some("data.missing".to_owned());
    let long: &'static str = Box::leak(
        format!(
            r#"{{"eventType":"http.request","cloudEventsVersion":"0.1","source":"/{}","eventID":"1","data":{{}}}}"#,
            "x".repeat(1024)
        )
        .into_boxed_str(),
    );
    publish(&invoker(), topic, long).await.unwrap();
    let message = message(&server.requests()[0]);
    assert_eq!(message.get("orderingKey"), None);
    assert_eq!(
        message["attributes"],
        json!({
            "content-type": "application/cloudevents+json",
            "ce-id": "1", "ce-specversion": "0.1", "ce-type": "http.request",
        })
    );
}

#[tokio::test]
async fn tokens_of_the_machine_go_to_google_only() {
    let metadata = Server::answering(|request| {
        let want = "/computeMetadata/v1/instance/service-accounts/default/token?scopes=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fpubsub";
        assert_eq!(request.target, want);
        let token = json!({"access_token": format!("{ACCESS_TOKEN}m"), "expires_in": 3599, "token_type": "Bearer"});
        response(200, &[("Metadata-Flavor", "Google")], token.to_string())
    })
    .await;
    let google = Server::answering(published).await;
    let invoker = with_settings(TargetSettings {
        google_metadata_host: Some(metadata.address().to_string()),
        google_endpoint_url: Some(google.url("/")),
        ..TargetSettings::default()
    });
    for _ in 0..3 {
        publish(&invoker, topic(None, GoogleCredentials::MetadataServer), V1)
            .await
            .unwrap();
    }
    assert_eq!((google.requests().len(), metadata.requests().len()), (3, 1));
    message(&google.requests()[0]);
}

#[tokio::test]
async fn failures_by_their_class() {
    let tokens = token_server(3600).await;
    let invoker = invoker();
    for (status, code, class) in [
        (400, "INVALID_ARGUMENT", FailureClass::Permanent),
        (403, "PERMISSION_DENIED", FailureClass::Permanent),
        (404, "NOT_FOUND", FailureClass::Permanent),
        (429, "RESOURCE_EXHAUSTED", FailureClass::Throttled),
        (500, "INTERNAL", FailureClass::Transient),
        (503, "UNAVAILABLE", FailureClass::Transient),
        (504, "DEADLINE_EXCEEDED", FailureClass::Transient),
    ] {
        let server = Server::answering(move |request| {
            let message = format!("about {}", request.header("authorization").unwrap());
            let error = json!({"error": {"code": status, "message": message, "status": code}});
            response(status, &[], error.to_string())
        })
        .await;
        let topic = topic(Some(server.url("")), service_account(&tokens));
        let error = publish(&invoker, topic, V1).await.unwrap_err();
        let text =
            format!("Function call failed. Error: Pub/Sub: {code}: about Bearer *****: status code {status}");
        assert_eq!((error.class(), error.to_string()), (class, text));
        assert!(!format!("{error:?}").contains(ACCESS_TOKEN), "{error:?}");
    }
    for body in ["", "{}", r#"{"messageIds":[]}"#, r#"{"messageIds":["1","2"]}"#] {
        let server = Server::answering(move |_| response(200, &[], body)).await;
        let topic = topic(Some(server.url("")), service_account(&tokens));
        let error = publish(&invoker, topic, V1).await.unwrap_err();
        assert_eq!(error.class(), FailureClass::Transient, "{error}");
    }
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let tokens = token_server(3600).await;
    let server = Server::answering(|request| match bearer(request).unwrap() {
        "ya29.access-0" => response(
            401,
            &[],
            r#"{"error":{"code":401,"message":"m","status":"UNAUTHENTICATED"}}"#,
        ),
        _ => published(request),
    })
    .await;
    let topic = topic(Some(server.url("")), service_account(&tokens));
    publish(&invoker(), topic, V1).await.unwrap();
    assert_eq!((server.requests().len(), tokens.requests().len()), (2, 2));
}

//! Identity and signature of calls to HTTP functions, checked with the library that receivers use.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use domain::resource::{HttpEndpoint, Provider};
use http::HeaderMap;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use targets::{Call, CallIdentity, Caller, FunctionAnswer, InvokeError, Invoker};

use crate::server::{Received, Server, response};
use crate::{EVENT, invoker, post};

const OLD: &str = "whsec_b2xkIHNlY3JldCBvZiB0aGUgZnVuY3Rpb24u";
const NEW: &str = "whsec_bmV3IHNlY3JldCBvZiB0aGUgZnVuY3Rpb24u";
const OTHER: &str = "whsec_c29tZSBvdGhlciBzZWNyZXQsIG5vdCBpdHMu";
const HEADERS: [&str; 5] = [
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "x-event-gateway-attempt",
    "x-event-gateway-subscription-id",
];

fn signed(url: &str, secrets: &[&str]) -> Provider {
    let secrets: Value = json!(secrets);
    Provider::Http(Box::new(HttpEndpoint {
        url: url.into(),
        signing_secrets: serde_json::from_value(secrets).unwrap(),
        ..HttpEndpoint::default()
    }))
}

fn identity() -> CallIdentity {
    CallIdentity {
        delivery: "d-1".into(),
        subscription: Some("YXN5bmMsdGVzdA".into()),
        attempt: 3,
        trace: None,
    }
}

async fn send(invoker: &Invoker, provider: &Provider, payload: Bytes) -> Result<FunctionAnswer, InvokeError> {
    send_for(Caller::Queue, invoker, provider, payload).await
}

async fn send_for(
    caller: Caller,
    invoker: &Invoker,
    provider: &Provider,
    payload: Bytes,
) -> Result<FunctionAnswer, InvokeError> {
    let call = Call {
        event: None,
        payload,
        identity: Some(identity()),
        caller,
        original: None,
        needs_answer: true,
        hops: domain::hops::Hops::NONE,
    };
    invoker.invoke(provider, call).await
}

fn verify(secret: &str, body: &[u8], headers: &HeaderMap) -> bool {
    Webhook::new(secret).unwrap().verify(body, headers).is_ok()
}

/// What arrives of a call with these secrets.
async fn received(secrets: &[&str], payload: &'static str) -> Received {
    let server = Server::answering(|_| response(200, &[], "")).await;
    let provider = signed(&server.url("/"), secrets);
    send(&invoker(), &provider, Bytes::from_static(payload.as_bytes()))
        .await
        .unwrap();
    let [request] = &server.requests()[..] else {
        panic!("one request")
    };
    request.clone()
}

fn seconds_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[tokio::test]
async fn identified_calls_say_which_they_are() {
    let before = seconds_now();
    let request = received(&[], EVENT).await;
    assert_eq!(request.header("webhook-id"), Some("d-1"));
    assert_eq!(request.header("x-event-gateway-attempt"), Some("3"));
    assert_eq!(
        request.header("x-event-gateway-subscription-id"),
        Some("YXN5bmMsdGVzdA")
    );
    let timestamp: u64 = request.header("webhook-timestamp").unwrap().parse().unwrap();
    assert!((before..=seconds_now()).contains(&timestamp), "{timestamp}");
    assert_eq!(request.header("webhook-signature"), None);
}

#[tokio::test]
async fn other_calls_say_nothing() {
    let server = Server::answering(|_| response(200, &[], "")).await;
    let call = Call {
        event: None,
        payload: Bytes::from_static(EVENT.as_bytes()),
        identity: None,
        caller: Caller::Authorizer,
        original: None,
        needs_answer: true,
        hops: domain::hops::Hops::NONE,
    };
    invoker()
        .invoke(&signed(&server.url("/"), &[OLD]), call)
        .await
        .unwrap();
    post(&invoker(), &server.url("/")).await.unwrap();
    for request in server.requests() {
        assert!(
            HEADERS.iter().all(|name| request.header(name).is_none()),
            "{request:?}"
        );
    }
}

#[tokio::test]
async fn receivers_verify_the_signature() {
    for payload in [EVENT, "", "€ \u{0} \r\n.\"", "a.b.c"] {
        let Received { headers, body, .. } = received(&[OLD], payload).await;
        assert_eq!(body, payload);
        assert!(verify(OLD, &body, &headers), "{payload:?}");
        assert!(!verify(OTHER, &body, &headers));
        assert!(!verify(OLD, format!("{payload} ").as_bytes(), &headers));
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            let mut tampered = headers.clone();
            tampered.remove(name);
            assert!(!verify(OLD, &body, &tampered), "{name} is missing");
            // Another id; a time that is still allowed but not the one that was signed.
            let value = match name {
                "webhook-id" => "d-2".to_owned(),
                "webhook-timestamp" => (seconds_now() + 100).to_string(),
                _ => "v1,AAAA".to_owned(),
            };
            tampered.insert(name, value.parse().unwrap());
            assert!(!verify(OLD, &body, &tampered), "{name} is another");
        }
    }
}

#[tokio::test]
async fn either_of_two_secrets_verifies_while_one_replaces_the_other() {
    for secrets in [[OLD, NEW], [NEW, OLD]] {
        let Received { headers, body, .. } = received(&secrets, EVENT).await;
        assert_eq!(headers.get_all("webhook-signature").iter().count(), 1);
        let signature = headers["webhook-signature"].to_str().unwrap();
        assert_eq!(signature.split(' ').count(), 2, "{signature}");
        for secret in secrets {
            assert!(verify(secret, &body, &headers));
            assert!(!verify(secret, b"tampered", &headers));
        }
        assert!(!verify(OTHER, &body, &headers));
    }
}

#[tokio::test]
async fn a_moved_call_is_identified_on_its_own_server_only() {
    let other = Server::answering(|_| response(200, &[], "")).await;
    let elsewhere = other.url("/x");
    let server = Server::answering(move |request| match request.target.as_str() {
        "/moved" => response(308, &[("Location", "/here")], ""),
        "/seen" => response(303, &[("Location", "/here")], ""),
        "/other" => response(307, &[("Location", elsewhere.as_str())], ""),
        _ => response(200, &[], ""),
    })
    .await;
    let invoker = invoker();
    let event = Bytes::from_static(EVENT.as_bytes());
    // A client that waits gets what another page says; from the queue such a call ends there.
    for (path, caller) in [
        ("/moved", Caller::Queue),
        ("/seen", Caller::Client),
        ("/other", Caller::Queue),
    ] {
        let provider = signed(&server.url(path), &[OLD]);
        let sent = send_for(caller, &invoker, &provider, event.clone());
        sent.await.unwrap();
    }
    let requests = server.requests();
    let [first, moved, _, seen, _] = &requests[..] else {
        panic!("five requests")
    };
    assert!(verify(OLD, &moved.body, &moved.headers));
    for name in HEADERS {
        assert_eq!(first.header(name), moved.header(name));
    }
    // The event is not sent again, so there is nothing to sign.
    assert_eq!((seen.body.len(), seen.header("webhook-signature")), (0, None));
    assert_eq!(seen.header("webhook-id"), Some("d-1"));
    let [request] = &other.requests()[..] else {
        panic!("one request")
    };
    assert_eq!(request.body, EVENT);
    assert!(
        HEADERS.iter().all(|name| request.header(name).is_none()),
        "{request:?}"
    );
}

#[tokio::test]
async fn calls_that_cannot_be_identified_fail_for_good_and_show_no_secret() {
    let server = Server::answering(|_| response(200, &[], "")).await;
    let event = Bytes::from_static(EVENT.as_bytes());
    for secret in ["whsec_SECRET!", "SECRETSECRET", "whsec_SECRETX"] {
        let provider = signed(&server.url("/"), &[OLD, secret]);
        let error = send(&invoker(), &provider, event.clone()).await.unwrap_err();
        assert!(
            matches!(error, InvokeError::Unavailable { permanent: true, .. }),
            "{error:?}"
        );
        let shown = format!("{error} {error:?} {provider:?}");
        assert!(!shown.contains("SECRET") && !shown.contains("b2xk"), "{shown}");
    }
    let call = Call {
        event: None,
        payload: event,
        identity: Some(CallIdentity {
            delivery: "line\nbreak".into(),
            ..identity()
        }),
        caller: Caller::Queue,
        original: None,
        needs_answer: true,
        hops: domain::hops::Hops::NONE,
    };
    let error = invoker()
        .invoke(&signed(&server.url("/"), &[]), call)
        .await
        .unwrap_err();
    assert!(
        matches!(error, InvokeError::Unavailable { permanent: true, .. }),
        "{error:?}"
    );
    assert!(server.requests().is_empty());
}

//! Calls of functions with secrets are signed as Standard Webhooks says.

use http::HeaderMap;
use serde_json::json;
use standardwebhooks::Webhook;

use super::{emit, subscribe_more};
use crate::function_server::{Call, FunctionServer};
use crate::gateway_process::{GatewayProcess, wait_until};

const OLD: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NEW: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDAAAAAAAA";
const OTHER: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn is_signed_with(call: &Call, secret: &str) -> bool {
    let mut headers = HeaderMap::new();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        headers.insert(name, call.header(name).parse().unwrap());
    }
    Webhook::new(secret).unwrap().verify(&call.body, &headers).is_ok()
}

#[test]
fn calls_are_signed_with_every_active_secret() {
    let gateway = GatewayProcess::start(&[]);
    let functions = FunctionServer::answering(r#"{"statusCode":200}"#);
    gateway.event_type("ev");
    let provider = json!({"url": functions.url("/"), "signingSecrets": [NEW, OLD]});
    gateway.create(
        "functions",
        &json!({"functionId": "f", "type": "http", "provider": provider}),
    );
    subscribe_more(&gateway, "f", &json!({}));
    gateway.subscribe("sync", "ev", "f", "/sync");
    emit(&gateway, "x");
    wait_until("the async call", || functions.calls().len() == 1);
    assert_eq!(gateway.post_event("/sync", &[("Event", "ev")], "y").status, 200);
    for call in functions.calls() {
        assert!(is_signed_with(&call, OLD) && is_signed_with(&call, NEW));
        assert!(!is_signed_with(&call, OTHER));
        let mut tampered = call.clone();
        tampered.body.push(b' ');
        assert!(!is_signed_with(&tampered, NEW));
    }
    let log = gateway.log.so_far();
    assert!(!log.contains(OLD) && !log.contains(NEW), "{log}");
}

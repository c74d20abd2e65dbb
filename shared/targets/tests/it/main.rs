//! Calls of functions against real servers on the loopback interface: HTTP endpoints that behave and that do not, and
//! a peer that checks and answers requests as AWS does.

#![allow(clippy::unwrap_used, reason = "servers and checks fail the test by panicking")]

mod aws_batches;
mod aws_connectors;
mod aws_lambda;
mod aws_lambda_options;
mod aws_lambda_streams;
mod aws_peer;
mod aws_publishers;
mod aws_retries;
mod aws_roles;
mod azure_event_grid;
mod azure_function;
mod azure_peer;
mod gateway_identity;
mod google_functions;
mod google_metadata;
mod google_peer;
mod google_pubsub;
mod http2;
mod http_auth;
mod http_bodies;
mod http_calls;
mod http_connections;
mod http_failures;
mod http_faults;
mod http_options;
mod http_passed_on;
mod http_redirects;
mod http_statuses;
mod in_flight;
mod jwt;
mod mtls;
mod network_guard;
mod oauth2;
mod openwhisk;
mod openwhisk_failures;
mod openwhisk_peer;
mod secrets;
mod server;
mod startup;
mod tls;
mod webhooks;

use std::time::Duration;

use bytes::Bytes;
use domain::resource::{HttpEndpoint, Provider};
use targets::{Call, Caller, FunctionAnswer, InvokeError, Invoker, TargetSettings};

const EVENT: &str = r#"{"eventType":"http.request","data":{"n":1.10}}"#;

/// An invoker with a timeout that no test is meant to reach.
fn invoker() -> Invoker {
    with_settings(TargetSettings {
        timeout: Duration::from_mins(1),
        ..TargetSettings::default()
    })
}

fn with_settings(settings: TargetSettings) -> Invoker {
    Invoker::new(settings).unwrap()
}

/// A call as sync callers make it.
fn call(payload: &'static str) -> Call<'static> {
    Call {
        payload: Bytes::from_static(payload.as_bytes()),
        event: None,
        identity: None,
        caller: Caller::Authorizer,
        needs_answer: true,
        hops: domain::hops::Hops::NONE,
    }
}

/// A call as the queue makes it.
fn queued(payload: &'static str) -> Call<'static> {
    Call {
        caller: Caller::Queue,
        ..call(payload)
    }
}

/// Settings of a function as they are stored.
fn provider(kind: &str, settings: serde_json::Value) -> Provider {
    let members = [("type", kind.into()), ("provider", settings)];
    serde_json::from_value(serde_json::Value::from_iter(members)).unwrap()
}

fn endpoint(url: &str) -> Provider {
    Provider::Http(Box::new(HttpEndpoint {
        url: url.into(),
        ..HttpEndpoint::default()
    }))
}

/// An endpoint with options, as the Configuration API takes them.
fn with_options(url: &str, mut options: serde_json::Value) -> Provider {
    options["url"] = url.into();
    Provider::Http(Box::new(serde_json::from_value(options).unwrap()))
}

/// Sends [`EVENT`] and gives the whole answer.
async fn deliver(invoker: &Invoker, url: &str) -> Result<FunctionAnswer, InvokeError> {
    invoker.invoke(&endpoint(url), call(EVENT)).await
}

/// Sends [`EVENT`] and gives the body of the answer, as a sync caller gets it.
async fn post(invoker: &Invoker, url: &str) -> Result<Bytes, InvokeError> {
    deliver(invoker, url).await.map(|answer| answer.body)
}

//! Calls of functions against real servers on the loopback interface: HTTP endpoints that behave and that do not, and
//! a peer that checks and answers requests as AWS does.

#![allow(clippy::unwrap_used, reason = "servers and checks fail the test by panicking")]

mod aws_connectors;
mod aws_lambda;
mod aws_peer;
mod aws_retries;
mod http_bodies;
mod http_calls;
mod http_failures;
mod http_faults;
mod http_redirects;
mod http_statuses;
mod server;
mod startup;
mod tls;
mod webhooks;

use std::time::Duration;

use bytes::Bytes;
use domain::resource::{HttpEndpoint, Provider};
use targets::{Answer, Call, InvokeError, Invoker, TargetSettings};

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
fn call(payload: &'static str) -> Call {
    Call {
        payload: Bytes::from_static(payload.as_bytes()),
        identity: None,
        sdk_retries: true,
    }
}

fn endpoint(url: &str) -> Provider {
    Provider::Http(HttpEndpoint {
        url: url.to_owned(),
        signing_secrets: Vec::new(),
    })
}

/// Sends [`EVENT`] and gives the whole answer.
async fn deliver(invoker: &Invoker, url: &str) -> Result<Answer, InvokeError> {
    invoker.invoke(&endpoint(url), call(EVENT)).await
}

/// Sends [`EVENT`] and gives the body of the answer, as a sync caller gets it.
async fn post(invoker: &Invoker, url: &str) -> Result<Bytes, InvokeError> {
    deliver(invoker, url).await.map(|answer| answer.body)
}

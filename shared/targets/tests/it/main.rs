//! Calls of functions against real servers on the loopback interface: HTTP endpoints that behave and that do not, and
//! a peer that checks and answers requests as AWS does.

#![allow(clippy::unwrap_used, reason = "servers and checks fail the test by panicking")]

mod aws_connectors;
mod aws_lambda;
mod aws_peer;
mod http_bodies;
mod http_calls;
mod http_faults;
mod http_redirects;
mod server;
mod startup;
mod tls;

use std::time::Duration;

use bytes::Bytes;
use domain::resource::{HttpEndpoint, Provider};
use targets::{InvokeError, Invoker, TargetSettings};

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

async fn post(invoker: &Invoker, url: &str) -> Result<Bytes, InvokeError> {
    let provider = Provider::Http(HttpEndpoint { url: url.to_owned() });
    invoker
        .invoke(&provider, Bytes::from_static(EVENT.as_bytes()))
        .await
}

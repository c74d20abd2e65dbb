//! HTTP, one request after the other: the thread waits for each answer.

use std::error::Error as _;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::crypto::ring;
use tokio::runtime::Runtime;

use crate::answer::Answer;
use crate::failure::Failure;

/// The largest answer that is read, and all pages of a list together, in bytes: no list of a gateway is near it.
pub(crate) const MAX_ANSWER: usize = 256 << 20;

/// A client that keeps its connections.
#[derive(Debug)]
pub(crate) struct HttpClient {
    runtime: Runtime,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    patience: Duration,
}

impl HttpClient {
    /// One that waits so long for each answer. The certificates of the machine are read only for TLS, which takes longer
    /// than most commands.
    pub(crate) fn new(patience: Duration, is_tls_needed: bool) -> Result<Self, Failure> {
        let failed =
            |err: &dyn std::fmt::Display| Failure::Machine(format!("no HTTP on this machine: {err}"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|err| failed(&err))?;
        let connector = if is_tls_needed {
            let builder =
                HttpsConnectorBuilder::new().with_provider_and_native_roots(ring::default_provider());
            builder
                .map_err(|err| failed(&err))?
                .https_or_http()
                .enable_http1()
                .build()
        } else {
            let builder = rustls::ClientConfig::builder_with_provider(ring::default_provider().into());
            let builder = builder
                .with_safe_default_protocol_versions()
                .map_err(|err| failed(&err))?;
            let trusts_nobody = builder
                .with_root_certificates(rustls::RootCertStore::empty())
                .with_no_client_auth();
            let builder = HttpsConnectorBuilder::new().with_tls_config(trusts_nobody);
            builder.https_or_http().enable_http1().build()
        };
        Ok(Self {
            runtime,
            client: Client::builder(TokioExecutor::new()).build(connector),
            patience,
        })
    }

    /// Sends a request and reads the whole answer.
    pub(crate) fn send(&self, request: Request<Full<Bytes>>) -> Result<Answer, Failure> {
        let url = request.uri().to_string();
        let unreachable = |reason: String| Failure::Unreachable {
            url: url.clone(),
            reason,
        };
        let exchange = async {
            let response = self
                .client
                .request(request)
                .await
                .map_err(|err| unreachable(causes(&err)))?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, MAX_ANSWER).collect().await;
            let body = body.map_err(|err| unreachable(format!("the answer broke off: {err}")))?;
            Ok(Answer {
                status: parts.status,
                headers: parts.headers,
                body: body.to_bytes(),
            })
        };
        let in_time = self
            .runtime
            .block_on(async { tokio::time::timeout(self.patience, exchange).await });
        in_time.unwrap_or_else(|_| {
            Err(unreachable(format!(
                "no answer within {} s",
                self.patience.as_secs()
            )))
        })
    }
}

/// The last cause says most: the client's own text is "client error (Connect)".
fn causes(err: &hyper_util::client::legacy::Error) -> String {
    let mut deepest: &dyn std::error::Error = err;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    if err.source().is_none() {
        return err.to_string();
    }
    deepest.to_string()
}

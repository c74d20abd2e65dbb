//! What sends spans over HTTP.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::crypto::ring;
use tokio::time::timeout;

use super::{OtlpSettings, json};
use crate::span::Span;

/// Most bytes of an answer that are read, so that its connection can be used again.
const MAX_ANSWER: usize = 64 * 1024;

/// Longest time in which they are.
const MAX_ANSWER_TIME: Duration = Duration::from_secs(1);

/// There are no certificates to trust.
#[derive(Debug, thiserror::Error)]
#[error("the machine has no certificates by which --otlp-endpoint could be trusted")]
pub struct NoCertificates(#[source] Box<dyn std::error::Error + Send + Sync>);

/// Why spans were not taken. Names neither the URL nor headers.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    #[error("no answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    #[error("unreachable: {0}")]
    Unreachable(String),
    #[error("answered with HTTP status code {0}")]
    Refused(StatusCode),
    #[error("the settings make no request")]
    NoRequest,
}

/// A client that keeps its connection.
pub(crate) struct OtlpClient {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    settings: OtlpSettings,
}

impl OtlpClient {
    /// The certificates of the machine are read only for TLS.
    pub(crate) fn new(settings: OtlpSettings) -> Result<Self, NoCertificates> {
        let builder = if settings.endpoint.is_encrypted() {
            let builder =
                HttpsConnectorBuilder::new().with_provider_and_native_roots(ring::default_provider());
            builder.map_err(|error| NoCertificates(error.into()))?
        } else {
            let builder = rustls::ClientConfig::builder_with_provider(ring::default_provider().into());
            let builder = builder
                .with_safe_default_protocol_versions()
                .map_err(|error| NoCertificates(error.into()))?;
            let trusts_nobody = builder
                .with_root_certificates(rustls::RootCertStore::empty())
                .with_no_client_auth();
            HttpsConnectorBuilder::new().with_tls_config(trusts_nobody)
        };
        let connector = builder.https_or_http().enable_http1().build();
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            settings,
        })
    }

    /// The form in which spans are sent.
    pub(crate) fn body(&self, spans: &[Span]) -> Bytes {
        let OtlpSettings { service, version, .. } = &self.settings;
        json::body(spans, (service, version)).into()
    }

    /// Sends spans once.
    pub(crate) async fn send(&self, body: Bytes) -> Result<(), SendError> {
        let request = self.request(body).ok_or(SendError::NoRequest)?;
        let limit = self.settings.timeout;
        let answered = timeout(limit, self.client.request(request)).await;
        let answered = answered.map_err(|_| SendError::TimedOut(limit))?;
        let (parts, body) = answered.map_err(|error| unreachable(&error))?.into_parts();
        // What it says of spans that it did not want is of no use here, and what it takes for that says nothing of the spans.
        let _ = timeout(MAX_ANSWER_TIME, Limited::new(body, MAX_ANSWER).collect()).await;
        if parts.status.is_success() {
            Ok(())
        } else {
            Err(SendError::Refused(parts.status))
        }
    }

    fn request(&self, body: Bytes) -> Option<Request<Full<Bytes>>> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.settings.endpoint.traces().clone();
        let headers = request.headers_mut();
        headers.try_reserve(self.settings.headers.0.len() + 1).ok()?;
        headers.extend(self.settings.headers.0.clone());
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Some(request)
    }
}

impl fmt::Debug for OtlpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpClient").finish_non_exhaustive()
    }
}

impl SendError {
    /// Whether the same may be taken later, by the rules of OTLP.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::TimedOut(_) | Self::Unreachable(_) => true,
            Self::Refused(status) => matches!(status.as_u16(), 429 | 502..=504),
            Self::NoRequest => false,
        }
    }
}

/// The last cause says most: the client's own text is "client error (Connect)".
fn unreachable(error: &hyper_util::client::legacy::Error) -> SendError {
    let mut deepest: &dyn std::error::Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    SendError::Unreachable(deepest.to_string())
}

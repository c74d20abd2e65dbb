//! What all HTTP clients of the gateway have in common.

use std::time::Duration;

use bytes::Bytes;
use http::header::HeaderValue;
use http_body_util::Full;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::Connect;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::connector::TcpConnector;

/// The body of a request.
pub(super) type Payload = Full<Bytes>;
/// A client that speaks TLS.
pub(super) type EncryptedClient = Client<HttpsConnector<TcpConnector>, Payload>;

/// Functions see the user agent that they have always seen.
pub(super) const GO_CLIENT: HeaderValue = HeaderValue::from_static("Go-http-client/1.1");
pub(crate) const GZIP: HeaderValue = HeaderValue::from_static("gzip");
pub(super) const IDLE_TIMEOUT: Duration = Duration::from_secs(90);
pub(super) const IDLE_CONNECTIONS_PER_HOST: usize = 1024;

/// A client with the pool that all calls share. A request that met a connection which the server closed while it was
/// idle is sent again on another one, but only if none of its bytes had been written.
pub(super) fn client<C: Connect + Clone>(connector: C) -> Client<C, Payload> {
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_max_idle_per_host(IDLE_CONNECTIONS_PER_HOST)
        .build(connector)
}

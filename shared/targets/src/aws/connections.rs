//! Connections to AWS.

use std::time::Duration;

use aws_smithy_http_client::pool;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{HttpClient as _, SharedHttpClient, http_client_fn};

const TLS: Provider = Provider::Rustls(CryptoMode::Ring);

/// How often the other end of a quiet connection is asked whether it is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// One pool for all clients. The wrapper leaves out the check that the SDK makes for each new client: a whole
/// connector with all certificates, built and thrown away.
pub(super) fn shared() -> SharedHttpClient {
    let client = aws_smithy_http_client::Builder::new()
        .tls_provider(TLS)
        .build_https();
    http_client_fn(move |settings, components| client.http_connector(settings, components))
}

/// A pool whose connections outlive minutes without a byte, by TCP keep-alive. What cannot be built is replaced by the
/// usual one.
pub(super) fn patient() -> SharedHttpClient {
    let pool = pool::ConnectionPool::builder()
        .tcp_keepalive(KEEP_ALIVE)
        .tls_provider(TLS)
        .build_https();
    let client = pool.ok().and_then(|pool| pool::Client::new(&pool).ok());
    match client {
        Some(client) => {
            http_client_fn(move |settings, components| client.http_connector(settings, components))
        }
        None => shared(),
    }
}

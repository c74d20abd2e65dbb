//! TLS towards functions: certificates of the machine, rustls with ring, HTTP/2 or HTTP/1.1.

use std::sync::Arc;

use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use rustls::client::WantsClientCert;
use rustls::crypto::ring;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};

use super::connector::TcpConnector;
use super::ending::EndingConnector;
use crate::error::InvokeError;

/// A configuration that lacks a client certificate only.
pub(super) type Trusting = ConfigBuilder<ClientConfig, WantsClientCert>;

/// Trusts what the machine trusts. Reads files, so that it runs beside the event loop.
pub(super) async fn native_roots() -> Result<Trusting, InvokeError> {
    let load = || builder()?.with_native_roots().map_err(InvokeError::unavailable);
    tokio::task::spawn_blocking(load)
        .await
        .map_err(InvokeError::unavailable)?
}

/// Trusts these authorities and no others.
pub(super) fn own_roots(roots: RootCertStore) -> Result<Trusting, InvokeError> {
    Ok(builder()?.with_root_certificates(roots))
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, InvokeError> {
    let provider = Arc::new(ring::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(InvokeError::unavailable)
}

/// Wraps connections in TLS.
pub(super) fn connector(tcp: TcpConnector, config: ClientConfig) -> HttpsConnector<EndingConnector> {
    let versions = HttpsConnectorBuilder::new()
        .with_tls_config(config)
        .https_only()
        .enable_http1();
    let offers_http2 = tcp.offers_http2();
    let connector = EndingConnector::new(tcp.for_tls());
    if offers_http2 {
        versions.enable_http2().wrap_connector(connector)
    } else {
        versions.wrap_connector(connector)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;
    use hyper_util::rt::TokioIo;
    use rustls::ServerConfig;
    use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    use super::*;

    #[tokio::test]
    async fn a_trusted_server_is_talked_to() {
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
        let provider = Arc::new(ring::default_provider());
        let server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let stream = TlsAcceptor::from(Arc::new(server)).accept(stream).await.unwrap();
            let answer = hyper::service::service_fn(async |request: http::Request<_>| {
                Ok::<_, std::convert::Infallible>(http::Response::new(format!("{:?}", request.version())))
            });
            hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), answer)
                .await
        });

        let mut roots = RootCertStore::empty();
        roots.add(own.cert.der().clone()).unwrap();
        let config = own_roots(roots).unwrap().with_no_client_auth();
        let client = super::super::client::client(connector(
            TcpConnector::new(None, crate::settings::LookupLimits::default()),
            config,
        ));
        let mut request = http::Request::new(Full::default());
        *request.uri_mut() = format!("https://localhost:{port}/").parse().unwrap();
        let response = client.request(request).await.unwrap();
        assert_eq!(
            super::super::body::read(response, 100, crate::keeping::Keeping::default())
                .await
                .unwrap()
                .bytes,
            "HTTP/1.1"
        );
        drop(client);
        serving.await.unwrap().unwrap();
    }
}

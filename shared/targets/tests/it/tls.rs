//! https functions whose server cannot be trusted.

use std::sync::Arc;

use domain::retry::FailureClass;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use targets::InvokeError;
use tokio_rustls::TlsAcceptor;

use crate::server::{Server, response};
use crate::{invoker, post};

#[tokio::test]
async fn a_server_without_tls_fails() {
    let server = Server::answering(|_| response(200, &[], "")).await;
    let error = post(&invoker(), &format!("https://{}/", server.address()))
        .await
        .unwrap_err();
    assert!(
        matches!(error, InvokeError::Unavailable { .. }) && error.class() == FailureClass::Transient,
        "{error:?}"
    );
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn an_unknown_certificate_fails() {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let server = Server::bare(move |_, stream| {
        let acceptor = acceptor.clone();
        async move {
            // Fails, as the client hangs up.
            let _ = acceptor.accept(stream).await;
        }
    })
    .await;
    let error = post(
        &invoker(),
        &format!("https://localhost:{}/", server.address().port()),
    )
    .await
    .unwrap_err();
    // Somebody renews it.
    assert!(
        matches!(error, InvokeError::Unavailable { permanent: false, .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("certificate"), "{error}");
}

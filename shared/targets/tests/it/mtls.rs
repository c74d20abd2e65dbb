//! https endpoints with certificates of their own: private authorities, and clients that prove who they are.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::retry::FailureClass;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde_json::{Value, json};
use targets::{InvokeError, Invoker, SecretSettings, TargetSettings};

use crate::server::{Server, response};
use crate::{EVENT, call, invoker, with_options, with_settings};

/// A private authority.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key.
struct Issued {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn issue(&self, name: &str, purpose: ExtendedKeyUsagePurpose) -> Issued {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.extended_key_usages = vec![purpose];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Issued { certificate, key }
    }

    pub(crate) fn pem(&self) -> String {
        pem("CERTIFICATE", self.0.der())
    }

    /// Settings of a server for `localhost` that offers these versions.
    pub(crate) fn offering(&self, versions: &[&[u8]]) -> ServerConfig {
        let own = self.issue("localhost", ExtendedKeyUsagePurpose::ServerAuth);
        let chain: Vec<CertificateDer<'static>> = vec![own.certificate.der().clone()];
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(own.key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        config.alpn_protocols = versions.iter().map(|version| version.to_vec()).collect();
        config
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        roots
    }
}

impl Issued {
    fn pem(&self) -> String {
        pem("CERTIFICATE", self.certificate.der())
    }

    fn key_pem(&self) -> String {
        pem("PRIVATE KEY", &self.key.serialize_der())
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

/// A server for `localhost` that asks clients of this authority for a certificate, if there is one.
async fn server(authority: &Authority, clients: Option<&Authority>) -> Server {
    let own = authority.issue("localhost", ExtendedKeyUsagePurpose::ServerAuth);
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(clients) => {
            let roots = Arc::new(clients.roots());
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider)
                .build()
                .unwrap();
            builder.with_client_cert_verifier(verifier)
        }
    };
    let chain: Vec<CertificateDer<'static>> = vec![own.certificate.der().clone()];
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(own.key.serialize_der()));
    let config = builder.with_single_cert(chain, key).unwrap();
    Server::answering_tls(config, |_| response(200, &[], "secure")).await
}

async fn deliver(invoker: &Invoker, server: &Server, tls: Value) -> Result<bytes::Bytes, InvokeError> {
    let url = format!("https://localhost:{}/", server.address().port());
    let provider = with_options(&url, json!({"tls": tls}));
    let answer = invoker.invoke(&provider, call(EVENT)).await?;
    Ok(answer.body)
}

#[tokio::test]
async fn private_authorities_are_trusted_by_their_endpoints_only() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let (server, invoker) = (server(&authority, None).await, invoker());
    let trusting = json!({"certificateAuthority": authority.pem()});
    for _ in 0..3 {
        assert_eq!(
            deliver(&invoker, &server, trusting.clone()).await.unwrap(),
            "secure"
        );
    }
    assert_eq!(
        (server.requests().len(), server.connections()),
        (3, 1),
        "one connection"
    );
    // Several of them, in whatever order.
    let both = format!("{}\n{}", stranger.pem(), authority.pem());
    let both = json!({"certificateAuthority": both});
    assert_eq!(deliver(&invoker, &server, both).await.unwrap(), "secure");

    let error = deliver(&invoker, &server, json!({"certificateAuthority": stranger.pem()}))
        .await
        .unwrap_err();
    // Somebody renews it.
    assert!(
        matches!(error, InvokeError::Unavailable { permanent: false, .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("certificate"), "{error}");
    let plain = crate::post(
        &invoker,
        &format!("https://localhost:{}/", server.address().port()),
    )
    .await;
    assert!(plain.unwrap_err().to_string().contains("certificate"));
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn the_name_has_to_be_right() {
    let authority = Authority::new();
    let server = server(&authority, None).await;
    let url = format!("https://{}/", server.address());
    let provider = with_options(&url, json!({"tls": {"certificateAuthority": authority.pem()}}));
    let error = invoker().invoke(&provider, call(EVENT)).await.unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn clients_prove_who_they_are() {
    let (authority, clients, strangers) = (Authority::new(), Authority::new(), Authority::new());
    let (server, invoker) = (server(&authority, Some(&clients)).await, invoker());
    let own = clients.issue("gateway", ExtendedKeyUsagePurpose::ClientAuth);
    let foreign = strangers.issue("gateway", ExtendedKeyUsagePurpose::ClientAuth);
    let tls = |issued: &Issued| {
        json!({
            "certificateAuthority": authority.pem(),
            "clientCertificate": issued.pem(),
            "clientKey": issued.key_pem(),
        })
    };
    assert_eq!(deliver(&invoker, &server, tls(&own)).await.unwrap(), "secure");
    assert_eq!(deliver(&invoker, &server, tls(&own)).await.unwrap(), "secure");
    assert_eq!(server.connections(), 1);
    // Neither without a certificate nor with a foreign one does anybody get a share of that connection.
    for tls in [json!({"certificateAuthority": authority.pem()}), tls(&foreign)] {
        let error = deliver(&invoker, &server, tls).await.unwrap_err();
        assert!(
            matches!(error, InvokeError::Unavailable { permanent: false, .. }),
            "{error:?}"
        );
        let shown = format!("{error} {error:?}");
        assert!(
            !shown.contains("PRIVATE KEY") && !shown.contains("BEGIN"),
            "{shown}"
        );
    }
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn certificates_that_cannot_be_used_fail_for_good() {
    let authority = Authority::new();
    let server = server(&authority, None).await;
    let (one, other) = (
        authority.issue("a", ExtendedKeyUsagePurpose::ClientAuth),
        authority.issue("b", ExtendedKeyUsagePurpose::ClientAuth),
    );
    let empty = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    for (tls, text) in [
        (
            json!({"certificateAuthority": empty}),
            "tls.certificateAuthority is unusable",
        ),
        (json!({"certificateAuthority": "HIDDEN"}), "no certificate in PEM"),
        (
            json!({"certificateAuthority": authority.pem(), "clientCertificate": one.pem(), "clientKey": "HIDDEN"}),
            "tls.clientKey is no private key in PEM",
        ),
        (
            json!({"certificateAuthority": authority.pem(), "clientCertificate": one.pem(), "clientKey": other.key_pem()}),
            "tls.clientCertificate and tls.clientKey are unusable together",
        ),
    ] {
        let error = deliver(&invoker(), &server, tls).await.unwrap_err();
        assert_eq!(error.class(), FailureClass::Permanent, "{error:?}");
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(text), "{shown}");
        assert!(!shown.contains("HIDDEN") && !shown.contains("BEGIN"), "{shown}");
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_key_that_does_not_fit_a_new_certificate_is_read_anew() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let server = server(&authority, Some(&clients)).await;
    let directory = tempfile::tempdir().unwrap();
    let invoker = with_settings(TargetSettings {
        secrets: SecretSettings {
            directory: Some(directory.path().to_owned()),
            ..SecretSettings::default()
        },
        ..TargetSettings::default()
    });
    let tls = |issued: &Issued| {
        json!({
            "certificateAuthority": authority.pem(),
            "clientCertificate": issued.pem(),
            "clientKey": {"file": "key.pem"},
        })
    };
    let [old, new] = ["old", "new"].map(|name| clients.issue(name, ExtendedKeyUsagePurpose::ClientAuth));
    let file = directory.path().join("key.pem");
    std::fs::write(&file, old.key_pem()).unwrap();
    deliver(&invoker, &server, tls(&old)).await.unwrap();

    std::fs::write(&file, new.key_pem()).unwrap();
    let error = deliver(&invoker, &server, tls(&new)).await.unwrap_err();
    assert_eq!(error.class(), FailureClass::Transient, "{error}");
    deliver(&invoker, &server, tls(&new)).await.unwrap();
    // Of the certificate and the key there is nothing newer to be had.
    for want in [FailureClass::Transient, FailureClass::Permanent] {
        let error = deliver(&invoker, &server, tls(&old)).await.unwrap_err();
        assert_eq!(error.class(), want, "{error}");
    }
}

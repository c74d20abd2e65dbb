//! TLS on the listeners (docs/contract.md §0.3).

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tokio_rustls::TlsConnector;

use crate::client::{Answer, Connection, request};
use crate::gateway_process::{GatewayProcess, PATIENCE};
use crate::http2_client::Http2;

/// Writes a certificate for localhost and its key; gives the certificate.
fn write_certificate(directory: &Path) -> CertificateDer<'static> {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(directory.join("cert.pem"), pem("CERTIFICATE", own.cert.der())).unwrap();
    fs::write(
        directory.join("key.pem"),
        pem("PRIVATE KEY", &own.signing_key.serialize_der()),
    )
    .unwrap();
    own.cert.der().clone()
}

fn pem(label: &str, der: &[u8]) -> String {
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        STANDARD.encode(der)
    )
}

/// Settings of a client that offers these versions.
fn offering(trusted: &CertificateDer<'static>, versions: &[&[u8]]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let mut settings =
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
    settings.alpn_protocols = versions.iter().map(|version| version.to_vec()).collect();
    Arc::new(settings)
}

fn localhost() -> ServerName<'static> {
    ServerName::try_from("localhost").unwrap()
}

/// A client that prefers HTTP/2.
fn http2(trusted: &CertificateDer<'static>, address: SocketAddr) -> Http2 {
    let connector = TlsConnector::from(offering(trusted, &[b"h2", b"http/1.1"]));
    Http2::over(async move {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let stream = connector.connect(localhost(), stream).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        stream
    })
}

fn over_tls(trusted: &CertificateDer<'static>, address: SocketAddr, request: Vec<u8>) -> Answer {
    let client = ClientConnection::new(offering(trusted, &[b"http/1.1"]), localhost()).unwrap();
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut connection = Connection::over(StreamOwned::new(client, stream));
    connection.send(request).unwrap();
    let answer = connection.answer().unwrap();
    assert_eq!(connection.stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    answer
}

#[test]
fn both_listeners_speak_tls() {
    let directory = tempfile::tempdir().unwrap();
    let certificate = write_certificate(directory.path());
    let [cert, key] = ["cert.pem", "key.pem"].map(|file| directory.path().join(file).display().to_string());
    let gateway = GatewayProcess::start_unprobed(
        directory.path(),
        &[
            &format!("-config-tls-cert={cert}"),
            &format!("-config-tls-key={key}"),
            "-events-tls-cert",
            &cert,
            "-events-tls-key",
            &key,
        ],
    );
    let event_type = request("POST", "/v1/spaces/default/eventtypes", &[], r#"{"name":"a"}"#);
    assert_eq!(over_tls(&certificate, gateway.config, event_type).status, 201);
    assert_eq!(
        over_tls(&certificate, gateway.events, request("GET", "/", &[], "")).status,
        202
    );
    let path = "/v1/spaces/default/eventtypes";
    let operator = http2(&certificate, gateway.config);
    assert_eq!(operator.send("POST", path, &[], r#"{"name":"b"}"#).status, 201);
    let sender = http2(&certificate, gateway.events);
    for _ in 0..2 {
        assert_eq!(sender.send("POST", "/", &[], "{}").status, 202);
    }
    let urls =
        [gateway.events, gateway.config].map(|at| format!("listening on https://localhost:{}.", at.port()));
    assert!(urls.iter().all(|url| gateway.log.so_far().contains(url)));

    // A client that takes it for plain HTTP is turned away, and others are still served.
    let mut plain = Connection::open(gateway.events);
    plain.send(request("GET", "/", &[], "")).unwrap();
    assert!(plain.answer().is_err());
    assert_eq!(
        over_tls(&certificate, gateway.events, request("GET", "/", &[], "")).status,
        202
    );
}

/// Whether a new handshake shows this certificate.
fn shows(certificate: &CertificateDer<'static>, address: SocketAddr) -> bool {
    let client = ClientConnection::new(offering(certificate, &[b"http/1.1"]), localhost()).unwrap();
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut connection = Connection::over(StreamOwned::new(client, stream));
    connection.send(request("GET", "/", &[], "")).is_ok() && connection.answer().is_ok()
}

fn wait_until(mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "it never came to that");
        std::thread::yield_now();
    }
}

#[test]
fn renewed_certificates_are_used_and_broken_ones_are_not() {
    let directory = tempfile::tempdir().unwrap();
    let first = write_certificate(directory.path());
    let [cert, key] = ["cert.pem", "key.pem"].map(|file| directory.path().join(file).display().to_string());
    let gateway = GatewayProcess::start_unprobed(
        directory.path(),
        &[
            &format!("--events-tls-cert={cert}"),
            &format!("--events-tls-key={key}"),
            "--tls-reload-interval=20",
        ],
    );
    let kept = http2(&first, gateway.events);
    assert_eq!(kept.send("POST", "/", &[], "{}").status, 202);

    fs::write(&cert, "no certificate").unwrap();
    wait_until(|| gateway.log.so_far().contains("the one before stays in use"));
    assert!(shows(&first, gateway.events));

    let second = write_certificate(directory.path());
    wait_until(|| shows(&second, gateway.events));
    assert!(!shows(&first, gateway.events));
    // What was agreed on before goes on.
    assert_eq!(kept.send("POST", "/", &[], "{}").status, 202);
}

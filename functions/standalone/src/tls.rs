//! TLS of the listeners: 1.2 or newer; clients choose between HTTP/2 and HTTP/1.1 (docs/contract.md §0.3).

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use tokio_rustls::TlsAcceptor;

use crate::certificate::{Certificate, TlsError};

/// What clients ask for that want to speak HTTP/2.
pub(crate) const HTTP_2: &[u8] = b"h2";

/// TLS of a listener.
pub(crate) struct ListenerTls {
    pub(crate) acceptor: TlsAcceptor,
    /// What it shows to clients.
    pub(crate) certificate: Arc<Certificate>,
}

/// TLS for a listener, which may offer HTTP/2; `None` if neither file is set. The flags are named where one of them is
/// missing.
pub(crate) fn acceptor(
    [certificate_flag, key_flag]: [&'static str; 2],
    certificate: Option<&Path>,
    key: Option<&Path>,
    offers_http2: bool,
) -> Result<Option<ListenerTls>, TlsError> {
    let (certificate, key) = match (certificate, key) {
        (None, None) => return Ok(None),
        (Some(certificate), Some(key)) => (certificate, key),
        (Some(_), None) => {
            return Err(TlsError::Incomplete {
                set: certificate_flag,
                missing: key_flag,
            });
        }
        (None, Some(_)) => {
            return Err(TlsError::Incomplete {
                set: key_flag,
                missing: certificate_flag,
            });
        }
    };
    let renewable = Arc::new(Certificate::read(certificate, key)?);
    let unusable = |source| TlsError::Unusable {
        certificate: certificate.to_owned(),
        source,
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_cert_resolver(renewable.clone());
    let versions = offers_http2
        .then_some(HTTP_2)
        .into_iter()
        .chain([&b"http/1.1"[..]]);
    config.alpn_protocols = versions.map(<[u8]>::to_vec).collect();
    Ok(Some(ListenerTls {
        acceptor: TlsAcceptor::from(Arc::new(config)),
        certificate: renewable,
    }))
}

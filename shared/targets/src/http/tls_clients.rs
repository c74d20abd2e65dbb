//! HTTP clients of endpoints with certificates of their own: one for each TLS configuration, whose connections are
//! never used for another one.

use std::sync::{Mutex, PoisonError};

use domain::resource::HttpTls;
use hashlink::LruCache;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use sha2::{Digest as _, Sha256};

use super::connector::TcpConnector;
use super::encrypted::EncryptedClient;
use super::tls::{self, Trusting};
use crate::error::{BoxError, InvokeError};

/// Most configurations that clients are kept of; those that were not used for longest go first, with their idle
/// connections.
const MAX_CLIENTS: usize = 256;

/// Clients by a digest of their certificates and key.
pub(super) struct TlsClients(Mutex<LruCache<[u8; 32], EncryptedClient>>);

/// Certificates or a key that cannot be used. The texts repeat none of them.
#[derive(Debug, thiserror::Error)]
enum TlsError {
    #[error("tls.certificateAuthority is unusable")]
    Authority(#[source] CertificateError),
    #[error("tls.clientCertificate is unusable")]
    Certificate(#[source] CertificateError),
    #[error("tls.clientKey is no private key in PEM")]
    Key,
    #[error("tls.clientCertificate and tls.clientKey are unusable together")]
    Pair(#[source] rustls::Error),
}

#[derive(Debug, thiserror::Error)]
enum CertificateError {
    #[error("no certificate in PEM")]
    Pem,
    #[error(transparent)]
    Certificate(#[from] rustls::Error),
}

impl Default for TlsClients {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MAX_CLIENTS)))
    }
}

impl TlsClients {
    /// The client of a configuration, whose key has been looked up.
    pub(super) async fn get(
        &self,
        tcp: &TcpConnector,
        tls: &HttpTls,
        key: &str,
    ) -> Result<EncryptedClient, InvokeError> {
        let digest = digest(tls, key);
        if let Some(client) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&digest) {
            return Ok(client.clone());
        }
        let trusting = match &tls.certificate_authority {
            Some(pem) => tls::own_roots(authorities(pem).map_err(TlsError::Authority).map_err(unusable)?)?,
            None => tls::native_roots().await?,
        };
        let config = config(trusting, tls, key).map_err(unusable)?;
        let built = EncryptedClient::new(tcp.clone(), config);
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Another call may have been faster; its connections are open already.
        let client = clients.entry(digest).or_insert_with(|| built);
        Ok(client.clone())
    }
}

/// Whether the cause of a failed call is that certificate and key do not belong together: one of them was replaced.
pub(crate) fn is_unfit_key(cause: &BoxError) -> bool {
    matches!(cause.downcast_ref(), Some(TlsError::Pair(_)))
}

fn unusable(error: TlsError) -> InvokeError {
    InvokeError::unusable(error)
}

fn digest(tls: &HttpTls, key: &str) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in [
        tls.certificate_authority.as_deref().unwrap_or_default(),
        tls.client_certificate.as_deref().unwrap_or_default(),
        key,
    ] {
        digest.update(part.len().to_le_bytes());
        digest.update(part.as_bytes());
    }
    digest.finalize().into()
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let all: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    all.ok()
        .filter(|all| !all.is_empty())
        .ok_or(CertificateError::Pem)
}

fn authorities(pem: &str) -> Result<RootCertStore, CertificateError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem)? {
        roots.add(certificate)?;
    }
    Ok(roots)
}

fn config(trusting: Trusting, tls: &HttpTls, key: &str) -> Result<ClientConfig, TlsError> {
    let Some(pem) = &tls.client_certificate else {
        return Ok(trusting.with_no_client_auth());
    };
    let chain = certificates(pem).map_err(TlsError::Certificate)?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| TlsError::Key)?;
    trusting.with_client_auth_cert(chain, key).map_err(TlsError::Pair)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;

    #[test]
    fn reading_is_linear() {
        let own = rcgen::generate_simple_self_signed(["a".to_owned()]).unwrap();
        let der = base64::engine::general_purpose::STANDARD.encode(own.cert.der());
        let pem = format!("-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n");
        let texts: [(&str, &dyn Fn(usize) -> String); 4] = [
            ("certificates", &|n| pem.repeat(n / 16)),
            ("other sections", &|n| {
                "-----BEGIN X-----\nU0VD\n-----END X-----\n".repeat(n)
            }),
            ("beginnings", &|n| "-----BEGIN CERTIFICATE-----\n".repeat(n)),
            ("lines", &|n| {
                format!("-----BEGIN CERTIFICATE-----\n{}", "U0VD\n".repeat(n))
            }),
        ];
        for (name, text) in texts {
            scaling::assert_linear(name, 1_000, text, |text| {
                authorities(text).map(|roots| roots.len()).ok()
            });
        }
    }
}

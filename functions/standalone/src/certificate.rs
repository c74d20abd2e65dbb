//! The certificate of a listener, which is read anew when its files change: new handshakes use the new one, connections
//! that are there keep theirs. What cannot be used leaves the one before in place.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use gateway::ErrorChain;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::time::sleep;

/// A certificate or key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Only one of certificate and key is set. It would be served in clear, against what was meant.
    #[error("{set} is set without {missing}: TLS needs both")]
    Incomplete {
        /// The flag that is set.
        set: &'static str,
        /// The flag that is not.
        missing: &'static str,
    },
    /// A file cannot be read as PEM.
    #[error("{} cannot be read", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: rustls::pki_types::pem::Error,
    },
    /// Certificate and key do not go together, or are of an unknown kind.
    #[error("certificate {} and its key cannot be used", .certificate.display())]
    Unusable {
        /// File of the certificate.
        certificate: PathBuf,
        /// What is wrong.
        source: rustls::Error,
    },
}

/// A certificate with its key, and the files that they come from.
pub(crate) struct Certificate {
    chain: PathBuf,
    key: PathBuf,
    current: ArcSwap<CertifiedKey>,
    /// The files when they were first read.
    first: [FileState; 2],
}

/// What shows that a file is another one: when it was changed, and its size in bytes. `None` where it is not there.
type FileState = Option<(SystemTime, u64)>;

impl Certificate {
    /// Reads both files, which are PEM.
    pub(crate) fn read(chain: &Path, key: &Path) -> Result<Self, TlsError> {
        // Before they are read: what changes meanwhile is seen to have changed.
        let first = states([chain, key]);
        let current = ArcSwap::from_pointee(load(chain, key)?);
        Ok(Self {
            chain: chain.to_owned(),
            key: key.to_owned(),
            current,
            first,
        })
    }

    /// Looks at the files at this interval, for ever. They are looked at again only when one of them has changed, so that
    /// what cannot be used is warned of once.
    pub(crate) async fn renew(self: Arc<Self>, interval: Duration) {
        let mut seen = self.first;
        loop {
            sleep(interval).await;
            // A file of an unreachable disk must keep no request waiting.
            let own = Arc::clone(&self);
            let looked = tokio::task::spawn_blocking(move || {
                let states = states([&own.chain, &own.key]);
                if states != seen {
                    own.read_again();
                }
                states
            });
            match looked.await {
                Ok(states) => seen = states,
                Err(error) => {
                    tracing::error!(%error, "Certificates are not renewed any more.");
                    return;
                }
            }
        }
    }

    fn read_again(&self) {
        let file = self.chain.display();
        match load(&self.chain, &self.key) {
            Ok(renewed) => {
                self.current.store(Arc::new(renewed));
                tracing::info!(%file, "The certificate was renewed.");
            }
            Err(error) => tracing::warn!(
                %file, error = %ErrorChain(&error),
                "The certificate has changed and cannot be used: the one before stays in use."
            ),
        }
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("chain", &self.chain)
            .finish_non_exhaustive()
    }
}

fn states(files: [&Path; 2]) -> [FileState; 2] {
    files.map(|path| {
        let about = path.metadata().ok()?;
        Some((about.modified().ok()?, about.len()))
    })
}

fn load(chain: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let file = |path: &Path| {
        let path = path.to_owned();
        move |source| TlsError::File { path, source }
    };
    let certificates: Vec<_> = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect)
        .map_err(file(chain))?;
    let private_key = PrivateKeyDer::from_pem_file(key).map_err(file(key))?;
    CertifiedKey::from_der(certificates, private_key, &default_provider()).map_err(|source| {
        TlsError::Unusable {
            certificate: chain.to_owned(),
            source,
        }
    })
}

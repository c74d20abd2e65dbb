//! Certificates of calls over https.

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde::{Deserialize, Serialize};

use crate::resource::Secret;
use crate::resource::provider::{Members, ProviderError};

/// What an endpoint is trusted by and what it trusts the gateway by. All in PEM.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HttpTls {
    /// Certificates of the authorities that are trusted instead of those of the machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub certificate_authority: Option<String>,
    /// Certificate of the gateway, with those between it and its authority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub client_certificate: Option<String>,
    /// Private key of that certificate.
    #[serde(default, skip_serializing_if = "Secret::is_empty")]
    pub client_key: Secret,
}

impl HttpTls {
    /// Reads the member `tls`; `None` if nothing is in it. Whether certificates and keys fit together shows in the
    /// first call.
    pub(super) fn decode(members: &Members<'_>) -> Result<Option<Self>, ProviderError> {
        let Some(members) = members.inner("tls")? else {
            return Ok(None);
        };
        let tls = Self {
            certificate_authority: members.optional("certificateAuthority")?,
            client_certificate: members.optional("clientCertificate")?,
            client_key: members.secret("clientKey")?,
        };
        tls.check()
            .map_err(|(member, reason)| ProviderError::Invalid { member, reason })?;
        Ok(Some(tls).filter(|tls| *tls != Self::default()))
    }

    fn check(&self) -> Result<(), (&'static str, &'static str)> {
        for (member, given) in [
            ("tls.certificateAuthority", &self.certificate_authority),
            ("tls.clientCertificate", &self.client_certificate),
        ] {
            if given.as_deref().is_some_and(|pem| !is_certificates(pem)) {
                return Err((member, "must be certificates in PEM"));
            }
        }
        if self.client_certificate.is_some() == self.client_key.is_empty() {
            return Err(("tls", "must have clientCertificate and clientKey together"));
        }
        match &self.client_key {
            // A mask is let through: what it stands for was checked when it was stored.
            key if key.is_mask() => Ok(()),
            Secret::Inline(pem) if !pem.is_empty() && !is_key(pem) => {
                Err(("tls.clientKey", "must be a private key in PEM, not encrypted"))
            }
            Secret::Inline(_) | Secret::Reference(_) => Ok(()),
        }
    }

    pub(super) fn secrets_mut(&mut self) -> Vec<(&'static str, &mut Secret)> {
        vec![("tls.clientKey", &mut self.client_key)]
    }
}

fn is_certificates(pem: &str) -> bool {
    let mut certificates = CertificateDer::pem_slice_iter(pem.as_bytes()).peekable();
    // Each is an ASN.1 sequence.
    certificates.peek().is_some() && certificates.all(|one| one.is_ok_and(|der| der.first() == Some(&0x30)))
}

fn is_key(pem: &str) -> bool {
    PrivateKeyDer::from_pem_slice(pem.as_bytes()).is_ok()
}

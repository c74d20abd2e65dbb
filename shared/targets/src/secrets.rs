//! Secrets of functions at the time of a call: inline, or read from where they are and kept for a while.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use domain::resource::{AwsCredentials, HttpEndpoint, Secret, SecretReference, SigningSecret};
use tokio::time::Instant;

use self::cache::SecretCache;
use self::error::SecretError;
use self::places::Places;
use self::source::Source;
use crate::aws::{Aws, AwsIdentity};
use crate::error::InvokeError;

mod cache;
mod error;
mod files;
mod parameter_store;
mod places;
mod refusal;
mod secrets_manager;
mod settings;
mod source;

pub use self::settings::SecretSettings;

/// Reads secrets, and keeps those that are elsewhere for a while.
pub(crate) struct Secrets {
    places: Arc<Places>,
    cache: SecretCache,
}

impl Secrets {
    /// Reads nothing yet.
    pub(crate) fn new(settings: &SecretSettings, aws: Arc<Aws>) -> Self {
        Self {
            cache: SecretCache::new(settings.cache_time),
            places: Arc::new(Places::new(settings.clone(), aws)),
        }
    }

    /// The text of a secret. Of one that is elsewhere, as it was at most the cache time ago; never empty then.
    pub(crate) async fn text<'s>(&self, secret: &'s Secret) -> Result<Cow<'s, str>, InvokeError> {
        match secret {
            Secret::Inline(text) => Ok(Cow::Borrowed(text)),
            // Boxed, so that calls without references do not carry its future.
            Secret::Reference(reference) => Ok(Cow::Owned(Box::pin(self.read(reference)).await?)),
        }
    }

    /// The credentials of an AWS call.
    pub(crate) async fn aws(&self, credentials: &AwsCredentials) -> Result<AwsIdentity, InvokeError> {
        Ok(AwsIdentity {
            access_key_id: self.text(&credentials.aws_access_key_id).await?.into_owned(),
            secret_access_key: self.text(&credentials.aws_secret_access_key).await?.into_owned(),
            session_token: self.text(&credentials.aws_session_token).await?.into_owned(),
            role_arn: credentials.role_arn.clone(),
            external_id: credentials.external_id.clone(),
        })
    }

    /// An endpoint whose signing secrets are all inline; `None` where they are anyway.
    pub(crate) async fn with_signing_secrets(
        &self,
        endpoint: &HttpEndpoint,
    ) -> Result<Option<HttpEndpoint>, InvokeError> {
        let is_elsewhere = |secret: &SigningSecret| matches!(secret.secret(), Secret::Reference(_));
        if !endpoint.signing_secrets.iter().any(is_elsewhere) {
            return Ok(None);
        }
        let mut endpoint = endpoint.clone();
        for secret in &mut endpoint.signing_secrets {
            let text = self.text(secret.secret()).await?.into_owned();
            let parsed = SigningSecret::parse(text);
            *secret = parsed.ok_or_else(|| InvokeError::unusable(SecretError::SigningSecret))?;
        }
        Ok(Some(endpoint))
    }

    /// Drops what is kept of a secret that a call was refused with, so that the next one reads it anew. Says whether
    /// the next call may do better: not where the secret is inline, or was read anew after a refusal and still is the
    /// same.
    pub(crate) fn forget(&self, secret: &Secret, call_began: Instant) -> bool {
        match secret {
            Secret::Inline(_) => false,
            Secret::Reference(reference) => {
                Source::of(reference).is_some_and(|source| self.cache.forget(&source, call_began))
            }
        }
    }

    async fn read(&self, reference: &SecretReference) -> Result<String, InvokeError> {
        self.places.check(reference)?;
        let Some(source) = Source::of(reference) else {
            return Ok(self.places.variable(reference)?);
        };
        let (places, of) = (Arc::clone(&self.places), source.clone());
        let read = async move { places.read(&of).await };
        let text = self.cache.get(&source, read).await?;
        let text = match reference {
            SecretReference::SecretsManager {
                json_key: Some(key), ..
            } => secrets_manager::member(&text, key).ok_or_else(|| SecretError::NoMember {
                source_name: source.to_string(),
                member: key.clone(),
            })?,
            _ => text.as_ref().to_owned(),
        };
        if text.is_empty() {
            // An empty key of AWS would stand for the gateway's own credentials.
            return Err(SecretError::Empty(source.to_string()).into());
        }
        Ok(text)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

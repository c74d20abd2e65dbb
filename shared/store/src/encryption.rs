//! Encryption of the secrets of functions before they are written down (docs/adr/0009): above the store everything is
//! plain, below it no secret is.
//!
//! Each secret is sealed by itself with AES-256-GCM, in the place where it stands in the resource's JSON, and bound to
//! its space, function and member: a sealed secret that is moved elsewhere cannot be opened. A URL with credentials in it
//! is sealed as a whole, and says so itself: those of other versions are plain beside sealed secrets. A [`Seal`] beside
//! the resource says with which key. Resources without a seal are plain, as those are that were written without a key.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::resource::{Resource, Secret, TargetUrl};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Serialize};

mod data_keys;
mod error;
mod key_file;

pub(crate) use data_keys::DataKeys;
pub use data_keys::KmsKey;
pub use error::SealError;
pub use key_file::{KeyFile, KeyFileError};

/// What a sealed URL begins with. Nothing is called by a URL that begins so.
const SEALED_URL: &str = "sealed:";

/// How long a key is, in bytes.
pub(crate) const KEY_BYTES: usize = 32;

/// With which key secrets are sealed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Seal {
    /// One of the key file, by its id.
    Key(String),
    /// A data key that KMS has encrypted, in base64.
    DataKey(String),
}

/// A key and the seal that names it.
pub(crate) struct SealingKey {
    key: LessSafeKey,
    seal: Seal,
}

/// What is written down beside the seal that its secrets have, if they have one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sealed<T> {
    pub(crate) value: T,
    pub(crate) seal: Option<Seal>,
}

impl SealingKey {
    /// A key that a seal names.
    pub(crate) fn new(bytes: &[u8], seal: Seal) -> Result<Self, SealError> {
        let key = UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| SealError::KeyLength)?;
        Ok(Self {
            key: LessSafeKey::new(key),
            seal,
        })
    }

    /// What names it.
    pub(crate) fn seal(&self) -> &Seal {
        &self.seal
    }

    /// Seals every secret of a resource.
    pub(crate) fn close<R: Resource>(&self, resource: &mut R) -> Result<(), SealError> {
        let place = Place::of(resource);
        for (path, text) in inline(resource) {
            *text = self.close_text(text, &place.of_member(&path))?;
        }
        for (path, url) in resource.urls_mut() {
            if is_secret(url) {
                let sealed = self.close_text(url, &place.of_member(path))?;
                *url = format!("{SEALED_URL}{sealed}").into();
            }
        }
        Ok(())
    }

    /// Opens every secret of a resource that was sealed with this key.
    pub(crate) fn open<R: Resource>(&self, resource: &mut R) -> Result<(), SealError> {
        let place = Place::of(resource);
        for (path, text) in inline(resource) {
            *text = self
                .open_text(text, &place.of_member(&path))
                .ok_or(SealError::Damaged)?;
        }
        for (path, url) in resource.urls_mut() {
            if let Some(sealed) = url.strip_prefix(SEALED_URL) {
                let opened = self.open_text(sealed, &place.of_member(path));
                *url = opened.ok_or(SealError::Damaged)?.into();
            }
        }
        Ok(())
    }

    fn close_text(&self, text: &str, place: &[u8]) -> Result<String, SealError> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new()
            .fill(&mut nonce)
            .map_err(|_| SealError::NoRandomness)?;
        let mut sealed = text.as_bytes().to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place), &mut sealed)
            .map_err(|_| SealError::TooLong)?;
        sealed.splice(..0, nonce);
        Ok(STANDARD.encode(sealed))
    }

    fn open_text(&self, sealed: &str, place: &[u8]) -> Option<String> {
        let mut bytes = STANDARD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk_mut::<NONCE_LEN>()?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let text = self.key.open_in_place(nonce, Aad::from(place), sealed).ok()?;
        String::from_utf8(text.to_vec()).ok()
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingKey")
            .field("seal", &self.seal)
            .finish_non_exhaustive()
    }
}

/// Whether there is anything to seal in a resource.
pub(crate) fn has_secrets<R: Resource>(resource: &R) -> bool {
    let mut resource = resource.clone();
    !inline(&mut resource).is_empty() || resource.urls_mut().iter().any(|(_, url)| is_secret(url))
}

/// Whether a URL is sealed. One that looks as if it were is so, too: what is written beside a seal and begins like that
/// can always be opened.
fn is_secret(url: &TargetUrl) -> bool {
    url.has_credentials() || url.starts_with(SEALED_URL)
}

/// The secrets that are in a resource, with the paths of their members.
fn inline<R: Resource>(resource: &mut R) -> Vec<(Cow<'static, str>, &mut String)> {
    let secrets = resource.secrets_mut().into_iter();
    let inline = secrets.filter_map(|(path, secret)| match secret {
        Secret::Inline(text) if !text.is_empty() => Some((path, text)),
        Secret::Inline(_) | Secret::Reference(_) => None,
    });
    inline.collect()
}

/// What secrets are bound to.
struct Place(Vec<u8>);

impl Place {
    fn of<R: Resource>(resource: &R) -> Self {
        let mut place = Self(b"event-gateway secret 1".to_vec());
        for part in [R::KIND.label(), resource.space().as_str(), resource.id().as_ref()] {
            place.add(part);
        }
        place
    }

    fn of_member(&self, path: &str) -> Vec<u8> {
        let mut place = Self(self.0.clone());
        place.add(path);
        place.0
    }

    /// With its length, so that no two places are written alike.
    fn add(&mut self, part: &str) {
        self.0.extend((part.len() as u64).to_be_bytes());
        self.0.extend(part.as_bytes());
    }
}

#[cfg(test)]
mod tests;

//! How one secret of a key comes after another without a moment in which neither is taken.

use super::ApiKey;
use super::secrets::{KeySecret, SecretState};
use crate::api_key::SecretDigest;
use crate::timestamp::Timestamp;

impl ApiKey {
    /// The same key with a first secret, made at a time in milliseconds since the Unix epoch.
    #[must_use]
    pub fn with_secret(mut self, digest: SecretDigest, now: u64) -> Self {
        self.secrets = vec![KeySecret::new(SecretState::Active, digest, now)];
        self
    }

    /// The key one step on. First it gets the given secret as its next one, which is taken from then on as well. Then, by
    /// the same call once all clients have that, the next becomes the active one, and the one that was retires: it is taken
    /// for `overlap` milliseconds more. One that retired before ends with that.
    #[must_use]
    pub fn rolled(&self, digest: SecretDigest, now: u64, overlap: u64) -> Self {
        let mut rolled = self.clone();
        rolled
            .secrets
            .retain(|secret| secret.ends_at.is_none_or(|end| end.millis() > now));
        if !rolled
            .secrets
            .iter()
            .any(|secret| secret.state == SecretState::Next)
        {
            rolled
                .secrets
                .push(KeySecret::new(SecretState::Next, digest, now));
            return rolled;
        }
        rolled
            .secrets
            .retain(|secret| secret.state != SecretState::Retiring);
        for secret in &mut rolled.secrets {
            match secret.state {
                SecretState::Next => secret.state = SecretState::Active,
                SecretState::Active | SecretState::Retiring => {
                    secret.state = SecretState::Retiring;
                    secret.ends_at = Some(Timestamp::of_millis(now.saturating_add(overlap)));
                }
            }
        }
        rolled
    }

    /// Whether one of its secrets has this digest.
    pub fn has_secret(&self, digest: &SecretDigest) -> bool {
        self.secrets
            .iter()
            .any(|secret| secret.sha256.as_ref() == Some(digest))
    }

    /// The key as answers show it: without what is kept of its secrets.
    #[must_use]
    pub fn shown(&self) -> Self {
        let mut shown = self.clone();
        for secret in &mut shown.secrets {
            secret.sha256 = None;
        }
        shown
    }
}

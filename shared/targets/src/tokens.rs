//! Access and ID tokens, kept until shortly before they expire: any number of deliveries costs one token request.
//!
//! | a token's age | what a call gets |
//! |---|---|
//! | up to two margins before its end | the kept token |
//! | the margin after that | the kept token, while the next one is asked for alongside |
//! | from one margin before its end | a new token; calls that come meanwhile wait for it |
//!
//! A token request is no part of the call that needs it first: it goes on when that call runs out of time.
//!
//! The margin is a tenth of the lifetime, at most a minute: room for clocks that differ and for calls under way.

use std::sync::{Arc, Mutex, PoisonError};

use hashlink::LruCache;
use sha2::{Digest as _, Sha256};

pub(crate) use self::shared_failure::unshared;
use self::slot::Slot;
pub(crate) use self::token::{FETCH_LIMIT, Token};
use crate::error::InvokeError;

mod kept;
mod shared_failure;
mod slot;
#[cfg(test)]
mod tests;
mod token;

/// Most keys that tokens are kept of; those that were not used for longest go first.
const MAX_KEYS: usize = 4096;

/// What tokens differ by. Holds no secret, only a digest.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct TokenKey([u8; 32]);

impl TokenKey {
    /// Of all that a token depends on: the server, the client, its secret, scopes, audience.
    pub(crate) fn of(parts: &[&str]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update(part.len().to_le_bytes());
            digest.update(part.as_bytes());
        }
        Self(digest.finalize().into())
    }
}

/// A token, and what it is kept by. No `Debug`: it is a secret.
pub(crate) struct Bearer {
    pub(crate) key: TokenKey,
    pub(crate) text: Arc<str>,
}

/// Tokens by key.
pub(crate) struct TokenCache {
    slots: Mutex<LruCache<TokenKey, Arc<Slot>>>,
}

impl Default for TokenCache {
    fn default() -> Self {
        Self::of_keys(MAX_KEYS)
    }
}

impl TokenCache {
    fn of_keys(most: usize) -> Self {
        Self {
            slots: Mutex::new(LruCache::new(most)),
        }
    }

    /// The token of a key, fetched if there is none that is still good. Calls that come meanwhile wait for that one
    /// and share what it comes to, a failure too, which is not kept for those that come later.
    ///
    /// The fetch runs in a task of its own, and must end by itself within [`FETCH_LIMIT`].
    pub(crate) async fn get<F>(
        &self,
        key: &TokenKey,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<str>, InvokeError>
    where
        F: Future<Output = Result<Token, InvokeError>> + Send + 'static,
    {
        let slot = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(slot) = slots.get(key) {
                Arc::clone(slot)
            } else {
                let slot = Arc::new(Slot::default());
                slots.insert(key.clone(), Arc::clone(&slot));
                slot
            }
        };
        slot.get(fetch).await
    }

    /// Drops a token that a function did not accept, so that the next call fetches one. A token that has taken its
    /// place meanwhile stays. Tells whether another attempt gets another token: a function that refuses every token
    /// must not send every call to the authorization server, so that they are dropped at most every few seconds.
    pub(crate) fn forget(&self, key: &TokenKey, refused: &str) -> bool {
        let slot = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            slots.get(key).map(Arc::clone)
        };
        slot.is_none_or(|slot| slot.forget(refused))
    }
}

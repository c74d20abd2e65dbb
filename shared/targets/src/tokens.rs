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

use std::sync::Arc;
use std::time::Duration;

use clocks::Moment;
use sha2::{Digest as _, Sha256};

pub(crate) use self::shared_failure::{SharedFailure, unshared};
pub(crate) use self::token::Token;
use crate::error::InvokeError;
use crate::http::{caller, carried, carrying, on_behalf_of};
use crate::single_flight::{CachePolicy, RefreshAheadCache, is_past, now};

mod shared_failure;
#[cfg(test)]
mod tests;
mod token;

/// Most keys that tokens are kept of; those that were not used for longest go first.
const MAX_KEYS: usize = 4096;
/// Time between two tokens that are dropped because a function refused them.
const FORGET_PAUSE: Duration = Duration::from_secs(5);

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
    tokens: RefreshAheadCache<TokenPolicy>,
}

struct TokenPolicy;

impl CachePolicy for TokenPolicy {
    type Key = TokenKey;
    type Value = Arc<str>;
    type Failure = SharedFailure;
    /// When a token was dropped because a function refused it.
    type Refusals = Option<Moment>;

    /// Between two early requests for the next token when they fail.
    const PAUSE: Duration = Duration::from_secs(5);
    const SHARES_FAILURES: bool = false;
    const OVERTIME: Duration = Duration::ZERO;

    fn revokes(_: &SharedFailure) -> bool {
        false
    }

    fn on_failure(_: &TokenKey, _: &SharedFailure) {}
}

/// A token request that was ended with the runtime.
#[derive(Debug, thiserror::Error)]
#[error("the token request was stopped")]
struct Stopped;

impl Default for TokenCache {
    fn default() -> Self {
        Self::of_keys(MAX_KEYS)
    }
}

impl TokenCache {
    fn of_keys(most: usize) -> Self {
        Self {
            tokens: RefreshAheadCache::of_keys(most),
        }
    }

    /// The token of a key, fetched if there is none that is still good. Calls that come meanwhile wait for that one
    /// and share what it comes to, a failure too, which is not kept for those that come later.
    ///
    /// The fetch runs in a task of its own, and must end by itself within the limit of fetches.
    pub(crate) async fn get<F>(
        &self,
        key: &TokenKey,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<str>, InvokeError>
    where
        F: Future<Output = Result<Token, InvokeError>> + Send + 'static,
    {
        let fetch = || {
            let (fetch, space) = (fetch(), caller());
            // The token server may be the gateway itself.
            carrying(carried(), async move {
                let token = on_behalf_of(space.as_ref(), fetch).await?;
                Ok::<_, SharedFailure>(token.into_fetched())
            })
        };
        match self.tokens.get(key, fetch).await {
            Some(found) => found.map_err(|failure| failure.to_error()),
            None => Err(InvokeError::unavailable(Stopped)),
        }
    }

    /// Drops a token that a function did not accept, so that the next call fetches one. A token that has taken its
    /// place meanwhile stays. Tells whether another attempt gets another token: a function that refuses every token
    /// must not send every call to the authorization server, so that they are dropped at most every few seconds.
    pub(crate) fn forget(&self, key: &TokenKey, refused: &str) -> bool {
        self.tokens.on_refusal(key, |kept, forgotten| {
            if kept.as_ref().is_some_and(|kept| &*kept.value() == refused) {
                if forgotten.is_some_and(|forgotten| !is_past(forgotten, FORGET_PAUSE)) {
                    return false;
                }
                *forgotten = Some(now());
                *kept = None;
            }
            true
        })
    }
}

//! Secrets that were read: good for a while, read anew before that is over, by one reader at a time.
//!
//! | age of what was read | what a call gets |
//! |---|---|
//! | below four fifths of the cache time | it |
//! | up to the cache time | it, while it is read anew alongside |
//! | beyond | what is read anew; should the place not answer, the old one for an hour more |

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::{Instant, timeout};

use super::error::SecretError;
use super::source::Source;
use crate::single_flight::{CachePolicy, FETCH_LIMIT, Fetched, RefreshAheadCache};

/// Most secrets that are kept.
const CAPACITY: usize = 1000;

/// The secrets that were read last.
pub(super) struct SecretCache {
    secrets: RefreshAheadCache<SecretPolicy>,
    cache_time: Duration,
}

struct SecretPolicy;

impl CachePolicy for SecretPolicy {
    type Key = Source;
    type Value = Arc<str>;
    type Failure = Arc<SecretError>;
    /// What calls were last refused with.
    type Refusals = Option<Arc<str>>;

    const PAUSE: Duration = Duration::from_secs(2);
    const SHARES_FAILURES: bool = true;
    const OVERTIME: Duration = Duration::from_hours(1);

    /// A secret that is gone, or may not be read any more, was taken away on purpose.
    fn revokes(error: &Arc<SecretError>) -> bool {
        error.is_permanent()
    }

    fn on_failure(source: &Source, error: &Arc<SecretError>) {
        tracing::warn!(
            secret = %source,
            error = &**error as &dyn Error,
            "A secret cannot be read anew. What was read before is used."
        );
    }
}

impl SecretCache {
    /// An empty one whose secrets are good for a time.
    pub(super) fn new(cache_time: Duration) -> Self {
        Self::of_sources(CAPACITY, cache_time)
    }

    fn of_sources(most: usize, cache_time: Duration) -> Self {
        Self {
            secrets: RefreshAheadCache::of_keys(most),
            cache_time,
        }
    }

    /// The secret of a source. Reading goes on when the call that waits for it ends: the next one is glad of it. No
    /// `async fn`, which would carry the reading.
    pub(super) fn get(
        &self,
        source: &Source,
        read: impl Future<Output = Result<String, SecretError>> + Send + 'static,
    ) -> impl Future<Output = Result<Arc<str>, Arc<SecretError>>> {
        let (good_for, name) = (self.cache_time, source.clone());
        let fetch = move || async move {
            let read = timeout(FETCH_LIMIT, read).await.unwrap_or_else(|_| {
                Err(SecretError::TimedOut {
                    name: name.to_string(),
                    limit: FETCH_LIMIT,
                })
            });
            Ok::<_, Arc<SecretError>>(Fetched {
                value: read?.into(),
                fresh_for: good_for * 4 / 5,
                good_for,
            })
        };
        let found = self.secrets.get(source, fetch);
        found.map(|found| found.unwrap_or_else(|| Err(Arc::new(SecretError::Stopped))))
    }

    /// Drops a secret that a call was refused with, unless it was read after the call began. Says whether the next call
    /// may do better.
    pub(super) fn forget(&self, source: &Source, call_began: Instant) -> bool {
        self.secrets.on_refusal(source, |kept, refused| {
            let Some(secret) = kept else {
                return true;
            };
            let text = secret.value();
            if refused.as_ref() == Some(&text) {
                // Read anew and still refused. It goes when its time is over, as any other.
                return false;
            }
            // Otherwise another call has read it meanwhile: this one may have been made with the one before.
            if secret.asked().monotonic < call_began.into_std() {
                *refused = Some(text);
                *kept = None;
            }
            true
        })
    }
}

#[cfg(test)]
mod tests;

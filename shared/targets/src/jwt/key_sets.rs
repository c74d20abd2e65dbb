//! The key sets of issuers: fetched where a user says they are, kept for a while, and fetched anew before that is over.

use std::sync::Arc;
use std::time::Duration;

use super::key_set::KeySet;
use super::key_set_shares::KeySetShares;
use super::settings::KeySetSettings;
use crate::error::InvokeError;
use crate::http::{caller, carried, carrying, on_behalf_of};
use crate::single_flight::{CachePolicy, Fetched};
use crate::tokens::SharedFailure;

/// A request for keys that was ended with the runtime.
#[derive(Debug, thiserror::Error)]
#[error("the request for the keys of the issuer was stopped")]
struct Stopped;

/// Key sets by the space of their function and their place. Spaces share none, so that none learns from the time of an
/// answer what others use.
pub(crate) struct KeySets {
    sets: KeySetShares<KeySetPolicy>,
    settings: KeySetSettings,
}

struct KeySetPolicy;

impl CachePolicy for KeySetPolicy {
    /// Its URL.
    type Key = Arc<str>;
    type Value = Arc<KeySet>;
    type Failure = SharedFailure;
    type Refusals = ();

    const PAUSE: Duration = Duration::from_secs(5);
    /// A server that is down is not asked for each event.
    const SHARES_FAILURES: bool = true;
    const OVERTIME: Duration = Duration::from_hours(1);

    fn revokes(_: &SharedFailure) -> bool {
        false
    }

    fn on_failure(url: &Self::Key, failure: &SharedFailure) {
        // What stands in a query is nobody's business.
        let url = url.split('?').next().unwrap_or_default();
        tracing::warn!(url, error = %crate::ErrorChain(&failure.to_error()), "The keys of an issuer cannot be read anew. Those read before are used.");
    }
}

impl KeySets {
    /// Of none.
    pub(crate) fn new(settings: KeySetSettings) -> Self {
        Self {
            sets: KeySetShares::new(&settings),
            settings,
        }
    }

    /// The keys at a URL, fetched if there are none that are still good. The fetch runs in a task of its own, and must end by
    /// itself within the limit of fetches.
    pub(super) async fn get<F>(
        &self,
        url: &str,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<KeySet>, InvokeError>
    where
        F: Future<Output = Result<KeySet, InvokeError>> + Send + 'static,
    {
        let good_for = self.settings.cache_time;
        let found = self.sets.with(caller(), |sets| {
            sets.get(&url.into(), || fetching(fetch(), good_for))
        });
        in_time(found.await)
    }

    /// The keys at a URL as they are now, or as they were when they were last fetched if that was little ago.
    pub(super) async fn renewed<F>(
        &self,
        url: &str,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<KeySet>, InvokeError>
    where
        F: Future<Output = Result<KeySet, InvokeError>> + Send + 'static,
    {
        let KeySetSettings {
            cache_time,
            refetch_pause,
            ..
        } = self.settings;
        let found = self.sets.with(caller(), |sets| {
            sets.renewed(&url.into(), refetch_pause, || fetching(fetch(), cache_time))
        });
        in_time(found.await)
    }
}

fn in_time(found: Option<Result<Arc<KeySet>, SharedFailure>>) -> Result<Arc<KeySet>, InvokeError> {
    match found {
        Some(found) => found.map_err(|failure| failure.to_error()),
        None => Err(InvokeError::unavailable(Stopped)),
    }
}

/// A fetch that goes on by itself, for the space that needs it first.
fn fetching(
    fetch: impl Future<Output = Result<KeySet, InvokeError>> + Send + 'static,
    good_for: Duration,
) -> impl Future<Output = Result<Fetched<Arc<KeySet>>, SharedFailure>> + Send + 'static {
    let space = caller();
    // The server may be the gateway itself.
    carrying(carried(), async move {
        let keys = on_behalf_of(space.as_ref(), fetch).await?;
        Ok(Fetched {
            value: Arc::new(keys),
            fresh_for: good_for * 4 / 5,
            good_for,
        })
    })
}

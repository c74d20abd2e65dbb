//! Values that are good for a while, such as tokens, kept by key and fetched anew before they go bad: by one fetch at a time
//! for each key, which goes on without the call that needs it first.
//!
//! | a value's age | what a call gets |
//! |---|---|
//! | fresh | it |
//! | beyond, but good | it, while the next one is fetched alongside |
//! | beyond that | what the fetch comes to; calls that come meanwhile wait for the same one |

use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use clocks::Moment;
use hashlink::LruCache;

use super::clock::{is_past, now};
use super::flight::Flight;

/// Longest time of one fetch. Not that of the call which happens to need it, as others wait for it too.
pub(crate) const FETCH_LIMIT: Duration = Duration::from_secs(10);

/// How the values of a cache differ from those of others.
pub(crate) trait CachePolicy: Sized + 'static {
    /// What values are kept by.
    type Key: Clone + Eq + Hash + Send + 'static;
    /// What is kept. Clones are the same.
    type Value: Clone + Send + Sync + 'static;
    /// Why there is none; told to every call that waits for it.
    type Failure: Clone + Send + Sync + 'static;
    /// What is remembered of values that calls were refused with.
    type Refusals: Default + Send + 'static;

    /// How long after a failure nothing is fetched for calls that can do with what is kept.
    const PAUSE: Duration;
    /// Whether calls that cannot do with it share the failure for so long, instead of fetching.
    const SHARES_FAILURES: bool;
    /// How long a value serves beyond its time when the next one cannot be fetched.
    const OVERTIME: Duration;

    /// Whether a value must not be used any more once the next one could not be fetched for this reason.
    fn revokes(failure: &Self::Failure) -> bool;

    /// Called when what is kept goes on to serve because of a failure.
    fn on_failure(key: &Self::Key, failure: &Self::Failure);
}

/// What a call gets.
type Found<P> = Result<<P as CachePolicy>::Value, <P as CachePolicy>::Failure>;

/// A value that was fetched. No `Debug`: it may be a secret.
pub(crate) struct Fetched<V> {
    pub(crate) value: V,
    /// For how long the next one is not fetched, from the beginning of the fetch on.
    pub(crate) fresh_for: Duration,
    /// For how long it is used.
    pub(crate) good_for: Duration,
}

/// A value that is kept.
pub(crate) struct Kept<V> {
    fetched: Fetched<V>,
    /// When it was asked for, not when it came: it may be as old as the question.
    asked: Moment,
}

/// The values that were used last.
pub(crate) struct RefreshAheadCache<P: CachePolicy> {
    entries: Entries<P>,
}

type Entries<P> = Arc<Mutex<LruCache<<P as CachePolicy>::Key, Entry<P>>>>;

/// What is known of one key.
struct Entry<P: CachePolicy> {
    kept: Option<Kept<P::Value>>,
    /// When a fetch failed that no other has succeeded since, and why if that is shared.
    failed: Option<(Moment, Option<P::Failure>)>,
    refusals: P::Refusals,
    /// The last fetch, and when it began.
    flight: Option<(Flight<Found<P>>, Moment)>,
}

/// What is there for a call.
enum Look<P: CachePolicy> {
    Known(Found<P>),
    /// A value to be used, but the next one is to be fetched.
    Aging(P::Value),
    Missing,
}

impl<P: CachePolicy> RefreshAheadCache<P> {
    /// An empty one of so many keys; those that were not used for longest go first.
    pub(crate) fn of_keys(most: usize) -> Self {
        Self {
            entries: Arc::new(Mutex::new(LruCache::new(most))),
        }
    }

    /// How many keys something is known of.
    pub(crate) fn len(&self) -> usize {
        lock(&self.entries).len()
    }

    /// Forgets the one that was not used for longest. A fetch for it goes on, for those who wait for it.
    pub(crate) fn forget_oldest(&self) {
        lock(&self.entries).remove_lru();
    }

    /// The value of a key; `None` if the fetch for it was broken off. The fetch runs in a task of its own, and must end by
    /// itself within [`FETCH_LIMIT`]. No `async fn`, which would carry the fetch.
    pub(crate) fn get<F, B>(
        &self,
        key: &P::Key,
        fetch: B,
    ) -> impl Future<Output = Option<Found<P>>> + use<P, F, B>
    where
        B: FnOnce() -> F,
        F: Future<Output = Result<Fetched<P::Value>, P::Failure>> + Send + 'static,
    {
        let found = self.find(key, fetch);
        async move {
            match found {
                Ok(found) => Some(found),
                Err(flight) => flight.outcome().await,
            }
        }
    }

    /// The value of a key for a call that found the kept one too old: fetched anew, unless it was so little time ago that
    /// nothing else can be expected. `None` if the fetch was broken off.
    pub(crate) fn renewed<F, B>(
        &self,
        key: &P::Key,
        pause: Duration,
        fetch: B,
    ) -> impl Future<Output = Option<Found<P>>> + use<P, F, B>
    where
        B: FnOnce() -> F,
        F: Future<Output = Result<Fetched<P::Value>, P::Failure>> + Send + 'static,
    {
        let mut entries = lock(&self.entries);
        let found = entries.get(key).and_then(|entry| entry.settled_within(pause));
        let flight = match found {
            Some(_) => None,
            None => Some(self.join(&mut entries, key, fetch)),
        };
        async move {
            match flight {
                Some(flight) => flight.outcome().await,
                None => found,
            }
        }
    }

    /// What is there for a call, or the fetch to wait for.
    fn find<F>(&self, key: &P::Key, fetch: impl FnOnce() -> F) -> Result<Found<P>, Flight<Found<P>>>
    where
        F: Future<Output = Result<Fetched<P::Value>, P::Failure>> + Send + 'static,
    {
        let mut entries = lock(&self.entries);
        let look = entries.get(key).map_or(Look::Missing, Entry::look);
        match look {
            Look::Known(found) => Ok(found),
            Look::Aging(value) => {
                self.join(&mut entries, key, fetch);
                Ok(Ok(value))
            }
            Look::Missing => Err(self.join(&mut entries, key, fetch)),
        }
    }

    /// The fetch under way; one is begun if there is none.
    fn join<F>(
        &self,
        entries: &mut LruCache<P::Key, Entry<P>>,
        key: &P::Key,
        fetch: impl FnOnce() -> F,
    ) -> Flight<Found<P>>
    where
        F: Future<Output = Result<Fetched<P::Value>, P::Failure>> + Send + 'static,
    {
        let mut entry = entries.remove(key).unwrap_or_default();
        let flight = entry.flight().unwrap_or_else(|| {
            let (landing, flight) = Flight::begin();
            let asked = now();
            entry.flight = Some((flight.clone(), asked));
            let (entries, key, fetched) = (Arc::clone(&self.entries), key.clone(), fetch());
            tokio::spawn(async move {
                let fetched = fetched.await;
                let failure = fetched.as_ref().err().cloned();
                let found = match lock(&entries).peek_mut(&key) {
                    Some(entry) => entry.finish(fetched, asked),
                    // It had to make room for others meanwhile.
                    None => Entry::<P>::default().finish(fetched, asked),
                };
                if let (Ok(_), Some(failure)) = (&found, failure) {
                    P::on_failure(&key, &failure);
                }
                landing.tell(found);
            });
            flight
        });
        entries.insert(key.clone(), entry);
        flight
    }

    /// Has it decided what becomes of a value that a call was refused with: it goes if it is taken. Gives what the decision
    /// gives; `true` where nothing is known of the key.
    pub(crate) fn on_refusal(
        &self,
        key: &P::Key,
        decide: impl FnOnce(&mut Option<Kept<P::Value>>, &mut P::Refusals) -> bool,
    ) -> bool {
        let mut entries = lock(&self.entries);
        let entry = entries.get_mut(key);
        entry.is_none_or(|entry| decide(&mut entry.kept, &mut entry.refusals))
    }
}

impl<P: CachePolicy> Entry<P> {
    fn look(&self) -> Look<P> {
        let now = now();
        let kept = self.kept.as_ref().map(|kept| (kept, kept.asked.least_age(now)));
        let failed = self
            .failed
            .as_ref()
            .filter(|(at, _)| at.least_age(now) < P::PAUSE);
        match (kept, failed) {
            (Some((kept, age)), _) if age < kept.fetched.fresh_for => Look::Known(Ok(kept.value())),
            (Some((kept, age)), Some(_)) if age < kept.fetched.good_for + P::OVERTIME => {
                Look::Known(Ok(kept.value()))
            }
            (_, Some((_, Some(failure)))) => Look::Known(Err(failure.clone())),
            (Some((kept, age)), _) if age < kept.fetched.good_for => Look::Aging(kept.value()),
            _ => Look::Missing,
        }
    }

    /// What the last fetch came to, if that was so little time ago.
    fn settled_within(&self, time: Duration) -> Option<Found<P>> {
        let now = now();
        let kept = self.kept.as_ref();
        let failed = self.failed.as_ref().filter(|(at, _)| at.least_age(now) < time);
        match (kept, failed) {
            (Some(kept), None) if kept.asked.least_age(now) >= time => None,
            (Some(kept), _) => Some(Ok(kept.value())),
            (None, Some((_, Some(failure)))) => Some(Err(failure.clone())),
            (None, _) => None,
        }
    }

    /// The fetch that is worth waiting for: not if it should have ended by now. The instance of a Lambda function may have
    /// slept meanwhile, and nothing is left of the connection.
    fn flight(&self) -> Option<Flight<Found<P>>> {
        let (flight, began) = self.flight.as_ref()?;
        (flight.is_under_way() && !is_past(*began, FETCH_LIMIT)).then(|| flight.clone())
    }

    fn finish(&mut self, fetched: Result<Fetched<P::Value>, P::Failure>, asked: Moment) -> Found<P> {
        // Those that come from now on do not wait for it any more.
        self.flight = None;
        match fetched {
            Ok(fetched) => {
                self.failed = None;
                Ok(self.kept.insert(Kept { fetched, asked }).value())
            }
            Err(failure) => {
                let now = now();
                self.failed = Some((now, P::SHARES_FAILURES.then(|| failure.clone())));
                self.kept.take_if(|kept| {
                    P::revokes(&failure) || kept.asked.least_age(now) >= kept.fetched.good_for + P::OVERTIME
                });
                self.kept.as_ref().map(Kept::value).ok_or(failure)
            }
        }
    }
}

impl<P: CachePolicy> Default for Entry<P> {
    fn default() -> Self {
        Self {
            kept: None,
            failed: None,
            refusals: P::Refusals::default(),
            flight: None,
        }
    }
}

impl<V: Clone> Kept<V> {
    pub(crate) fn value(&self) -> V {
        self.fetched.value.clone()
    }

    /// When it was asked for.
    pub(crate) fn asked(&self) -> Moment {
        self.asked
    }
}

fn lock<P: CachePolicy>(
    entries: &Mutex<LruCache<P::Key, Entry<P>>>,
) -> MutexGuard<'_, LruCache<P::Key, Entry<P>>> {
    entries.lock().unwrap_or_else(PoisonError::into_inner)
}

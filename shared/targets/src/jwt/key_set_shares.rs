//! The room that key sets have, and whose it is. Each space has caches of its own, so that no space pushes out what another
//! uses: where there are too many in all, the space that has the most of them gives one up.

use std::sync::{Arc, Mutex, PoisonError};

use domain::ids::Space;
use hashlink::LruCache;

use super::settings::KeySetSettings;
use crate::single_flight::{CachePolicy, RefreshAheadCache};

/// Caches of spaces. Those of spaces that were not used for longest come first.
pub(super) struct KeySetShares<P: CachePolicy> {
    spaces: Mutex<Spaces<P>>,
    most_in_all: usize,
    most_of_space: usize,
}

struct Spaces<P: CachePolicy> {
    caches: LruCache<Option<Space>, Arc<RefreshAheadCache<P>>>,
    /// How many keys they have.
    in_all: usize,
}

impl<P: CachePolicy> KeySetShares<P> {
    /// Of no space.
    pub(super) fn new(settings: &KeySetSettings) -> Self {
        Self {
            spaces: Mutex::new(Spaces {
                caches: LruCache::new_unbounded(),
                in_all: 0,
            }),
            most_in_all: settings.max_sets.max(1),
            most_of_space: settings.max_sets_per_space.max(1),
        }
    }

    /// Looks something up in the cache of a space, which may have one key more from then on.
    pub(super) fn with<T>(&self, space: Option<Space>, look: impl FnOnce(&RefreshAheadCache<P>) -> T) -> T {
        let mut spaces = self.spaces.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(RefreshAheadCache::of_keys(self.most_of_space));
        let cache = Arc::clone(spaces.caches.entry(space).or_insert_with(new));
        let before = cache.len();
        let found = look(&cache);
        spaces.in_all = spaces.in_all + cache.len() - before;
        while spaces.in_all > self.most_in_all {
            spaces.give_up_one();
        }
        found
    }
}

impl<P: CachePolicy> Spaces<P> {
    /// Takes the key that was not used for longest from the space that has the most; of several such, from the one that was
    /// not used for longest.
    fn give_up_one(&mut self) {
        let mut largest: Option<(&Option<Space>, usize)> = None;
        for (space, cache) in &self.caches {
            let keys = cache.len();
            if largest.is_none_or(|(_, most)| keys > most) {
                largest = Some((space, keys));
            }
        }
        let Some((space, keys)) = largest.map(|(space, keys)| (space.clone(), keys)) else {
            self.in_all = 0;
            return;
        };
        if keys > 1 {
            if let Some(cache) = self.caches.peek(&space) {
                cache.forget_oldest();
            }
        } else {
            self.caches.remove(&space);
        }
        self.in_all = self.in_all.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::single_flight::Fetched;

    struct Policy;

    impl CachePolicy for Policy {
        type Key = u32;
        type Value = u32;
        type Failure = Arc<str>;
        type Refusals = ();
        const PAUSE: Duration = Duration::ZERO;
        const SHARES_FAILURES: bool = true;
        const OVERTIME: Duration = Duration::ZERO;

        fn revokes(_: &Arc<str>) -> bool {
            false
        }

        fn on_failure(_: &u32, _: &Arc<str>) {}
    }

    /// Looks a key up, and says whether it had to be fetched.
    async fn is_new(shares: &KeySetShares<Policy>, space: &str, key: u32) -> bool {
        let mut fetched = false;
        let found = shares.with(Some(space.into()), |cache| {
            cache.get(&key, || {
                fetched = true;
                std::future::ready(Ok::<_, Arc<str>>(Fetched {
                    value: key,
                    fresh_for: Duration::MAX,
                    good_for: Duration::MAX,
                }))
            })
        });
        assert_eq!(found.await, Some(Ok::<_, Arc<str>>(key)));
        fetched
    }

    fn shares(most_in_all: usize, most_of_space: usize) -> KeySetShares<Policy> {
        KeySetShares::new(&KeySetSettings {
            max_sets: most_in_all,
            max_sets_per_space: most_of_space,
            ..KeySetSettings::default()
        })
    }

    #[tokio::test]
    async fn a_space_pushes_out_its_own() {
        let shares = shares(100, 3);
        assert!(is_new(&shares, "quiet", 0).await);
        for key in 0..50 {
            assert!(is_new(&shares, "loud", key).await);
        }
        assert!(!is_new(&shares, "quiet", 0).await);
        assert!(!is_new(&shares, "loud", 49).await);
        assert!(is_new(&shares, "loud", 0).await);
        assert_eq!(shares.spaces.lock().unwrap().in_all, 4);
    }

    #[tokio::test]
    async fn where_all_is_full_the_largest_gives_way() {
        let shares = shares(8, 6);
        for key in 0..6 {
            is_new(&shares, "large", key).await;
        }
        for space in ["a", "b", "c"] {
            for key in 0..2 {
                assert!(is_new(&shares, space, key).await);
            }
        }
        // It had the most until it had as many as the others.
        for space in ["a", "b", "c"] {
            for key in 0..2 {
                assert!(!is_new(&shares, space, key).await, "{space} {key}");
            }
        }
        assert!(!is_new(&shares, "large", 5).await);
        assert_eq!(shares.spaces.lock().unwrap().in_all, 8);
    }

    #[tokio::test]
    async fn keys_are_those_of_a_space() {
        let shares = shares(1, 1);
        assert!(is_new(&shares, "a", 0).await);
        assert!(is_new(&shares, "b", 0).await);
        assert!(!is_new(&shares, "b", 0).await);
        assert!(is_new(&shares, "a", 0).await);
        assert_eq!(shares.spaces.lock().unwrap().caches.len(), 1);
    }
}

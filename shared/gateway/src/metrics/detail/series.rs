//! Counts by space and name, with a bound on how many names there are: names are made up by whoever registers functions
//! and subscriptions. What is beyond the bound is counted together, until others were idle for long.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use domain::ids::Space;
use foldhash::fast::RandomState;

use crate::metrics::space_labels::OTHER;

/// Longest name that has counts of its own, in bytes.
const MOST_NAME_BYTES: usize = 256;
/// Seconds without use after which one may make room for others.
const IDLE: u64 = 60 * 60;
/// Seconds between two looks for idle ones.
const SWEEP_INTERVAL: u64 = 60;

/// How many functions, subscriptions and routes have series of their own: so many of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DetailLimits {
    /// In a space.
    pub items_per_space: usize,
    /// In all spaces.
    pub items: usize,
}

impl Default for DetailLimits {
    fn default() -> Self {
        Self {
            items_per_space: 100,
            items: 10_000,
        }
    }
}

/// Counts by space and name.
#[derive(Debug)]
pub(super) struct Series<V> {
    limits: DetailLimits,
    spaces: RwLock<Spaces<V>>,
    /// When idle ones were last looked for, in seconds.
    swept: AtomicU64,
}

/// The counts of one name, or of all that have none of their own.
#[derive(Debug)]
pub(super) struct Kept<V> {
    /// When they were last asked for, in seconds.
    used: AtomicU64,
    counts: V,
}

#[derive(Debug)]
struct Spaces<V> {
    by_space: HashMap<Space, ByName<V>, RandomState>,
    /// How many there are in all.
    count: usize,
}

type ByName<V> = HashMap<Arc<str>, Arc<Kept<V>>, RandomState>;

/// The counts of one name, and whose they are.
pub(super) type Named<V> = (Space, Arc<str>, Arc<Kept<V>>);

impl<V> Deref for Kept<V> {
    type Target = V;

    fn deref(&self) -> &V {
        &self.counts
    }
}

impl<V> Series<V> {
    pub(super) fn new(limits: DetailLimits) -> Self {
        Self {
            limits,
            spaces: RwLock::new(Spaces {
                by_space: HashMap::default(),
                count: 0,
            }),
            swept: AtomicU64::new(0),
        }
    }

    /// The counts of a name in a space, which are made where there are none; `now` is in seconds since whenever.
    pub(super) fn get(&self, space: &Space, name: &str, now: u64, new: impl FnOnce() -> V) -> Arc<Kept<V>> {
        {
            let spaces = self.spaces.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(found) = spaces.find(space, name, now) {
                return found;
            }
            // Nobody waits for the lock who would get no more than this.
            if !self.is_to_be_swept(now)
                && !self.has_room(&spaces, space, name)
                && let Some(other) = self.find_rest(&spaces, space, now)
            {
                return other;
            }
        }
        self.add(space, name, now, new)
    }

    #[cold]
    fn add(&self, space: &Space, name: &str, now: u64, new: impl FnOnce() -> V) -> Arc<Kept<V>> {
        let mut spaces = self.spaces.write().unwrap_or_else(PoisonError::into_inner);
        if self.is_to_be_swept(now) && !self.has_room(&spaces, space, name) {
            self.swept.store(now, Ordering::Relaxed);
            spaces.forget_idle(now);
        }
        if self.has_room(&spaces, space, name) {
            return spaces.find_or_add(space, name, now, new);
        }
        if self.has_own_rest(&spaces, space) {
            return spaces.find_or_add(space, OTHER, now, new);
        }
        spaces.find_or_add(&OTHER.into(), OTHER, now, new)
    }

    /// What a space has for all that have none of their own, or all spaces together have, if it is there.
    fn find_rest(&self, spaces: &Spaces<V>, space: &Space, now: u64) -> Option<Arc<Kept<V>>> {
        if self.has_own_rest(spaces, space) {
            spaces.find(space, OTHER, now)
        } else {
            spaces.find(&OTHER.into(), OTHER, now)
        }
    }

    /// A space that has any has its own for the rest, too.
    fn has_own_rest(&self, spaces: &Spaces<V>, space: &Space) -> bool {
        spaces.by_space.contains_key(space) || spaces.count < self.limits.items
    }

    fn has_room(&self, spaces: &Spaces<V>, space: &Space, name: &str) -> bool {
        let of_space = spaces.by_space.get(space);
        let own = of_space.map_or(0, |names| names.len() - usize::from(names.contains_key(OTHER)));
        name.len() <= MOST_NAME_BYTES && own < self.limits.items_per_space && spaces.count < self.limits.items
    }

    fn is_to_be_swept(&self, now: u64) -> bool {
        self.swept.load(Ordering::Relaxed) + SWEEP_INTERVAL <= now
    }

    /// All of them, in the order of their names. Handles: nobody who counts waits for whoever looks at them.
    pub(super) fn all(&self) -> Vec<Named<V>> {
        let spaces = self.spaces.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<Named<V>> = Vec::with_capacity(spaces.count);
        for (space, names) in &spaces.by_space {
            let named = names.iter();
            all.extend(named.map(|(name, kept)| (space.clone(), name.clone(), kept.clone())));
        }
        drop(spaces);
        all.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        all
    }
}

impl<V> Spaces<V> {
    fn find(&self, space: &Space, name: &str, now: u64) -> Option<Arc<Kept<V>>> {
        let found = self.by_space.get(space)?.get(name)?;
        if found.used.load(Ordering::Relaxed) != now {
            found.used.store(now, Ordering::Relaxed);
        }
        Some(Arc::clone(found))
    }

    fn find_or_add(&mut self, space: &Space, name: &str, now: u64, new: impl FnOnce() -> V) -> Arc<Kept<V>> {
        if let Some(found) = self.find(space, name, now) {
            return found;
        }
        let kept = Arc::new(Kept {
            used: AtomicU64::new(now),
            counts: new(),
        });
        let names = self.by_space.entry(space.clone()).or_default();
        names.insert(name.into(), Arc::clone(&kept));
        self.count += 1;
        kept
    }

    fn forget_idle(&mut self, now: u64) {
        let is_used = |kept: &Kept<V>| kept.used.load(Ordering::Relaxed).saturating_add(IDLE) > now;
        self.by_space.retain(|_, names| {
            names.retain(|_, kept| is_used(kept));
            !names.is_empty()
        });
        self.count = self.by_space.values().map(HashMap::len).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(series: &Series<()>) -> Vec<String> {
        let all = series.all().into_iter();
        all.map(|(space, name, _)| format!("{space}/{name}")).collect()
    }

    #[test]
    fn there_are_so_many_in_a_space_and_in_all() {
        let series = Series::new(DetailLimits {
            items_per_space: 2,
            items: 4,
        });
        let count = |space: &str, name: &str| drop(series.get(&space.into(), name, 0, || ()));
        for number in 0..100 {
            count("a", &format!("f{number}"));
        }
        assert_eq!(names(&series), ["a/f0", "a/f1", "a/other"]);
        for (space, number) in ["b", "c", "d"].iter().zip(0..) {
            count(space, &format!("g{number}"));
            count(space, "more");
        }
        assert_eq!(
            names(&series),
            ["a/f0", "a/f1", "a/other", "b/g0", "b/other", "other/other"]
        );
    }

    #[test]
    fn long_names_have_no_counts_of_their_own() {
        let series = Series::new(DetailLimits::default());
        for bytes in [MOST_NAME_BYTES, MOST_NAME_BYTES + 1] {
            series.get(&"a".into(), &"x".repeat(bytes), 0, || ());
        }
        assert_eq!(
            names(&series),
            ["a/other".to_owned(), format!("a/{}", "x".repeat(MOST_NAME_BYTES))]
        );
    }

    #[test]
    fn what_is_idle_makes_room() {
        let series = Series::new(DetailLimits {
            items_per_space: 1,
            items: 10,
        });
        let count = |name: &str, now: u64| drop(series.get(&"a".into(), name, now, || ()));
        count("old", 0);
        count("new", IDLE - 1);
        assert_eq!(names(&series), ["a/old", "a/other"]);
        // Somebody looked for idle ones a moment ago.
        count("new", IDLE);
        assert_eq!(names(&series), ["a/old", "a/other"]);
        count("new", IDLE + SWEEP_INTERVAL);
        assert_eq!(names(&series), ["a/new", "a/other"]);
        // What is used stays.
        count("old", IDLE + 2 * SWEEP_INTERVAL);
        assert_eq!(names(&series), ["a/new", "a/other"]);
    }
}

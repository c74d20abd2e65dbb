//! Decisions of authorizers that are used again for requests which prove themselves with the same: where the function says so
//! (`authorizerCache`), for as long as it says. They are in the memory of this process only.
//!
//! What a request proves itself with is kept as a digest, and beside it stands all else that a decision is about: the space,
//! the authorizer as it was registered, event type, method and path. So nothing that one space is told answers for another.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use clocks::Moment;
use domain::authorizer::Authorization;
use domain::ids::Space;
use domain::resource::Function;
use hashlink::LruCache;
use http::HeaderMap;
use sha2::{Digest as _, Sha256};

use super::authorizer_decision::AuthorizerRefusal;

/// Most bytes of an answer whose decision is kept.
pub(crate) const MOST_ANSWER: usize = 16 * 1024;

/// Bytes of an answer that count as a decision: what large ones take is bounded with their number.
const COUNTS_AS_ONE: usize = 1024;

/// How many decisions are kept. Those that were not used for longest go first, of all those of the space that has the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecisionCacheLimits {
    /// Of one space.
    pub per_space: usize,
    /// Of all spaces together.
    pub in_all: usize,
}

impl Default for DecisionCacheLimits {
    fn default() -> Self {
        Self {
            per_space: 1_000,
            in_all: 16_384,
        }
    }
}

/// The decisions of authorizers. A handle: clones share them.
#[derive(Clone)]
pub(crate) struct DecisionCache {
    decisions: Arc<Mutex<Spaces>>,
    limits: DecisionCacheLimits,
}

#[derive(Default)]
struct Spaces {
    by_space: HashMap<Space, OfSpace>,
    /// The spaces by how many decisions they have, so that the one with the most need not be looked for.
    by_count: BTreeSet<(usize, Space)>,
    /// What all of them count as.
    in_all: usize,
}

struct OfSpace {
    /// Those that were not used for longest come first.
    decisions: LruCache<[u8; 32], Kept>,
    /// What they count as.
    count: usize,
}

struct Kept {
    /// The authorizer as it was when it decided. It is compared by its place, where nothing else can be as long as this is.
    function: Arc<Function>,
    asked: Moment,
    ttl: Duration,
    decision: Decided,
    /// As how many it counts.
    count: usize,
}

/// What an authorizer has decided.
pub(crate) type Decided = Result<Authorization, Arc<AuthorizerRefusal>>;

/// What a request has to have in common with one that was decided on.
pub(crate) struct DecisionKey {
    space: Space,
    digest: [u8; 32],
    function: Arc<Function>,
    asked: Moment,
    ttl: Duration,
}

/// What a decision is about, besides what the request proves itself with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) event_type: &'a str,
    pub(crate) method: &'a str,
    /// The path that the request was routed by.
    pub(crate) path: &'a str,
}

impl DecisionKey {
    /// Of a request; `None` where the authorizer's decisions are not kept, or where the request lacks what it decides by.
    pub(crate) fn of(function: &Arc<Function>, asked: Asked<'_>, headers: &HeaderMap) -> Option<Self> {
        let cache = function.authorizer_cache.as_ref()?;
        let mut digest = Sha256::new();
        let mut add = |part: &[u8]| {
            // With its length: parts cannot be shifted into each other.
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        };
        for part in [
            function.space.as_str(),
            function.function_id.as_str(),
            asked.event_type,
            asked.method,
            asked.path,
        ] {
            add(part.as_bytes());
        }
        let mut is_there = false;
        for value in headers.get_all(cache.header.as_str()) {
            is_there |= !value.is_empty();
            add(value.as_bytes());
        }
        is_there.then(|| Self {
            space: function.space.clone(),
            digest: digest.finalize().into(),
            function: Arc::clone(function),
            asked: Moment::now(),
            ttl: cache.ttl(),
        })
    }
}

impl DecisionCache {
    /// None are kept yet.
    pub(crate) fn new(limits: DecisionCacheLimits) -> Self {
        Self {
            decisions: Arc::default(),
            limits,
        }
    }

    /// What was decided on such a request, if that was of this authorizer and not too long ago.
    pub(crate) fn get(&self, key: &DecisionKey) -> Option<Decided> {
        let mut spaces = self.lock();
        let kept = spaces.by_space.get_mut(&key.space)?.decisions.get(&key.digest)?;
        if Arc::ptr_eq(&kept.function, &key.function) && kept.is_good(key.asked) {
            return Some(kept.decision.clone());
        }
        spaces.change(&key.space, |of_space| of_space.remove(&key.digest));
        None
    }

    /// Keeps what was decided on such a request, from when it was asked, by an answer of so many bytes.
    pub(crate) fn keep(&self, key: DecisionKey, decision: Decided, bytes: usize) {
        let DecisionKey {
            space,
            digest,
            function,
            asked,
            ttl,
        } = key;
        let kept = Kept {
            function,
            asked,
            ttl,
            decision,
            count: bytes.div_ceil(COUNTS_AS_ONE).max(1),
        };
        if kept.count > self.limits.per_space.min(self.limits.in_all) {
            return;
        }
        let most = self.limits.per_space;
        let mut spaces = self.lock();
        spaces.change(&space, |of_space| {
            of_space.remove(&digest);
            of_space.count += kept.count;
            of_space.decisions.insert(digest, kept);
            while of_space.count > most {
                of_space.remove_oldest();
            }
        });
        while spaces.in_all > self.limits.in_all {
            let Some((_, largest)) = spaces.by_count.last().cloned() else {
                return;
            };
            spaces.change(&largest, OfSpace::remove_oldest);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Spaces> {
        // No code that holds the lock can leave it half changed.
        self.decisions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Spaces {
    /// Changes the decisions of a space, and what is known of how many there are.
    fn change(&mut self, space: &Space, change: impl FnOnce(&mut OfSpace)) {
        let of_space = self.by_space.entry(space.clone()).or_insert_with(OfSpace::new);
        let before = of_space.count;
        change(of_space);
        let after = of_space.count;
        if after == 0 {
            self.by_space.remove(space);
        }
        self.in_all = (self.in_all + after).saturating_sub(before);
        if before != after {
            self.by_count.remove(&(before, space.clone()));
            if after > 0 {
                self.by_count.insert((after, space.clone()));
            }
        }
    }
}

impl OfSpace {
    fn new() -> Self {
        Self {
            decisions: LruCache::new_unbounded(),
            count: 0,
        }
    }

    fn remove(&mut self, digest: &[u8; 32]) {
        if let Some(kept) = self.decisions.remove(digest) {
            self.count = self.count.saturating_sub(kept.count);
        }
    }

    fn remove_oldest(&mut self) {
        match self.decisions.remove_lru() {
            Some((_, kept)) => self.count = self.count.saturating_sub(kept.count),
            None => self.count = 0,
        }
    }
}

impl Kept {
    fn is_good(&self, now: Moment) -> bool {
        // Where the clock was set back, nobody knows.
        self.asked.age(now).is_some_and(|age| age < self.ttl)
    }
}

impl fmt::Debug for DecisionCache {
    /// Says nothing of who sent what.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecisionCache").finish_non_exhaustive()
    }
}

impl fmt::Debug for DecisionKey {
    /// The same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecisionKey").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

//! Decisions of authorizers that are used again for requests which prove themselves with the same: where the function says so
//! (`authorizerCache`), for as long as it says. They are in the memory of this process only.
//!
//! What a request proves itself with is kept as a digest, and beside it stands all else that a decision is about: the space,
//! the authorizer as it was registered, event type, method and path. So nothing that one space is told answers for another.

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

/// Most decisions of a space, and of all; those that were not used for longest go first, of all those of the space that has
/// the most.
const MOST_OF_SPACE: usize = 1000;
const MOST_IN_ALL: usize = 16_384;

/// Most bytes of an answer whose decision is kept.
pub(crate) const MOST_ANSWER: usize = 16 * 1024;

/// The decisions of authorizers. A handle: clones share them.
#[derive(Clone)]
pub(crate) struct DecisionCache {
    decisions: Arc<Mutex<Spaces>>,
    most_of_space: usize,
    most_in_all: usize,
}

/// By space. Those of spaces that were not used for longest come first.
struct Spaces {
    by_space: LruCache<Space, LruCache<[u8; 32], Kept>>,
    in_all: usize,
}

struct Kept {
    /// The authorizer as it was when it decided. It is compared by its place, where nothing else can be as long as this is.
    function: Arc<Function>,
    asked: Moment,
    ttl: Duration,
    decision: Decided,
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

impl Default for DecisionCache {
    fn default() -> Self {
        Self::of_decisions(MOST_OF_SPACE, MOST_IN_ALL)
    }
}

impl DecisionCache {
    fn of_decisions(most_of_space: usize, most_in_all: usize) -> Self {
        Self {
            decisions: Arc::new(Mutex::new(Spaces {
                by_space: LruCache::new_unbounded(),
                in_all: 0,
            })),
            most_of_space,
            most_in_all,
        }
    }

    /// What was decided on such a request, if that was of this authorizer and not too long ago.
    pub(crate) fn get(&self, key: &DecisionKey) -> Option<Decided> {
        let mut spaces = self.lock();
        let decisions = spaces.by_space.get_mut(&key.space)?;
        let kept = decisions.get(&key.digest)?;
        if Arc::ptr_eq(&kept.function, &key.function) && kept.is_good(key.asked) {
            return Some(kept.decision.clone());
        }
        decisions.remove(&key.digest);
        let is_empty = decisions.is_empty();
        spaces.in_all -= 1;
        if is_empty {
            spaces.by_space.remove(&key.space);
        }
        None
    }

    /// Keeps what was decided on such a request, from when it was asked.
    pub(crate) fn keep(&self, key: DecisionKey, decision: Decided) {
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
        };
        let mut spaces = self.lock();
        let new = || LruCache::new(self.most_of_space);
        let decisions = spaces.by_space.entry(space).or_insert_with(new);
        let before = decisions.len();
        decisions.insert(digest, kept);
        let after = decisions.len();
        spaces.in_all = spaces.in_all + after - before;
        while spaces.in_all > self.most_in_all {
            spaces.give_up_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Spaces> {
        // No code that holds the lock can leave it half changed.
        self.decisions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Spaces {
    /// Takes one from the space that has the most; of several such, from the one that was not used for longest.
    fn give_up_one(&mut self) {
        let mut largest: Option<(&Space, usize)> = None;
        for (space, decisions) in &self.by_space {
            if largest.is_none_or(|(_, most)| decisions.len() > most) {
                largest = Some((space, decisions.len()));
            }
        }
        let Some(space) = largest.map(|(space, _)| space.clone()) else {
            self.in_all = 0;
            return;
        };
        if let Some(decisions) = self.by_space.peek_mut(&space) {
            decisions.remove_lru();
            if decisions.is_empty() {
                self.by_space.remove(&space);
            }
        }
        self.in_all -= 1;
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

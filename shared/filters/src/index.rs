//! Finds the filters that an event passes among many.

use std::sync::Arc;

use crate::{Filters, Subject};

/// Filters by a key each. A copy costs nothing; a change costs O(log n).
#[derive(Debug, Clone, PartialEq)]
pub struct FilterIndex<K> {
    all: Vec<(K, Arc<Filters>)>,
}

impl<K> Default for FilterIndex<K> {
    fn default() -> Self {
        Self { all: Vec::new() }
    }
}

impl<K: Clone + Ord> FilterIndex<K> {
    /// Adds the filters of a key, in place of those it had.
    pub fn insert(&mut self, key: K, filters: Arc<Filters>) {
        self.remove(&key);
        self.all.push((key, filters));
    }

    /// Takes the filters of a key away.
    pub fn remove(&mut self, key: &K) {
        self.all.retain(|(other, _)| other != key);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// How many filters no requirement finds: they are tried for every event.
    pub fn unindexed(&self) -> usize {
        self.all.len()
    }

    /// Calls `found` once for every key whose filters the event passes, in no particular order.
    pub fn matches(&self, event: &dyn Subject, found: &mut dyn FnMut(&K)) {
        for (key, filters) in &self.all {
            if filters.matches(event) {
                found(key);
            }
        }
    }
}

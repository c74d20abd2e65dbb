//! Finds the filters that an event passes among many.
//!
//! What filters require at least ([`Filters::requirements`]) says where they hang: on the requirement that is expected to find
//! the fewest others with them. The values of an event are looked up there, and what is found is tried.

mod anchors;
mod bucket;
mod choice;
mod entry;
mod field;
mod grams;
mod hashing;
mod hits;
mod lengths;
mod place;
mod seen;

#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use imbl::OrdSet;

use self::{
    anchors::Anchors,
    choice::{choose, is_data},
    entry::{ByKey, Entry, Reads},
    hits::Hits,
};
use crate::{filters::Filters, reading::Reading, subject::Subject, wanted::Wanted};

/// Filters by a key each. A copy costs nothing; a change costs O(log n).
#[derive(Clone)]
pub struct FilterIndex<K> {
    all: OrdSet<ByKey<K>>,
    /// The fields that any filter looks at.
    wanted: Wanted,
    anchors: Anchors<K>,
    /// What no anchor finds.
    residual: OrdSet<ByKey<K>>,
}

impl<K> Default for FilterIndex<K> {
    fn default() -> Self {
        Self {
            all: OrdSet::new(),
            wanted: Wanted::default(),
            anchors: Anchors::default(),
            residual: OrdSet::new(),
        }
    }
}

impl<K> fmt::Debug for FilterIndex<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "FilterIndex({} filters, {} residual)",
            self.all.len(),
            self.residual.len()
        )
    }
}

/// Where filters hang depends on the order in which they came, so that it is not compared.
impl<K: Ord> PartialEq for FilterIndex<K> {
    fn eq(&self, other: &Self) -> bool {
        let same = |(one, other): (&ByKey<K>, &ByKey<K>)| {
            Arc::ptr_eq(&one.0, &other.0) || (one == other && one.0.filters == other.0.filters)
        };
        self.all.len() == other.all.len() && self.all.iter().zip(&other.all).all(same)
    }
}

impl<K: Clone + Ord> FilterIndex<K> {
    /// Adds the filters of a key, in place of those it had.
    pub fn insert(&mut self, key: K, filters: Arc<Filters>) {
        self.remove(&key);
        filters.paths(&mut |path| {
            self.wanted.add(path);
        });
        let mut reads = Reads::Nothing;
        filters.paths_read(&mut |path| {
            let needed = if is_data(path) {
                Reads::Data
            } else {
                Reads::Attributes
            };
            reads = reads.max(needed);
        });
        let places = choose(&self.anchors, &self.wanted, &filters.requirements());
        let entry = ByKey(Arc::new(Entry {
            key,
            filters,
            places,
            reads,
        }));
        let places = entry.0.places.as_slice();
        if places.is_empty() {
            self.residual.insert(entry.clone());
        }
        for &place in places {
            self.anchors.hang(place, &entry);
        }
        self.all.insert(entry);
    }

    /// Takes the filters of a key away.
    pub fn remove(&mut self, key: &K) {
        let Some(entry) = self.all.remove(key) else { return };
        let places = entry.0.places.as_slice();
        if places.is_empty() {
            self.residual.remove(key);
        }
        for &place in places {
            self.anchors.unhang(place, key);
        }
        if self.all.is_empty() {
            // Nothing else may be left by now; only the numbers of fields begin anew.
            *self = Self::default();
            return;
        }
        entry.0.filters.paths(&mut |path| {
            self.wanted.remove(path);
        });
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// How many filters no requirement finds: they are tried for every event.
    pub fn unindexed(&self) -> usize {
        self.residual.len()
    }

    /// Calls `found` once for every key whose filters the event passes, in no particular order.
    pub fn matches(&self, event: &dyn Subject, found: &mut dyn FnMut(&K)) {
        self.search(event, (None, usize::MAX), found);
    }

    /// The same, with so many steps for the filters of each key ([`crate::FilterLimits::max_steps`]).
    /// `false`, and nothing was tried, where those that are to be tried have more than `max_bytes` ([`Filters::bytes`]).
    pub fn matches_within(
        &self,
        event: &dyn Subject,
        (max_steps, max_bytes): (usize, usize),
        found: &mut dyn FnMut(&K),
    ) -> bool {
        self.search(event, (Some(max_steps), max_bytes), found)
    }

    fn search(
        &self,
        event: &dyn Subject,
        (max_steps, max_bytes): (Option<usize>, usize),
        found: &mut dyn FnMut(&K),
    ) -> bool {
        let mut hits = Hits::default();
        self.residual.iter().for_each(|entry| hits.add(&entry.0));
        let mut reading = None;
        if self.anchors.any_below_data() {
            let reading = reading.insert(Reading::of(event, &self.wanted));
            reading.each_leaf(&mut |field, value| self.anchors.probe(field, value, &mut hits));
        } else {
            event.each_attribute(&mut |name, value| {
                if let Some(field) = self.wanted.child(name).and_then(Wanted::field) {
                    self.anchors.probe(field, &value, &mut hits);
                }
            });
        }
        let candidates = hits.into_entries();
        let Some(needed) = candidates.iter().map(|entry| entry.reads).max() else {
            return true;
        };
        let bytes = candidates.iter().map(|entry| entry.filters.bytes());
        if max_bytes < usize::MAX && bytes.fold(0, usize::saturating_add) > max_bytes {
            return false;
        }
        // Data is parsed only if somebody who may get the event looks at it.
        let reading = reading.unwrap_or_else(|| match needed {
            Reads::Nothing => Reading::default(),
            Reads::Attributes => Reading::of_attributes(event, &self.wanted),
            Reads::Data => Reading::of(event, &self.wanted),
        });
        for entry in candidates {
            let max_steps = max_steps.unwrap_or_else(|| entry.filters.max_steps());
            if entry.filters.matches_reading(event, &reading, max_steps) {
                found(&entry.key);
            }
        }
        true
    }

    /// How many fields, keys and places there are, how many entries are residual, and how many paths are read.
    #[cfg(test)]
    fn kept(&self) -> (usize, usize, usize, usize, usize) {
        fn paths(wanted: &Wanted) -> usize {
            1 + wanted.entries().map(|(_, child)| paths(child)).sum::<usize>()
        }
        let (fields, keys, places) = self.anchors.sizes();
        (fields, keys, places, self.residual.len(), paths(&self.wanted))
    }
}

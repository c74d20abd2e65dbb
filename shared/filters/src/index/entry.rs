//! A key with its filters, as the maps of an index hold it.

use std::{borrow::Borrow, cmp::Ordering, sync::Arc};

use super::place::Places;
use crate::Filters;

/// A key with its filters, and where they hang.
#[derive(Debug)]
pub(super) struct Entry<K> {
    /// Whose filters these are.
    pub(super) key: K,
    /// Whether an event passes.
    pub(super) filters: Arc<Filters>,
    /// Where candidates are found.
    pub(super) places: Places,
    /// What the filters need a reading for.
    pub(super) reads: Reads,
}

/// What of an event has to be read before filters are tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reads {
    /// Nothing: attributes are asked of the event.
    #[default]
    Nothing,
    /// Attributes.
    Attributes,
    /// Its data too, which has to be parsed.
    Data,
}

/// An entry that is ordered by its key, so that a set of them is a map of eight bytes each.
#[derive(Debug)]
pub(super) struct ByKey<K>(pub(super) Arc<Entry<K>>);

impl<K> Clone for ByKey<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K> Borrow<K> for ByKey<K> {
    fn borrow(&self) -> &K {
        &self.0.key
    }
}

impl<K: PartialEq> PartialEq for ByKey<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0.key == other.0.key
    }
}

impl<K: Eq> Eq for ByKey<K> {}

impl<K: Ord> PartialOrd for ByKey<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K: Ord> Ord for ByKey<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.key.cmp(&other.0.key)
    }
}

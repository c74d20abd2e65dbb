//! The entries that one anchor finds.

use std::fmt;

use imbl::OrdSet;

use super::entry::ByKey;

/// Entries that hang on the same place. Most places have one, some have as many as there are filters.
pub(super) enum Bucket<K> {
    /// One.
    One(ByKey<K>),
    /// More.
    Many(OrdSet<ByKey<K>>),
}

impl<K> fmt::Debug for Bucket<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = match self {
            Self::One(_) => 1,
            Self::Many(entries) => entries.len(),
        };
        write!(f, "Bucket({entries})")
    }
}

impl<K> Clone for Bucket<K> {
    fn clone(&self) -> Self {
        match self {
            Self::One(entry) => Self::One(entry.clone()),
            Self::Many(entries) => Self::Many(entries.clone()),
        }
    }
}

impl<K: Ord> Bucket<K> {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Many(entries) => entries.len(),
        }
    }

    /// Adds one. An entry may hang on a place twice, if two of its anchors hash alike.
    pub(super) fn insert(&mut self, entry: ByKey<K>) {
        match self {
            Self::One(one) if *one == entry => {}
            Self::One(one) => *self = Self::Many([one.clone(), entry].into_iter().collect()),
            Self::Many(entries) => {
                entries.insert(entry);
            }
        }
    }

    /// Takes one away. Whether none is left then.
    pub(super) fn remove(&mut self, key: &K) -> bool {
        match self {
            Self::One(one) => one.0.key == *key,
            Self::Many(entries) => {
                entries.remove(key);
                if entries.len() == 1
                    && let Some(last) = entries.get_min()
                {
                    *self = Self::One(last.clone());
                }
                false
            }
        }
    }

    /// Calls `visit` for each.
    pub(super) fn each<'a>(&'a self, mut visit: impl FnMut(&'a ByKey<K>)) {
        match self {
            Self::One(entry) => visit(entry),
            Self::Many(entries) => entries.iter().for_each(visit),
        }
    }
}

//! The filters that may let an event pass.

use super::{bucket::Bucket, entry::Entry, place::Places, seen::Seen};

/// Entries that were found, each once. An event that has one value a hundred thousand times finds its bucket as often: it
/// is gone through once.
#[derive(Debug)]
pub(super) struct Hits<'a, K> {
    buckets: Seen,
    several: Seen,
    entries: Vec<&'a Entry<K>>,
}

impl<K> Default for Hits<'_, K> {
    fn default() -> Self {
        Self {
            buckets: Seen::default(),
            several: Seen::default(),
            entries: Vec::new(),
        }
    }
}

impl<'a, K: Ord> Hits<'a, K> {
    /// Adds the entries of a bucket.
    pub(super) fn take(&mut self, bucket: &'a Bucket<K>) {
        if self.buckets.insert(bucket) {
            bucket.each(|entry| self.add(&entry.0));
        }
    }

    /// Adds an entry.
    pub(super) fn add(&mut self, entry: &'a Entry<K>) {
        // What hangs on one place is in one bucket.
        if !matches!(entry.places, Places::Many(_)) || self.several.insert(entry) {
            self.entries.push(entry);
        }
    }

    /// What was found.
    pub(super) fn into_entries(self) -> Vec<&'a Entry<K>> {
        self.entries
    }
}

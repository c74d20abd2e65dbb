//! The maps of an index: which entries hang on which values of which fields.

use imbl::OrdMap;

use super::{
    bucket::Bucket,
    entry::ByKey,
    field::{Field, Found},
    hits::Hits,
    place::{Lookup, Place},
};
use crate::{requirement::Test, subject::Scalar, wanted::FieldId};

/// Entries by the anchors that they hang on.
#[derive(Debug)]
pub(super) struct Anchors<K> {
    /// What is asked of each field.
    fields: OrdMap<FieldId, Field<K>>,
    /// What is found by each key; what is found by grams is kept by its field.
    buckets: OrdMap<u64, Bucket<K>>,
    /// How many places are below `data`.
    below_data: usize,
}

impl<K> Clone for Anchors<K> {
    fn clone(&self) -> Self {
        Self {
            fields: self.fields.clone(),
            buckets: self.buckets.clone(),
            below_data: self.below_data,
        }
    }
}

impl<K> Default for Anchors<K> {
    fn default() -> Self {
        Self {
            fields: OrdMap::new(),
            buckets: OrdMap::new(),
            below_data: 0,
        }
    }
}

impl<K: Ord> Anchors<K> {
    /// Whether any place is below `data`.
    pub(super) fn any_below_data(&self) -> bool {
        self.below_data > 0
    }

    /// Where a test of a field would be.
    pub(super) fn place(&self, field: FieldId, data: bool, test: &Test) -> Place {
        Place {
            field,
            data,
            lookup: Lookup::of(field, test, self.fields.get(&field)),
        }
    }

    /// How many hang on a place.
    pub(super) fn size(&self, place: Place) -> usize {
        match place.lookup.key() {
            Ok(key) => self.buckets.get(&key).map_or(0, Bucket::len),
            Err(gram) => self
                .fields
                .get(&place.field)
                .map_or(0, |field| field.gram_size(gram)),
        }
    }

    /// Hangs an entry on a place.
    pub(super) fn hang(&mut self, place: Place, entry: &ByKey<K>) {
        self.below_data += usize::from(place.data);
        self.fields
            .entry(place.field)
            .or_default()
            .add(place.lookup, entry);
        let Ok(key) = place.lookup.key() else { return };
        match self.buckets.get_mut(&key) {
            Some(bucket) => bucket.insert(entry.clone()),
            None => {
                self.buckets.insert(key, Bucket::One(entry.clone()));
            }
        }
    }

    /// Takes an entry from a place.
    pub(super) fn unhang(&mut self, place: Place, entry: &K) {
        self.below_data -= usize::from(place.data);
        if let Some(field) = self.fields.get_mut(&place.field) {
            field.take(place.lookup, entry);
            if field.is_empty() {
                self.fields.remove(&place.field);
            }
        }
        if let Ok(key) = place.lookup.key()
            && let Some(bucket) = self.buckets.get_mut(&key)
            && bucket.remove(entry)
        {
            self.buckets.remove(&key);
        }
    }

    /// Adds what a value of a field finds.
    pub(super) fn probe<'a>(&'a self, field: FieldId, value: &Scalar<'_>, hits: &mut Hits<'a, K>) {
        let Some(asked) = self.fields.get(&field) else {
            return;
        };
        asked.probe(field, value, &mut |found| match found {
            Found::Key(key) => {
                if let Some(bucket) = self.buckets.get(&key) {
                    hits.take(bucket);
                }
            }
            Found::Bucket(bucket) => hits.take(bucket),
        });
    }

    /// How many fields and keys there are.
    #[cfg(test)]
    pub(super) fn sizes(&self) -> (usize, usize, usize) {
        (self.fields.len(), self.buckets.len(), self.below_data)
    }
}

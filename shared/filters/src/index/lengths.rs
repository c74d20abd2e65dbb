//! Which lengths the prefixes, or suffixes, of a field have.

use std::sync::Arc;

use super::hashing::{Growing, Kind};
use crate::wanted::FieldId;

/// A set of lengths, in bytes, with how many anchors have each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Lengths(Option<Arc<Vec<(u32, u32)>>>);

impl Lengths {
    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// One more anchor of this length.
    pub(super) fn add(&mut self, length: u32) {
        let lengths = Arc::make_mut(self.0.get_or_insert_default());
        match lengths.binary_search_by_key(&length, |&(length, _)| length) {
            Ok(at) => lengths[at].1 += 1,
            Err(at) => lengths.insert(at, (length, 1)),
        }
    }

    /// One less.
    pub(super) fn take(&mut self, length: u32) {
        let Some(shared) = &mut self.0 else { return };
        let lengths = Arc::make_mut(shared);
        if let Ok(at) = lengths.binary_search_by_key(&length, |&(length, _)| length) {
            lengths[at].1 -= 1;
            if lengths[at].1 == 0 {
                lengths.remove(at);
            }
        }
        if lengths.is_empty() {
            self.0 = None;
        }
    }

    /// Calls `visit` with the key of what `bytes` start with, for each of the lengths: linear in `bytes`, however many there are.
    pub(super) fn each_key(
        &self,
        field: FieldId,
        kind: Kind,
        mut bytes: impl ExactSizeIterator<Item = u8>,
        mut visit: impl FnMut(u64),
    ) {
        let mut hash = Growing::new();
        let mut done = 0;
        let available = bytes.len();
        for &(length, _) in self.0.iter().flat_map(|lengths| lengths.iter()) {
            let length = length as usize;
            if length > available {
                return;
            }
            bytes
                .by_ref()
                .take(length - done)
                .for_each(|byte| hash.push(byte));
            done = length;
            visit(hash.key(field, kind));
        }
    }
}

//! Hashes of values by which an index finds filters.
//!
//! The seeds are fixed. Whoever makes values collide makes filters share a bucket, as filters that ask for the same value
//! do anyway.

use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::fast::FixedState;

use crate::wanted::FieldId;

/// What of a value is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The whole text.
    Text = 1,
    /// The canonical number.
    Number,
    /// `true`, `false` or `null`.
    Literal,
    /// The text, folded.
    Folded,
    /// How the text starts.
    Prefix,
    /// How the text ends.
    Suffix,
    /// Nothing.
    Present,
}

/// The key of a value of a field.
pub(super) fn key(field: FieldId, kind: Kind, value: &[u8]) -> u64 {
    let mut hasher = FixedState::with_seed(kind as u64).build_hasher();
    field.hash(&mut hasher);
    hasher.write(value);
    hasher.finish()
}

/// A hash that grows by one byte after the other, so that all prefixes of a text are hashed in one pass over it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Growing(u64);

impl Growing {
    /// Of no bytes.
    pub(super) fn new() -> Self {
        Self(0x243f_6a88_85a3_08d3)
    }

    /// Adds a byte.
    pub(super) fn push(&mut self, byte: u8) {
        self.0 = (self.0.rotate_left(29) ^ u64::from(byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    /// The key of the bytes so far.
    pub(super) fn key(self, field: FieldId, kind: Kind) -> u64 {
        key(field, kind, &self.0.to_le_bytes())
    }

    /// The key of all `bytes`.
    pub(super) fn key_of(field: FieldId, kind: Kind, bytes: impl Iterator<Item = u8>) -> u64 {
        let mut hash = Self::new();
        bytes.for_each(|byte| hash.push(byte));
        hash.key(field, kind)
    }
}

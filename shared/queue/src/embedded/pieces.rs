//! Large values in the file stand in pieces. The engine reads and writes whole pages, and a value is never larger than its
//! page: whoever touched the neighbour of a value of 10 MB would read all of it.

use std::borrow::Cow;

use redb::{AccessGuard, ReadableTable};

use super::tables::{Bytes, EngineError, PieceKey, Tables, corrupted};

/// Bytes of a piece. With its key it fits into a page of 64 KiB; a page has a power of two.
pub(super) const PIECE: usize = 63 * 1024;

/// Bytes that a commit takes from a line, unless the first request is larger.
pub(super) const PART: usize = 1024 * 1024;

/// What stands in a table in the place of a value that is in pieces. No JSON is empty.
pub(super) const IN_PIECES: &[u8] = &[];

impl Tables<'_> {
    /// What is to stand in a table for a value with a number of its own: the value, or a sign that its pieces, which
    /// this writes, stand elsewhere.
    pub(super) fn cut<'v>(&mut self, number: u64, value: &'v [u8]) -> Result<&'v [u8], EngineError> {
        if value.len() <= PIECE {
            return Ok(value);
        }
        let pieces = self.pieces.get()?;
        for (index, piece) in (0..).zip(value.chunks(PIECE)) {
            pieces.insert((number, index), piece)?;
        }
        Ok(IN_PIECES)
    }

    /// Deletes the pieces of a value.
    pub(super) fn delete_pieces(&mut self, number: u64) -> Result<(), EngineError> {
        let all = (number, 0)..=(number, u32::MAX);
        Ok(self.pieces.get()?.retain_in(all, |_, _| false)?)
    }
}

/// Whether what stood in a table says that the value is in pieces.
pub(super) fn is_in_pieces(stood: Option<AccessGuard<'_, Bytes>>) -> bool {
    stood.is_some_and(|stood| stood.value() == IN_PIECES)
}

/// The value with this number, for which `stands` is in its table.
pub(super) fn whole<'v>(
    pieces: &impl ReadableTable<PieceKey, Bytes>,
    number: u64,
    stands: &'v [u8],
) -> Result<Cow<'v, [u8]>, EngineError> {
    if stands != IN_PIECES {
        return Ok(Cow::Borrowed(stands));
    }
    let mut value = Vec::new();
    for (index, piece) in (0..).zip(pieces.range((number, 0)..=(number, u32::MAX))?) {
        let (key, piece) = piece?;
        if key.value() != (number, index) {
            return Err(corrupted("piece"));
        }
        value.extend_from_slice(piece.value());
    }
    Ok(Cow::Owned(value))
}

/// Events that do not stand in the record of their delivery, and requests that do not, by number.
pub(super) struct Apart<'t, V, P> {
    /// The table of events.
    pub(super) values: &'t V,
    /// The table of pieces.
    pub(super) pieces: &'t P,
}

impl<V: ReadableTable<u64, Bytes>, P: ReadableTable<PieceKey, Bytes>> Apart<'_, V, P> {
    /// Looks at a value.
    pub(super) fn look<T>(&self, number: u64, at: impl FnOnce(&[u8]) -> T) -> Result<T, EngineError> {
        let stands = self.values.get(number)?.ok_or_else(|| corrupted("event"))?;
        Ok(at(&whole(self.pieces, number, stands.value())?))
    }
}

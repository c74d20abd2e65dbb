//! What stands in the file beside dead letters, so that they can be counted, listed and deleted without being read.

use super::record::{MalformedRecord, Reader, put_text};

/// Bytes that a dead letter takes in the file besides its JSON and its names, about.
const ROW_BYTES: u64 = 256;

/// What is known of a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DeadRow<'a> {
    /// When it was given up, by the clock of the queue.
    pub(super) buried_at: u64,
    /// What it counts for in the quota of its space.
    pub(super) bytes: u64,
    pub(super) space: &'a str,
    pub(super) subscription: &'a str,
    pub(super) id: &'a str,
    /// JSON of its summary; empty when it cannot be read.
    pub(super) summary: &'a [u8],
}

/// The dead letters of a space.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct DeadSpace {
    pub(super) letters: u64,
    /// What they count for.
    pub(super) bytes: u64,
    /// How many were dropped since all were last deleted.
    pub(super) dropped: u64,
}

impl<'a> DeadRow<'a> {
    /// What a dead letter counts for: its JSON and summary, and its names, which stand in several tables.
    pub(super) fn weigh(mut self, json: usize) -> Self {
        let names = self.space.len() + self.subscription.len() + self.id.len();
        let texts = json + self.summary.len() + 3 * names;
        self.bytes = texts as u64 + ROW_BYTES;
        self
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(128 + self.summary.len());
        bytes.extend_from_slice(&self.buried_at.to_le_bytes());
        bytes.extend_from_slice(&self.bytes.to_le_bytes());
        put_text(&mut bytes, self.space);
        put_text(&mut bytes, self.subscription);
        put_text(&mut bytes, self.id);
        bytes.extend_from_slice(self.summary);
        bytes
    }

    pub(super) fn decode(bytes: &'a [u8]) -> Result<Self, MalformedRecord> {
        let mut rest = Reader(bytes);
        Ok(Self {
            buried_at: rest.u64()?,
            bytes: rest.u64()?,
            space: rest.text()?,
            subscription: rest.text()?,
            id: rest.text()?,
            summary: rest.0,
        })
    }
}

impl DeadSpace {
    pub(super) fn encode(self) -> [u8; 24] {
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&self.letters.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.bytes.to_le_bytes());
        bytes[16..].copy_from_slice(&self.dropped.to_le_bytes());
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, MalformedRecord> {
        let mut rest = Reader(bytes);
        Ok(Self {
            letters: rest.u64()?,
            bytes: rest.u64()?,
            dropped: rest.u64()?,
        })
    }
}

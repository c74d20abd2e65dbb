//! What a transaction works on, and what those who wait for deliveries are to know of it.

use redb::ReadableTable as _;

use super::bodies::Bodies;
use super::lane::Entry;
use super::ledger::Ledger;
use super::pieces::is_in_pieces;
use super::tables::{EngineError, Place, Tables};

/// A transaction under way.
pub(super) struct Changes<'a, 't> {
    pub(super) tables: &'a mut Tables<'t>,
    pub(super) ledger: &'a mut Ledger,
    pub(super) bodies: &'a mut Bodies,
    /// Now, by the clock of the queue.
    pub(super) now: u64,
    /// Now, by the clock of the machine.
    pub(super) wall: u64,
    /// Deduplication keys that are remembered for a space.
    pub(super) keys_per_space: u64,
}

/// Where a delivery was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placed {
    /// Nowhere: its key was used lately.
    Duplicate,
    /// At a place of a lane.
    At {
        /// The lane.
        lane: u64,
        /// The place.
        place: Place,
        /// What it takes in memory, about.
        cost: usize,
        /// Bytes of its event as JSON.
        event_bytes: usize,
    },
    /// Behind others with its ordering key.
    Behind,
}

/// A delivery that came to stand at a place of a lane.
#[derive(Debug)]
pub(super) struct Stood {
    pub(super) lane: u64,
    pub(super) place: Place,
    /// `None` when it cannot be read.
    pub(super) entry: Option<Entry>,
}

impl Changes<'_, '_> {
    /// When something is due that is wanted at a time of day.
    pub(super) fn due_at(&self, wanted: Option<u64>) -> u64 {
        let wait = wanted.map_or(0, |at| at.saturating_sub(self.wall));
        self.now.saturating_add(wait)
    }

    /// One delivery of an event less; the event goes with the last one.
    pub(super) fn release(&mut self, event: u64) -> Result<(), EngineError> {
        let references = self.tables.references.get()?;
        let left = references.get(event)?.map_or(1, |count| count.value());
        if left > 2 {
            references.insert(event, left - 1)?;
            return Ok(());
        }
        if left == 2 {
            // The one that is left needs no count.
            references.remove(event)?;
        } else {
            let in_pieces = is_in_pieces(self.tables.events.get()?.remove(event)?);
            if in_pieces {
                self.tables.delete_pieces(event)?;
            }
        }
        Ok(())
    }
}

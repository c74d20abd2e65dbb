//! How many dead letters each space has, and which space has to drop one first.

use std::collections::{BTreeSet, HashMap, HashSet};

use clocks::millis;
use domain::ids::Space;
use redb::ReadableTable as _;

use super::DeadLetterLimits;
use super::dead_rows::{DeadRow, DeadSpace};
use super::engine::Engine;
use super::tables::{DEAD_ROWS, DEAD_SPACES, EngineError, Tables, composed, corrupted};

/// Figures about the dead letters in the file, changed along with it and read anew after a failure.
#[derive(Debug, Default)]
pub(super) struct DeadTotals {
    spaces: HashMap<Space, DeadSpace>,
    /// The spaces that have some, by what these count for.
    by_bytes: BTreeSet<(u64, Space)>,
    /// What all of them count for.
    bytes: u64,
    /// No dead letter was given up before this time by the clock of the queue; `None` when there is none.
    pub(super) oldest: Option<u64>,
    /// Spaces whose row is to be written.
    touched: HashSet<Space>,
}

impl DeadTotals {
    /// Reads the figures.
    pub(super) fn load(engine: &Engine) -> Result<Self, EngineError> {
        let read = engine.read()?;
        let mut totals = Self::default();
        for entry in read.open_table(DEAD_SPACES)?.iter()? {
            let (key, row) = entry?;
            // The length of the only text of a key is known without reading it.
            let name = key.value().get(4..).and_then(|name| str::from_utf8(name).ok());
            let name = name.ok_or_else(|| corrupted("space of dead letters"))?;
            let row = DeadSpace::decode(row.value()).map_err(|_| corrupted("count of dead letters"))?;
            totals.put(&name.into(), row);
        }
        if let Some((_, row)) = read.open_table(DEAD_ROWS)?.first()? {
            let row = DeadRow::decode(row.value()).map_err(|_| corrupted("row of a dead letter"))?;
            totals.oldest = Some(row.buried_at);
        }
        Ok(totals)
    }

    /// What all dead letters count for, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many each space has that has any.
    pub(super) fn counts(&self) -> Vec<(Space, u64)> {
        let spaces = self.spaces.iter();
        spaces
            .filter(|(_, row)| row.letters > 0)
            .map(|(space, row)| (space.clone(), row.letters))
            .collect()
    }

    /// The dead letters of a space.
    pub(super) fn of(&self, space: &Space) -> DeadSpace {
        self.spaces.get(space).copied().unwrap_or_default()
    }

    fn put(&mut self, space: &Space, row: DeadSpace) {
        let before = self.spaces.insert(space.clone(), row).unwrap_or_default();
        if before.letters > 0 {
            self.by_bytes.remove(&(before.bytes, space.clone()));
        }
        if row.letters > 0 {
            self.by_bytes.insert((row.bytes, space.clone()));
        }
        self.bytes = self.bytes.saturating_sub(before.bytes) + row.bytes;
        if row == DeadSpace::default() {
            self.spaces.remove(space);
        }
    }

    fn change(&mut self, space: &Space, change: impl FnOnce(&mut DeadSpace)) {
        let mut row = self.of(space);
        change(&mut row);
        self.put(space, row);
        self.touched.insert(space.clone());
    }

    /// Counts one in.
    pub(super) fn add(&mut self, space: &Space, bytes: u64, buried_at: u64) {
        self.change(space, |row| {
            row.letters += 1;
            row.bytes += bytes;
        });
        self.oldest = Some(self.oldest.map_or(buried_at, |oldest| oldest.min(buried_at)));
    }

    /// Counts one out.
    pub(super) fn subtract(&mut self, space: &Space, bytes: u64) {
        self.change(space, |row| {
            row.letters = row.letters.saturating_sub(1);
            row.bytes = row.bytes.saturating_sub(bytes);
        });
    }

    /// Counts one that was dropped.
    pub(super) fn add_dropped(&mut self, space: &Space) {
        self.change(space, |row| row.dropped += 1);
    }

    /// Begins to count anew what a space had to drop.
    pub(super) fn forget_dropped(&mut self, space: &Space) {
        if self.of(space).dropped > 0 {
            self.change(space, |row| row.dropped = 0);
        }
    }

    /// The space that has to drop its oldest one: the one with the most, where it has more than a space may have or all
    /// together are too many.
    pub(super) fn excess(&self, limits: &DeadLetterLimits) -> Option<&Space> {
        let (most, space) = self.by_bytes.last()?;
        (*most > limits.bytes_per_space || self.bytes > limits.bytes).then_some(space)
    }

    /// Whether one may be too old.
    pub(super) fn is_any_old(&self, limits: &DeadLetterLimits, now: u64) -> bool {
        self.oldest_end(limits).is_some_and(|end| end <= now)
    }

    /// When the oldest one becomes too old, if ever.
    pub(super) fn oldest_end(&self, limits: &DeadLetterLimits) -> Option<u64> {
        Some(self.oldest?.saturating_add(millis(limits.max_age?)))
    }

    /// Writes what has changed.
    pub(super) fn save(&mut self, tables: &mut Tables<'_>) -> Result<(), EngineError> {
        for space in std::mem::take(&mut self.touched) {
            let key = composed(&[], [space.as_str()]);
            let rows = tables.dead_spaces.get()?;
            match self.spaces.get(&space) {
                Some(row) => rows.insert(key.as_slice(), row.encode().as_slice())?,
                None => rows.remove(key.as_slice())?,
            };
        }
        Ok(())
    }
}

//! Dropping dead letters that are too old, or too many: the oldest goes, in the very step that brings a new one.

use std::collections::BTreeMap;

use domain::ids::Space;
use redb::ReadableTable as _;

use super::DeadLetterLimits;
use super::changes::Changes;
use super::dead_rows::DeadRow;
use super::tables::{EngineError, corrupted};

/// Dead letters that were dropped because they were too old or too many.
pub const DEAD_LETTERS_DROPPED: &str = "eventgateway_dead_letters_dropped_total";

/// Dead letters that a commit drops at most besides twice as many as it brings, and bytes after which it drops no more
/// than that: a great many that become too old at the same time must not hold others up. The rest goes with the commits
/// that follow.
const MOST_DROPPED: usize = 256;
const MOST_DROPPED_BYTES: u64 = 16 * 1024 * 1024;

/// Dead letters that were dropped, by space and why.
#[derive(Debug, Default)]
pub(super) struct Dropped(BTreeMap<(Space, Reason), u64>);

/// Why a dead letter was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    /// It was too old.
    Age,
    /// Its space had too many.
    Bytes,
}

impl Dropped {
    /// Counts them, once they are gone.
    pub(super) fn count(self) {
        for ((space, reason), dropped) in self.0 {
            let why = match reason {
                Reason::Age => "age",
                Reason::Bytes => "bytes",
            };
            tracing::debug!(%space, dropped, reason = why, "Dead letters were dropped.");
            metrics::counter!(DEAD_LETTERS_DROPPED, "space" => space.to_string(), "reason" => why)
                .increment(dropped);
        }
    }
}

impl Changes<'_, '_> {
    /// Drops dead letters that are more than the limits allow; `buried` is how many the commit brings.
    pub(super) fn drop_dead_letters(
        &mut self,
        limits: &DeadLetterLimits,
        buried: usize,
    ) -> Result<Dropped, EngineError> {
        let mut dropped = Dropped::default();
        let (mut letters, mut bytes) = (0, 0);
        let fewest = 2 * buried;
        while letters < fewest || (letters < MOST_DROPPED && bytes < MOST_DROPPED_BYTES) {
            let Some((space, number, reason)) = self.next_to_drop(limits)? else {
                break;
            };
            bytes += self.exhume(&space, number)?;
            letters += 1;
            self.ledger.dead.add_dropped(&space);
            *dropped.0.entry((space, reason)).or_default() += 1;
        }
        Ok(dropped)
    }

    fn next_to_drop(
        &mut self,
        limits: &DeadLetterLimits,
    ) -> Result<Option<(Space, u64, Reason)>, EngineError> {
        if self.ledger.dead.is_any_old(limits, self.now) {
            let first = self.tables.dead_rows.get()?.first()?;
            let first = match &first {
                None => None,
                Some((number, row)) => {
                    let row = DeadRow::decode(row.value()).map_err(|_| corrupted("row of a dead letter"))?;
                    Some((row.space.into(), number.value(), row.buried_at))
                }
            };
            self.ledger.dead.oldest = first.as_ref().map(|(_, _, buried_at)| *buried_at);
            if let Some((space, number, _)) = first
                && self.ledger.dead.is_any_old(limits, self.now)
            {
                return Ok(Some((space, number, Reason::Age)));
            }
        }
        let Some(space) = self.ledger.dead.excess(limits).cloned() else {
            return Ok(None);
        };
        let number = self.oldest_of(&space)?;
        Ok(Some((space, number, Reason::Bytes)))
    }
}

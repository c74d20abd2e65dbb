//! The rows of a process that are not written yet, and those that may grow: one for each space and hour.

use std::collections::HashMap;

use domain::ids::Space;
use domain::usage::{UsageCounts, UsageRow};
use foldhash::fast::RandomState;

use super::space_usage::{Counted, added};

/// Rows of spaces and hours.
#[derive(Debug)]
pub(super) struct Rows {
    most: usize,
    by_hour: HashMap<(Space, u64), Row, RandomState>,
    /// Whether some may be written that are only there to grow.
    may_make_room: bool,
}

#[derive(Debug)]
struct Row {
    /// A row that was written and forgotten is gone on with under another number.
    writer: u64,
    counts: UsageCounts,
    is_written: bool,
}

impl Rows {
    /// At most so many.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            by_hour: HashMap::default(),
            may_make_room: false,
        }
    }

    /// Adds what was counted of a space in an hour.
    pub(super) fn add(&mut self, space: &Space, hour: u64, counted: Counted) {
        if let Some(row) = self.by_hour.get_mut(&(space.clone(), hour)) {
            row.counts = added(row.counts, counted);
            row.is_written = false;
            return;
        }
        if self.by_hour.len() >= self.most && std::mem::take(&mut self.may_make_room) {
            self.by_hour.retain(|_, row| !row.is_written);
        }
        let counts = added(UsageCounts::default(), counted);
        if self.by_hour.len() >= self.most {
            tracing::error!(
                %space, hour, counts = ?counts,
                "What a space used is not kept: there are as many rows to be written as there may be (--usage-max-rows)."
            );
            return;
        }
        let row = Row {
            writer: fastrand::u64(..),
            counts,
            is_written: false,
        };
        self.by_hour.insert((space.clone(), hour), row);
    }

    /// Those that are not written as they are.
    pub(super) fn unwritten(&self) -> Vec<UsageRow> {
        let rows = self.by_hour.iter().filter(|(_, row)| !row.is_written);
        rows.map(|((space, hour), row)| UsageRow {
            space: space.clone(),
            hour: *hour,
            writer: row.writer,
            counts: row.counts,
        })
        .collect()
    }

    /// Forgets those of a space.
    pub(super) fn forget(&mut self, space: &Space) {
        self.by_hour.retain(|(of, _), _| of != space);
    }

    /// Rows are written. Those of an hour before this one, which do not grow any more, are forgotten.
    pub(super) fn written(&mut self, rows: &[UsageRow], this_hour: u64) {
        for written in rows {
            if let Some(row) = self.by_hour.get_mut(&(written.space.clone(), written.hour)) {
                row.is_written = row.counts == written.counts;
            }
        }
        self.may_make_room = true;
        self.by_hour
            .retain(|(_, hour), row| !row.is_written || *hour >= this_hour);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Counted = [1, 10, 0, 0, 0, 0];

    #[test]
    fn rows_are_written_until_they_are_as_they_were_written() {
        let mut rows = Rows::new(10);
        let space = Space::from("shop");
        rows.add(&space, 7, ONE);
        let first = rows.unwritten();
        assert_eq!((first.len(), first[0].counts.events), (1, 1));
        // Something is counted while it is being written.
        rows.add(&space, 7, ONE);
        rows.written(&first, 7);
        let second = rows.unwritten();
        assert_eq!(
            (second[0].counts.values(), second[0].writer),
            ([2, 20, 0, 0, 0, 0], first[0].writer)
        );
        rows.written(&second, 7);
        assert!(rows.unwritten().is_empty());
        // The row goes on, also where something is taken back.
        rows.add(&space, 7, [-1, -10, 0, 0, 0, 0]);
        let third = rows.unwritten();
        assert_eq!((third[0].counts.events, third[0].writer), (1, first[0].writer));
        rows.written(&third, 8);
        assert!(rows.by_hour.is_empty());
        rows.add(&space, 7, ONE);
        assert_ne!(rows.unwritten()[0].writer, first[0].writer);
    }

    #[test]
    fn there_are_so_many() {
        let mut rows = Rows::new(2);
        for number in 0..100 {
            rows.add(&Space::from(format!("space-{number}")), 7, ONE);
        }
        let kept = rows.unwritten();
        assert_eq!(kept.len(), 2);
        rows.written(&kept, 7);
        // What is written makes room.
        rows.add(&Space::from("other"), 7, ONE);
        assert_eq!((rows.by_hour.len(), rows.unwritten().len()), (1, 1));
    }
}

//! The table of what spaces use: the rows of each space by hour and writer.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Bound, Range};

use domain::ids::Space;
use domain::usage::{UsageCounts, UsageRow};
use redb::{
    ReadTransaction, ReadableDatabase as _, ReadableTable as _, TableDefinition, TableError, WriteTransaction,
};

use super::{Engine, EngineError};
use crate::usage_day::UsageDayClaim;

/// The values of the counts, by space, hour and writer.
const USAGE: TableDefinition<'_, (&str, u64, u64), [u64; 6]> = TableDefinition::new("usage");

/// The last day of which it was claimed to tell what a space used, by space. It goes with the last row of the space.
const TOLD_DAYS: TableDefinition<'_, &str, u64> = TableDefinition::new("usage told");

impl Engine {
    /// Claims that it is told what a space used until a day.
    pub(in super::super) fn claim_usage_day(
        &mut self,
        space: &Space,
        day: u64,
    ) -> Result<UsageDayClaim, EngineError> {
        let mut claim = UsageDayClaim::Lost;
        self.write(&[], self.format, |transaction| {
            let mut table = transaction.open_table(TOLD_DAYS)?;
            let before = table.get(space.as_str())?.map(|before| before.value());
            if before.is_none_or(|before| UsageDayClaim::may_follow(before, day)) {
                table.insert(space.as_str(), day)?;
                claim = UsageDayClaim::Won { before };
            }
            Ok(())
        })?;
        Ok(claim)
    }

    /// Writes rows, each in the place of the one that its writer wrote before, and removes those of these spaces that are of
    /// an hour before the oldest one.
    pub(in super::super) fn put_usage(&mut self, rows: &[UsageRow], oldest: u64) -> Result<(), EngineError> {
        self.write(&[], self.format, |transaction| {
            {
                let mut table = transaction.open_table(USAGE)?;
                for row in rows {
                    let key = (row.space.as_str(), row.hour, row.writer);
                    table.insert(key, row.counts.values())?;
                }
            }
            let spaces: BTreeSet<&Space> = rows.iter().map(|row| &row.space).collect();
            trim(transaction, spaces, oldest)
        })
    }

    /// Removes all that is kept of what a space used, and whether it was told.
    pub(in super::super) fn forget_usage(&mut self, space: &Space) -> Result<(), EngineError> {
        let space = space.as_str();
        self.write(&[], self.format, |transaction| {
            let mut rows = transaction.open_table(USAGE)?;
            rows.retain_in((space, 0, 0)..=(space, u64::MAX, u64::MAX), |_, _| false)?;
            transaction.open_table(TOLD_DAYS)?.remove(space)?;
            Ok(())
        })
    }

    /// Removes of all spaces what is of an hour before the oldest one.
    pub(in super::super) fn trim_usage(&mut self, oldest: u64) -> Result<(), EngineError> {
        let overdue = overdue(&self.database.begin_read()?, oldest)?;
        if overdue.is_empty() {
            return Ok(());
        }
        self.write(&[], self.format, |transaction| {
            trim(transaction, &overdue, oldest)
        })
    }

    /// What a space used in each of these hours in which it used something.
    pub(in super::super) fn usage(
        &self,
        space: &Space,
        hours: Range<u64>,
    ) -> Result<BTreeMap<u64, UsageCounts>, EngineError> {
        let mut used = BTreeMap::<u64, UsageCounts>::new();
        let Some(table) = if_there(&self.database.begin_read()?)? else {
            return Ok(used);
        };
        if hours.is_empty() {
            return Ok(used);
        }
        let space = space.as_str();
        for entry in table.range((space, hours.start, 0)..(space, hours.end, 0))? {
            let (key, values) = entry?;
            *used.entry(key.value().1).or_default() += UsageCounts::of_values(values.value());
        }
        Ok(used)
    }
}

fn trim<'s>(
    transaction: &WriteTransaction,
    spaces: impl IntoIterator<Item = &'s Space>,
    oldest: u64,
) -> Result<(), EngineError> {
    let mut table = transaction.open_table(USAGE)?;
    let mut told = transaction.open_table(TOLD_DAYS)?;
    for space in spaces {
        let space = space.as_str();
        table.retain_in((space, 0, 0)..(space, oldest, 0), |_, _| false)?;
        if table
            .range((space, 0, 0)..=(space, u64::MAX, u64::MAX))?
            .next()
            .is_none()
        {
            told.remove(space)?;
        }
    }
    Ok(())
}

/// The spaces that have rows of an hour before the oldest one. A look for each space, however many rows it has.
fn overdue(transaction: &ReadTransaction, oldest: u64) -> Result<Vec<Space>, EngineError> {
    let Some(table) = if_there(transaction)? else {
        return Ok(Vec::new());
    };
    let (mut overdue, mut after) = (Vec::new(), None::<Space>);
    loop {
        let from = match &after {
            Some(space) => Bound::Excluded((space.as_str(), u64::MAX, u64::MAX)),
            None => Bound::Unbounded,
        };
        let Some((key, _)) = table.range((from, Bound::Unbounded))?.next().transpose()? else {
            return Ok(overdue);
        };
        let (space, hour, _) = key.value();
        let space = Space::from(space);
        if hour < oldest {
            overdue.push(space.clone());
        }
        after = Some(space);
    }
}

type UsageTable = redb::ReadOnlyTable<(&'static str, u64, u64), [u64; 6]>;

/// The table, which is not there before something was written to it.
fn if_there(transaction: &ReadTransaction) -> Result<Option<UsageTable>, EngineError> {
    match transaction.open_table(USAGE) {
        Ok(table) => Ok(Some(table)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(err) => Err(err.into()),
    }
}

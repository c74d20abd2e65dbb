//! The tables of the records of changes: the records of each space by the version that they led to, and for each space its
//! newest one with the number of those that are kept, and their bytes.

use std::collections::BTreeMap;
use std::time::Duration;

use clocks::{epoch_millis, millis};
use domain::audit::{AuditHead, SealedRecord};
use domain::ids::Space;
use imbl::OrdMap;
use redb::{Error, ReadTransaction, ReadableTable, Table, TableDefinition, TableError, WriteTransaction};

use crate::audit::{AuditLimits, AuditPage, KeptRecord};

/// When each record was made, its hash and its text.
const RECORDS: TableDefinition<'_, (&str, u64), (u64, &str, &str)> = TableDefinition::new("audit");
/// Version and hash of the newest record of a space, and how many of it are kept.
const HEADS: TableDefinition<'_, &str, (u64, &str, u64)> = TableDefinition::new("audit heads");
/// How many bytes the texts of a space have; of one that was written by an earlier program alone there is none.
const BYTES: TableDefinition<'_, &str, u64> = TableDefinition::new("audit bytes");

/// A table of records in a transaction.
type Records<'t> = Table<'t, (&'static str, u64), (u64, &'static str, &'static str)>;

/// Adds records, each after those of its space, and removes what is too many or too old there.
pub(super) fn append(
    transaction: &WriteTransaction,
    added: &[SealedRecord],
    limits: AuditLimits,
) -> Result<(), Error> {
    let mut spaces = BTreeMap::<&Space, (&SealedRecord, u64)>::new();
    {
        let (mut records, mut sizes) = (transaction.open_table(RECORDS)?, transaction.open_table(BYTES)?);
        for record in added {
            let bytes = bytes_of(&records, &sizes, &record.space)? + record.text.len() as u64;
            sizes.insert(record.space.as_str(), bytes)?;
            let key = (record.space.as_str(), record.version);
            records.insert(key, (record.at, record.hash.as_str(), record.text.as_str()))?;
            let (newest, count) = spaces.entry(&record.space).or_insert((record, 0));
            (*newest, *count) = (record, *count + 1);
        }
    }
    {
        let mut heads = transaction.open_table(HEADS)?;
        for (space, (newest, added)) in &spaces {
            let kept = heads.get(space.as_str())?.map_or(0, |head| head.value().2);
            let head = (newest.version, newest.hash.as_str(), kept + added);
            heads.insert(space.as_str(), head)?;
        }
    }
    let spaces: Vec<_> = spaces.into_keys().cloned().collect();
    trim(transaction, &spaces, limits)
}

/// How many bytes the texts of a space have.
fn bytes_of(
    records: &Records<'_>,
    sizes: &Table<'_, &'static str, u64>,
    space: &Space,
) -> Result<u64, Error> {
    if let Some(bytes) = sizes.get(space.as_str())? {
        return Ok(bytes.value());
    }
    let mut bytes = 0;
    for entry in records.range(of(space, u64::MAX))? {
        bytes += entry?.1.value().2.len() as u64;
    }
    Ok(bytes)
}

/// Removes of these spaces what is too many or too old.
pub(super) fn trim(
    transaction: &WriteTransaction,
    spaces: &[Space],
    limits: AuditLimits,
) -> Result<(), Error> {
    let (mut records, mut heads) = (transaction.open_table(RECORDS)?, transaction.open_table(HEADS)?);
    let mut sizes = transaction.open_table(BYTES)?;
    for space in spaces {
        let Some((version, hash, kept)) = heads.get(space.as_str())?.map(|head| {
            let (version, hash, kept) = head.value();
            (version, hash.to_owned(), kept)
        }) else {
            continue;
        };
        let mut excess = Vec::new();
        let mut bytes = bytes_of(&records, &sizes, space)?;
        for entry in records.range(of(space, u64::MAX))? {
            let (key, value) = entry?;
            let (at, _, text) = value.value();
            if !limits.exceeded(kept.saturating_sub(excess.len() as u64), bytes, at) {
                break;
            }
            excess.push(key.value().1);
            bytes = bytes.saturating_sub(text.len() as u64);
        }
        for version in &excess {
            records.remove((space.as_str(), *version))?;
        }
        if !excess.is_empty() {
            heads.insert(
                space.as_str(),
                (version, hash.as_str(), kept.saturating_sub(excess.len() as u64)),
            )?;
            sizes.insert(space.as_str(), bytes)?;
        }
    }
    Ok(())
}

/// The spaces that have records which are too many or too old.
pub(super) fn overdue(transaction: &ReadTransaction, limits: AuditLimits) -> Result<Vec<Space>, Error> {
    let (Some(records), Some(heads)) = (
        if_there(transaction.open_table(RECORDS))?,
        if_there(transaction.open_table(HEADS))?,
    ) else {
        return Ok(Vec::new());
    };
    let sizes = if_there(transaction.open_table(BYTES))?;
    let mut overdue = Vec::new();
    for entry in heads.iter()? {
        let (space, head) = entry?;
        let space = Space::from(space.value());
        let oldest = records.range(of(&space, u64::MAX))?.next().transpose()?;
        // Those of an earlier program are counted when their space is written to.
        let bytes = match &sizes {
            Some(sizes) => sizes.get(space.as_str())?.map_or(0, |bytes| bytes.value()),
            None => 0,
        };
        if oldest.is_some_and(|(_, oldest)| limits.exceeded(head.value().2, bytes, oldest.value().0)) {
            overdue.push(space);
        }
    }
    Ok(overdue)
}

/// The newest record of each space.
pub(super) fn heads(transaction: &ReadTransaction) -> Result<OrdMap<Space, AuditHead>, Error> {
    let Some(table) = if_there(transaction.open_table(HEADS))? else {
        return Ok(OrdMap::default());
    };
    let mut heads = OrdMap::default();
    for entry in table.iter()? {
        let (space, head) = entry?;
        let (version, hash, _) = head.value();
        let hash = hash.to_owned();
        heads.insert(Space::from(space.value()), AuditHead { version, hash });
    }
    Ok(heads)
}

/// Records of a space, the newest first.
pub(super) fn page(
    transaction: &ReadTransaction,
    space: &Space,
    before: Option<u64>,
    limit: usize,
) -> Result<AuditPage, Error> {
    let Some(records) = if_there(transaction.open_table(RECORDS))? else {
        return AuditPage::of(std::iter::empty(), limit);
    };
    let newest = before.map_or(u64::MAX, |before| before.saturating_sub(1));
    let found = records.range(of(space, newest))?.rev().map(|entry| {
        let (key, value) = entry?;
        let (_, hash, text) = value.value();
        Ok(KeptRecord {
            version: key.value().1,
            text: text.to_owned(),
            hash: hash.to_owned(),
        })
    });
    AuditPage::of(found, limit)
}

/// The keys of a space up to a version.
fn of(space: &Space, newest: u64) -> std::ops::RangeInclusive<(&str, u64)> {
    (space.as_str(), 0)..=(space.as_str(), newest)
}

/// A table that nothing was ever written to is not there.
fn if_there<T>(opened: Result<T, TableError>) -> Result<Option<T>, Error> {
    match opened {
        Ok(table) => Ok(Some(table)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(err) => Err(err.into()),
    }
}

impl AuditLimits {
    /// Whether the oldest of so many records with so many bytes, made at that time, has to go.
    fn exceeded(&self, kept: u64, bytes: u64, oldest: u64) -> bool {
        let is_old = |age: Duration| epoch_millis().saturating_sub(oldest) >= millis(age);
        kept > 1 && (kept > self.records || bytes > self.bytes || self.age.is_some_and(is_old))
    }
}

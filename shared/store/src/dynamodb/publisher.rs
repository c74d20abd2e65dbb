//! Keeps the published snapshots in step with the resources: the end of the stream of changes, whoever reads it.

use std::collections::HashMap;

use domain::ids::Space;
use futures_util::{StreamExt as _, stream};

use super::change::SpaceChange;
use super::load::read_items;
use super::publication;
use super::table::{Table, lenient};
use crate::error::StoreError;

/// How many spaces are published at once.
const PARALLEL_SPACES: usize = 8;

/// Publishes snapshots of spaces. Any number may do so at once: what is published never goes back.
#[derive(Debug, Clone)]
pub struct SnapshotPublisher {
    table: Table,
}

/// The changes of a space that are not in its published snapshot. Its routes are right all the same, but slower to load.
#[derive(Debug, thiserror::Error)]
#[error("snapshot of space \"{space}\" is not published")]
pub struct PublishFailure {
    /// The space.
    pub space: Space,
    /// Place of the first change of that space among those that were handed in.
    pub index: usize,
    /// Why.
    #[source]
    pub source: StoreError,
}

impl SnapshotPublisher {
    pub(super) fn new(table: Table) -> Self {
        Self { table }
    }

    /// Publishes what changes make of their spaces, each space once. Changes may come again, in any order and with gaps.
    /// A space that fails does not keep the others from being published.
    pub async fn apply(&self, changes: Vec<SpaceChange>) -> Vec<PublishFailure> {
        let mut spaces: HashMap<Space, (usize, Vec<SpaceChange>)> = HashMap::new();
        for (index, change) in changes.into_iter().enumerate() {
            let (_, of_space) = spaces
                .entry(change.space.clone())
                .or_insert_with(|| (index, Vec::new()));
            of_space.push(change);
        }
        let publications = stream::iter(spaces).map(async |(space, (index, changes))| {
            let published = self.apply_to(&space, changes).await;
            let failure = |source| PublishFailure { space, index, source };
            published.map_err(failure).err()
        });
        let failures: Vec<_> = publications.buffer_unordered(PARALLEL_SPACES).collect().await;
        failures.into_iter().flatten().collect()
    }

    /// Publishes every space whose published snapshot is missing or of an older version: for what may have been missed.
    pub async fn catch_up(&self) -> Result<(), StoreError> {
        let records = self.table.versions().await?;
        let publications = stream::iter(records).map(async |record| {
            let published = publication::version(&self.table, &record.space).await?;
            if published.is_some_and(|version| version >= record.version) {
                return Ok(());
            }
            self.rebuild(&record.space, record.version).await
        });
        // All are tried, whatever becomes of one.
        let results: Vec<_> = publications.buffer_unordered(PARALLEL_SPACES).collect().await;
        results.into_iter().collect()
    }

    async fn apply_to(&self, space: &Space, mut changes: Vec<SpaceChange>) -> Result<(), StoreError> {
        let published = publication::read(&self.table, space, 0).await?;
        let mut state = published.unwrap_or_default().complete()?;
        let from = state.version;
        changes.sort_by_key(|change| change.version);
        for change in changes {
            let version = change.version;
            let next = if version == state.version + 1 {
                lenient(self.table.open_change(change).await)?
            } else {
                None
            };
            if let Some(change) = next {
                change.apply(&mut state.snapshot);
                state.version = version;
            } else if version > state.version {
                // The space has seen more than it was told, or the change is damaged, so only the resources know.
                let record = self.table.space_record(space).await?;
                let version = record.map_or(0, |record| record.version);
                return self.rebuild(space, version).await;
            }
        }
        if state.version > from {
            publication::write(&self.table, space, state).await?;
        }
        Ok(())
    }

    /// Publishes the resources themselves, of a space that is known to have a version.
    async fn rebuild(&self, space: &Space, version: u64) -> Result<(), StoreError> {
        let state = read_items(&self.table, space, version).await?.complete()?;
        publication::write(&self.table, space, state).await
    }
}

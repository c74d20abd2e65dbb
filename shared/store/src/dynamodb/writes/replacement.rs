//! Writes of a space as a whole: decided elsewhere, on a state that was read here, and made if that state still holds.

use std::sync::Arc;

use domain::audit::{AuditTrail, Author};
use domain::configuration::{Change, Configured, ResourceChange, Snapshot};
use domain::ids::Space;
use domain::space_version::SpaceVersion;
use tokio::time::{Instant, timeout_at};

use super::TableWriter;
use crate::dynamodb::change::{Edit, Operation};
use crate::dynamodb::items::{Batch, BatchEntry, Counts, SpaceRecord};
use crate::dynamodb::space_snapshot::SpaceSnapshot;
use crate::dynamodb::table::CommitOutcome;
use crate::dynamodb::write_attempts::WriteAttempts;
use crate::error::StoreError;
use crate::space_state::SpaceState;
use crate::written::Written;

/// What became of an attempt.
enum Attempt {
    /// The space is so.
    Made(Box<SpaceState>),
    /// It is in another state than the one that this was decided on.
    Outdated,
    /// Nothing is written, and another attempt may do better. With the reason, unless it is that others are writing.
    Lost(Option<StoreError>),
}

impl Attempt {
    fn made(state: SpaceState) -> Self {
        Self::Made(Box::new(state))
    }
}

impl TableWriter {
    /// A space with everything in it, as it is at one version.
    pub(in super::super) async fn space_state(&self, space: &Space) -> Result<SpaceState, StoreError> {
        let mut attempts = WriteAttempts::until(Instant::now() + self.timeout);
        loop {
            let record = self.table.space_record(space).await?;
            let record = record.unwrap_or_else(|| SpaceRecord::unwritten(space.clone()));
            let (snapshot, is_certain) = self.state(&record, None).await?;
            if is_certain || self.is_still(&record).await? {
                return Ok(SpaceState {
                    space: space.clone(),
                    snapshot,
                    next_created: self.rank_after(record.created),
                    version: record.version,
                });
            }
            if !attempts.pause().await {
                return Err(StoreError::Contended { space: space.clone() });
            }
        }
    }

    /// Makes of a space in one state what is to be in it, and goes on with it if the caller stops waiting. `None` where it
    /// is in another state.
    pub(in super::super) async fn replace(
        self: &Arc<Self>,
        author: &Arc<Author>,
        before: SpaceState,
        after: Snapshot,
    ) -> Result<Option<Written<SpaceState>>, StoreError> {
        let (writer, author) = (self.clone(), author.clone());
        let work = tokio::spawn(async move { writer.carry_out_replacement(&author, &before, &after).await });
        work.await.map_err(StoreError::unavailable)?
    }

    async fn carry_out_replacement(
        &self,
        author: &Author,
        before: &SpaceState,
        after: &Snapshot,
    ) -> Result<Option<Written<SpaceState>>, StoreError> {
        let changes = before.snapshot.changes_to(after);
        if changes.is_empty() {
            let value = before.clone();
            return Ok(Some(Written { value, version: None }));
        }
        let deadline = Instant::now() + self.timeout;
        let contended = || StoreError::Contended {
            space: before.space.clone(),
        };
        let turn = self.turns.of(&before.space);
        let mut known = timeout_at(deadline, turn.lock()).await.map_err(|_| contended())?;
        // A transaction that is cut off may still be made, so that nothing is known of the space until it is over.
        *known = None;
        let mut attempts = WriteAttempts::until(deadline);
        loop {
            let attempt = timeout_at(
                deadline,
                self.attempt_replacement(author, (before, after), &changes),
            )
            .await;
            let reason = match attempt.map_err(StoreError::unavailable)?? {
                Attempt::Made(value) => {
                    let value = *value;
                    let SpaceState { space, version, .. } = value.clone();
                    *known = Some(SpaceSnapshot {
                        version,
                        snapshot: after.clone(),
                    });
                    let version = Some(SpaceVersion { space, version });
                    return Ok(Some(Written { value, version }));
                }
                Attempt::Outdated => return Ok(None),
                Attempt::Lost(reason) => reason,
            };
            if !attempts.pause().await {
                return Err(reason.unwrap_or_else(contended));
            }
        }
    }

    async fn attempt_replacement(
        &self,
        author: &Author,
        (before, after): (&SpaceState, &Snapshot),
        changes: &[ResourceChange],
    ) -> Result<Attempt, StoreError> {
        let space = &before.space;
        let record = self.table.space_record(space).await?;
        let record = record.unwrap_or_else(|| SpaceRecord::unwritten(space.clone()));
        if record.version != before.version {
            return Ok(Attempt::Outdated);
        }
        let mut entries = Vec::with_capacity(changes.len());
        for entry in changes.iter().filter_map(BatchEntry::of) {
            entries.push(self.closed(entry).await?);
        }
        let mut trail = AuditTrail::default();
        for change in changes {
            trail.note_any(change);
        }
        let recorded = self.recorded(&record, author, trail).await?;
        let head = recorded.as_ref().map(|recorded| recorded.head.clone());
        let (audit, made) = recorded.map(|recorded| (recorded.item, recorded.record)).unzip();
        let newest = changes.iter().filter_map(ResourceChange::created).max();
        let next = SpaceRecord {
            space: space.clone(),
            version: record.version + entries.len() as u64,
            created: record.created.max(newest.unwrap_or_default()),
            counts: Counts::of(after),
            audit: head.or_else(|| record.audit.clone()),
        };
        let batch = Batch {
            decided_on: before.version,
            record: &next,
            entries: &entries,
            audit,
        };
        match self.table.commit(batch.actions(&self.table.name)?).await? {
            CommitOutcome::Committed => {
                author.note(made);
                Ok(Attempt::made(SpaceState {
                    space: space.clone(),
                    snapshot: after.clone(),
                    next_created: self.rank_after(next.created),
                    version: next.version,
                }))
            }
            CommitOutcome::Throttled(failure) => Ok(Attempt::Lost(Some(failure))),
            CommitOutcome::Lost | CommitOutcome::Inconsistent => {
                // The state lacks what cannot be read, so this is where a new resource may meet such an item.
                self.read_again(changes).await?;
                Ok(Attempt::Lost(None))
            }
        }
    }

    async fn closed(&self, entry: BatchEntry) -> Result<BatchEntry, StoreError> {
        let Operation::Function(edit @ Edit::Put(_)) = entry.operation else {
            return Ok(entry);
        };
        let sealed = self.table.close(edit).await?;
        Ok(BatchEntry {
            operation: Operation::Function(sealed.value),
            seal: sealed.seal,
            is_new: entry.is_new,
        })
    }

    async fn read_again(&self, changes: &[ResourceChange]) -> Result<(), StoreError> {
        for change in changes {
            match change {
                ResourceChange::Space(change) => self.read_changed(change).await?,
                ResourceChange::Function(change) => self.read_changed(change).await?,
                ResourceChange::EventType(change) => self.read_changed(change).await?,
                ResourceChange::Subscription(change) => self.read_changed(change).await?,
                ResourceChange::Cors(change) => self.read_changed(change).await?,
            }
        }
        Ok(())
    }

    async fn read_changed<R: Configured>(&self, change: &Change<R>) -> Result<(), StoreError> {
        if let Some(resource) = change.newest() {
            self.table.resource::<R>(resource.space(), resource.id()).await?;
        }
        Ok(())
    }
}

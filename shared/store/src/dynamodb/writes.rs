//! Writes: decided by the rules on one state of the space, and made by a transaction that holds for no other state.
//! Who loses a race decides again on what the winner made of the space, so the rules hold whatever races.

use std::sync::Arc;
use std::time::Duration;

use clocks::{TimeSource, since_epoch};
use domain::audit::{AuditTrail, Author};
use domain::configuration::{ConfigurationError, Configured, Snapshot, SpaceRules};
use domain::space_version::SpaceVersion;
use tokio::time::{Instant, timeout_at};

use super::items::{Counts, SpaceRecord, Transaction};
use super::opened::Opened;
use super::publication;
use super::space_snapshot::SpaceSnapshot;
use super::table::{CommitOutcome, Table};
use super::write_attempts::WriteAttempts;
use crate::audit::AuditLimits;
use crate::error::StoreError;
use crate::written::Written;
use turns::WriteTurns;

mod replacement;
mod request;
mod turns;

pub(super) use request::WriteRequest;

/// What makes the writes of a store.
#[derive(Debug)]
pub(super) struct TableWriter {
    pub(super) table: Table,
    pub(super) clock: TimeSource,
    timeout: Duration,
    /// What is kept of the records of writes; `None` where none are made.
    pub(super) audit: Option<AuditLimits>,
    rules: SpaceRules,
    turns: WriteTurns,
}

/// What became of an attempt.
enum Attempt {
    /// It is written, or there was nothing to write; with the state of the space then.
    Made(Box<Written<Snapshot>>),
    /// Nothing is written, and another attempt may do better. With the reason, unless it is that others were first.
    Lost(Option<StoreError>),
}

impl Attempt {
    fn made(written: Written<Snapshot>) -> Self {
        Self::Made(Box::new(written))
    }
}

impl TableWriter {
    /// What writes to a table, each write within a time and by rules, and records it within limits.
    pub(super) fn new(
        table: Table,
        clock: TimeSource,
        (timeout, audit): (Duration, Option<AuditLimits>),
        rules: SpaceRules,
    ) -> Self {
        Self {
            table,
            clock,
            timeout,
            audit,
            rules,
            turns: WriteTurns::default(),
        }
    }

    /// Carries out a request, and goes on with it if the caller stops waiting. What was written has a version; nothing
    /// was where it has none, because an amendment was not needed.
    pub(super) async fn write<R: Configured>(
        self: &Arc<Self>,
        author: &Arc<Author>,
        request: WriteRequest<R>,
    ) -> Result<Written<Snapshot>, StoreError> {
        let (writer, author) = (self.clone(), author.clone());
        let work = tokio::spawn(async move { writer.carry_out(&author, &request).await });
        work.await.map_err(StoreError::unavailable)?
    }

    async fn carry_out<R: Configured>(
        &self,
        author: &Author,
        request: &WriteRequest<R>,
    ) -> Result<Written<Snapshot>, StoreError> {
        let deadline = Instant::now() + self.timeout;
        let contended = || StoreError::Contended {
            space: request.space().clone(),
        };
        let turn = self.turns.of(request.space());
        let mut known = timeout_at(deadline, turn.lock()).await.map_err(|_| contended())?;
        let mut attempts = WriteAttempts::until(deadline);
        loop {
            // A transaction that is cut off may still be made: the next writer finds out by the version.
            let attempt = timeout_at(deadline, self.attempt(author, request, &mut known)).await;
            let reason = match attempt.map_err(StoreError::unavailable)?? {
                Attempt::Made(written) => return Ok(*written),
                Attempt::Lost(reason) => reason,
            };
            if !attempts.pause().await {
                return Err(reason.unwrap_or_else(contended));
            }
        }
    }

    async fn attempt<R: Configured>(
        &self,
        author: &Author,
        request: &WriteRequest<R>,
        known: &mut Option<SpaceSnapshot>,
    ) -> Result<Attempt, StoreError> {
        let space = request.space();
        let record = self.table.space_record(space).await?;
        let record = record.unwrap_or_else(|| SpaceRecord::unwritten(space.clone()));
        // Taken, so that an attempt that fails or is cut off leaves nothing behind that may not be so.
        let (before, is_certain) = self.state(&record, known.take()).await?;
        let mut after = before.clone();
        let change = match request.decide(&mut after, self.rank_after(record.created), &self.rules) {
            Ok(Some(change)) => change,
            no_change => {
                let holds = is_certain || self.is_still(&record).await?;
                let refusal = no_change.err();
                if !holds || self.contradicts(request, refusal.as_ref()).await? {
                    return Ok(Attempt::Lost(None));
                }
                *known = Some(SpaceSnapshot {
                    version: record.version,
                    snapshot: before,
                });
                return match refusal {
                    Some(refusal) => Err(refusal.into()),
                    None => Ok(Attempt::made(Written {
                        value: after,
                        version: None,
                    })),
                };
            }
        };
        let mut next = record.after(&change, Counts::of(&after));
        let mut trail = AuditTrail::default();
        trail.note(&change);
        let recorded = self.recorded(&record, author, trail).await?;
        if let Some(recorded) = &recorded {
            next.audit = Some(recorded.head.clone());
        }
        let sealed = self.table.close(request.edit(&change)).await?;
        let (audit, made) = recorded.map(|recorded| (recorded.item, recorded.record)).unzip();
        let transaction = Transaction {
            decided_on: record.version,
            record: &next,
            edit: &sealed.value,
            seal: sealed.seal.as_ref(),
            is_new: change.before.is_none() || change.has_moved(),
            audit,
        };
        match self.table.commit(transaction.actions(&self.table.name)?).await? {
            CommitOutcome::Committed => {
                author.note(made);
                *known = Some(SpaceSnapshot {
                    version: next.version,
                    snapshot: after.clone(),
                });
                Ok(Attempt::made(Written {
                    value: after,
                    version: Some(SpaceVersion {
                        space: space.clone(),
                        version: next.version,
                    }),
                }))
            }
            CommitOutcome::Lost => {
                *known = Some(SpaceSnapshot {
                    version: record.version,
                    snapshot: before,
                });
                Ok(Attempt::Lost(None))
            }
            CommitOutcome::Throttled(failure) => Ok(Attempt::Lost(Some(failure))),
            CommitOutcome::Inconsistent => {
                // The state lacks what cannot be read, so this is where a new resource meets such an item.
                self.table.resource::<R>(space, request.id()).await?;
                Ok(Attempt::Lost(None))
            }
        }
    }

    /// The state of a space at a version, and whether it surely is that: one that took several calls to read is so
    /// only if the version still holds.
    async fn state(
        &self,
        record: &SpaceRecord,
        known: Option<SpaceSnapshot>,
    ) -> Result<(Snapshot, bool), StoreError> {
        if record.version == 0 {
            return Ok((Snapshot::default(), true));
        }
        if let Some(SpaceSnapshot {
            version,
            mut snapshot,
        }) = known
        {
            if version == record.version {
                return Ok((snapshot, true));
            }
            if version + 1 == record.version
                && let Some(change) = self.table.newest_change(&record.space).await?
                && change.version == record.version
            {
                change.apply(&mut snapshot);
                return Ok((snapshot, true));
            }
        }
        let published = publication::read(&self.table, &record.space, record.version).await?;
        match published.map(Opened::complete).transpose()? {
            Some(published) if published.version == record.version => Ok((published.snapshot, true)),
            _ => Ok((self.table.read_space(&record.space).await?.complete()?, false)),
        }
    }

    async fn is_still(&self, record: &SpaceRecord) -> Result<bool, StoreError> {
        let now = self.table.space_record(&record.space).await?;
        Ok(now.is_some_and(|now| now.version == record.version))
    }

    /// Whether a resource that the state lacks is in the table all the same. One that cannot be read is an error here,
    /// as it is for readers.
    async fn contradicts<R: Configured>(
        &self,
        request: &WriteRequest<R>,
        refusal: Option<&ConfigurationError>,
    ) -> Result<bool, StoreError> {
        if !matches!(refusal, Some(ConfigurationError::NotFound { .. })) {
            return Ok(false);
        }
        let found = self.table.resource::<R>(request.space(), request.id()).await?;
        Ok(found.is_some())
    }

    /// The place of a new resource in the order of creation over all spaces: the time, in microseconds, but after
    /// everything in its own space even if the clock was set back.
    fn rank_after(&self, newest: u64) -> u64 {
        let time = since_epoch(self.clock.now().wall).as_micros();
        u64::try_from(time)
            .unwrap_or(u64::MAX)
            .max(newest.saturating_add(1))
    }
}

//! What spaces use, in the file of the store.

use std::collections::BTreeMap;
use std::ops::Range;

use domain::ids::Space;
use domain::usage::{UsageCounts, UsageRow};
use tokio::sync::oneshot;

use super::engine::{Engine, EngineError};
use super::settings::oldest_usage;
use super::writer::Task;
use super::{Embedded, EngineClosed, WriterStopped};
use crate::error::StoreError;
use crate::usage_day::UsageDayClaim;

impl Embedded {
    /// Writes rows; they are on disk when this returns.
    pub(crate) async fn put_usage(&self, rows: Vec<UsageRow>) -> Result<(), StoreError> {
        let oldest = oldest_usage(self.0.usage_age);
        self.note(move |engine| engine.put_usage(&rows, oldest)).await
    }

    /// Claims that it is told what a space used until a day.
    pub(crate) async fn claim_usage_day(&self, space: &Space, day: u64) -> Result<UsageDayClaim, StoreError> {
        let space = space.clone();
        self.note(move |engine| engine.claim_usage_day(&space, day)).await
    }

    /// What a space used in each of these hours in which it used something.
    pub(crate) async fn usage(
        &self,
        space: &Space,
        hours: Range<u64>,
    ) -> Result<BTreeMap<u64, UsageCounts>, StoreError> {
        let (reply, answer) = oneshot::channel();
        let space = space.clone();
        self.send(Task::Read(Box::new(move |engine| {
            let engine = engine.ok_or_else(|| StoreError::unavailable(EngineClosed));
            let used = engine.and_then(|engine| engine.usage(&space, hours).map_err(StoreError::unavailable));
            // Whoever stopped waiting gets no answer.
            let _ = reply.send(used);
        })))?;
        answer.await.map_err(|_| StoreError::unavailable(WriterStopped))?
    }

    /// Removes what is kept of a space besides its resources and the records of its changes.
    pub(crate) async fn forget(&self, space: &Space) -> Result<(), StoreError> {
        self.0.buckets.forget(space);
        let space = space.clone();
        self.note(move |engine| engine.forget_usage(&space)).await
    }

    /// Writes something; it is on disk when this returns.
    async fn note<T: Send + 'static>(
        &self,
        write: impl FnOnce(&mut Engine) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (made, result) = oneshot::channel();
        let (reply, answer) = oneshot::channel();
        // Whoever stopped waiting gets neither.
        self.send(Task::Note(
            Box::new(move |engine| {
                let _ = made.send(write(engine)?);
                Ok(())
            }),
            Box::new(move |outcome| {
                let _ = reply.send(outcome);
            }),
        ))?;
        let stopped = |_| StoreError::unavailable(WriterStopped);
        let outcome = answer.await.map_err(stopped)?;
        outcome.map_err(|source| StoreError::Unavailable { source })?;
        result.await.map_err(stopped)
    }
}

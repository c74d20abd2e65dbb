//! What spaces use, in the file of the store.

use std::collections::BTreeMap;
use std::ops::Range;

use domain::ids::Space;
use domain::usage::{UsageCounts, UsageRow};
use tokio::sync::oneshot;

use super::writer::Task;
use super::{Embedded, EngineClosed, WriterStopped};
use crate::error::StoreError;

impl Embedded {
    /// Writes rows; they are on disk when this returns.
    pub(crate) async fn put_usage(&self, rows: Vec<UsageRow>) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Task::Usage(
            rows,
            Box::new(move |outcome| {
                // Whoever stopped waiting gets no answer.
                let _ = reply.send(outcome);
            }),
        ))?;
        let outcome = answer.await.map_err(|_| StoreError::unavailable(WriterStopped))?;
        outcome.map_err(|source| StoreError::Unavailable { source })
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
}

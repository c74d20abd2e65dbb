//! Changes of dead letters: decided on what is there, and made by a transaction that holds for nothing else.

use std::time::Duration;

use aws_sdk_dynamodb::types::TransactWriteItem;
use tokio::time::{Instant, timeout_at};

use crate::dynamodb::items::{Before, DeadLetterHead, DeadLetterId, delete_dead_letter, put_dead_letter};
use crate::dynamodb::table::{CommitOutcome, Table, readable};
use crate::dynamodb::write_attempts::WriteAttempts;
use crate::error::StoreError;

/// What is to be done.
#[derive(Debug)]
pub(super) enum Change {
    /// A dead letter comes, in the place of one of the same delivery if there is one.
    Put {
        /// Its first part.
        head: DeadLetterHead,
        /// The others.
        parts: Vec<Vec<u8>>,
    },
    /// One goes, if it is still there.
    Delete(DeadLetterId),
}

impl Change {
    /// Does it. While others are in the way it is decided again after a pause.
    pub(super) async fn make(&self, table: &Table, timeout: Duration) -> Result<(), StoreError> {
        let deadline = Instant::now() + timeout;
        let mut attempts = WriteAttempts::until(deadline);
        loop {
            let outcome = timeout_at(deadline, self.attempt(table)).await;
            let reason = match outcome.map_err(StoreError::unavailable)?? {
                CommitOutcome::Committed => return Ok(()),
                CommitOutcome::Lost | CommitOutcome::Inconsistent => None,
                CommitOutcome::Throttled(reason) => Some(reason),
            };
            if !attempts.pause().await {
                let space = self.id().space.clone();
                return Err(reason.unwrap_or(StoreError::Contended { space }));
            }
        }
    }

    async fn attempt(&self, table: &Table) -> Result<CommitOutcome, StoreError> {
        match self.actions(table).await? {
            Some(actions) => table.commit(actions).await,
            None => Ok(CommitOutcome::Committed),
        }
    }

    /// The actions on what is there; `None` where nothing is to be done.
    async fn actions(&self, table: &Table) -> Result<Option<Vec<TransactWriteItem>>, StoreError> {
        let before = before(table, self.id()).await?;
        match (self, before) {
            (Self::Put { head, parts }, before) => {
                put_dead_letter(&table.name, head, parts, &before).map(Some)
            }
            (Self::Delete(id), Before::DeadLetter(head)) if head.id == *id => {
                delete_dead_letter(&table.name, &head).map(Some)
            }
            (Self::Delete(_), _) => Ok(None),
        }
    }

    fn id(&self) -> &DeadLetterId {
        match self {
            Self::Put { head, .. } => &head.id,
            Self::Delete(id) => id,
        }
    }
}

/// What is in the place of a dead letter.
async fn before(table: &Table, id: &DeadLetterId) -> Result<Before, StoreError> {
    let Some(item) = table.get(id.part_key(0)).await? else {
        return Ok(Before::Nothing);
    };
    let head = readable(DeadLetterHead::read(&id.space, &id.delivery, &item));
    Ok(head.map_or(Before::Unreadable, |head| Before::DeadLetter(Box::new(head))))
}

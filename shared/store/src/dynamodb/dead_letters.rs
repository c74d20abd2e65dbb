//! Dead letters of a queue that cannot keep any, in the table. One that was put is there in full or not at all, and once
//! in each list, whatever races and whoever dies in between.

use domain::dead_letter::{DeadLetter, DeadLetterPage, DeadLetterSummary};
use domain::ids::{DeliveryId, Space, SubscriptionId};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::DynamoDb;
use super::items::DeadLetterId;
use crate::error::StoreError;
use change::Change;
use document::Found;
use list::PARALLEL;

mod change;
mod cursor;
mod document;
mod list;

impl DynamoDb {
    /// Keeps a dead letter, as long as the settings say; one with the same id is replaced.
    pub async fn put_dead_letter(&self, dead_letter: &DeadLetter) -> Result<(), StoreError> {
        let (head, parts) = document::split(dead_letter, self.0.dead_letter_max_age).await?;
        let change = Change::Put { head, parts };
        change.make(&self.0.table, self.0.write_timeout).await
    }

    /// Dead letters of a space, the oldest first: all, or those of a subscription. `after` is the `next` of the page
    /// before; one that this did not make begins from the start. Ones that cannot be read are logged and left out. A page
    /// ends early where its dead letters together take more than 4 MiB.
    pub async fn dead_letters(
        &self,
        space: &Space,
        subscription: Option<&SubscriptionId>,
        limit: usize,
        after: Option<&str>,
    ) -> Result<DeadLetterPage, StoreError> {
        list::page(&self.0.table, space, subscription, limit, after, |found| {
            found.dead_letter
        })
        .await
    }

    /// The same without their events. They are read all the same, so a page ends where it would end with them.
    pub async fn dead_letter_summaries(
        &self,
        space: &Space,
        subscription: Option<&SubscriptionId>,
        limit: usize,
        after: Option<&str>,
    ) -> Result<DeadLetterPage<DeadLetterSummary>, StoreError> {
        let show = |found: Found| found.dead_letter.summary(found.bytes);
        list::page(&self.0.table, space, subscription, limit, after, show).await
    }

    /// One dead letter.
    pub async fn dead_letter(
        &self,
        space: &Space,
        id: &DeliveryId,
    ) -> Result<Option<DeadLetter>, StoreError> {
        let found = document::read(&self.0.table, space, id).await?;
        Ok(found.map(|found| found.dead_letter))
    }

    /// Deletes dead letters that were read before; those that are gone are no fault, and one that has come in the place
    /// of another meanwhile stays.
    pub async fn delete_dead_letters(&self, dead_letters: &[DeadLetter]) -> Result<(), StoreError> {
        let ids: Vec<_> = dead_letters.iter().map(DeadLetterId::of).collect();
        stream::iter(ids)
            .map(|id| async { Change::Delete(id).make(&self.0.table, self.0.write_timeout).await })
            .buffer_unordered(PARALLEL)
            .try_collect()
            .await
    }
}

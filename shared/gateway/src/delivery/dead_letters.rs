//! Dead letters, wherever they are kept: with the embedded queue, or in the table beside SQS.

use clocks::epoch_millis;
use domain::dead_letter::{DeadLetter, DeadLetterPage, DeadLetterSelection, DeadLetterSummary};
use domain::delivery::Delivery;
use domain::ids::{DeliveryId, Space, SubscriptionId};
use queue::{DeliveryQueue, Embedded, QueueError};
use store::{DynamoDb, StoreError};

/// Dead letters read at a time where each has to be carried out by itself.
const PAGE: usize = 100;

/// Dead letters of a table that one request deletes at most where it can be asked again.
const MOST_PURGED: usize = 1_000;

/// Where dead letters are kept. A handle: clones share what it leads to.
#[derive(Debug, Clone)]
pub enum DeadLetters {
    /// With the queue, in its file.
    Queue(Embedded),
    /// In the table of the store.
    Table {
        /// The table.
        table: DynamoDb,
        /// Where they are sent when they are queued again.
        queue: DeliveryQueue,
    },
}

/// Why dead letters cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum DeadLetterError {
    /// The queue failed.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What was done to dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redriven {
    /// How many were queued again.
    pub count: usize,
    /// Whether there are more that were meant.
    pub more: bool,
}

impl DeadLetters {
    /// Keeps a dead letter of a queue that does not do so itself.
    pub(crate) async fn put(&self, dead_letter: &DeadLetter) -> Result<(), DeadLetterError> {
        match self {
            // It is moved there in one step when the delivery is settled.
            Self::Queue(_) => Ok(()),
            Self::Table { table, .. } => Ok(table.put_dead_letter(dead_letter).await?),
        }
    }

    /// Dead letters of a space, the oldest first: all, or those of a subscription. `after` is the `next` of the page
    /// before. A page has at most [`domain::dead_letter::MAX_PAGE_BYTES`] or a single one.
    pub async fn list(
        &self,
        space: &Space,
        subscription: Option<&SubscriptionId>,
        limit: usize,
        after: Option<&str>,
    ) -> Result<DeadLetterPage, DeadLetterError> {
        let mut page = match self {
            Self::Queue(queue) => queue.dead_letters(space, subscription, limit, after).await?,
            Self::Table { table, .. } => table.dead_letters(space, subscription, limit, after).await?,
        };
        page.dead_letters.iter_mut().for_each(hide_request);
        Ok(page)
    }

    /// The same without their events: more of them fit into a page.
    pub async fn summaries(
        &self,
        space: &Space,
        subscription: Option<&SubscriptionId>,
        limit: usize,
        after: Option<&str>,
    ) -> Result<DeadLetterPage<DeadLetterSummary>, DeadLetterError> {
        Ok(match self {
            Self::Queue(queue) => {
                queue
                    .dead_letter_summaries(space, subscription, limit, after)
                    .await?
            }
            Self::Table { table, .. } => {
                table
                    .dead_letter_summaries(space, subscription, limit, after)
                    .await?
            }
        })
    }

    /// One dead letter.
    pub async fn get(&self, space: &Space, id: &DeliveryId) -> Result<Option<DeadLetter>, DeadLetterError> {
        let mut found = match self {
            Self::Queue(queue) => queue.dead_letter(space, id).await?,
            Self::Table { table, .. } => table.dead_letter(space, id).await?,
        };
        found.iter_mut().for_each(hide_request);
        Ok(found)
    }

    /// Deletes dead letters; gives how many there were.
    pub async fn purge(
        &self,
        space: &Space,
        selection: &DeadLetterSelection,
    ) -> Result<usize, DeadLetterError> {
        let table = match self {
            Self::Queue(queue) => return Ok(queue.purge(space, selection).await?),
            Self::Table { table, .. } => table,
        };
        let mut count = 0;
        loop {
            let page = select(table, space, selection, PAGE).await?;
            table.delete_dead_letters(&page.dead_letters).await?;
            count += page.dead_letters.len();
            if page.next.is_none() {
                return Ok(count);
            }
        }
    }

    /// Deletes all dead letters of a space; of those in a table, only as many as one request should. Gives how many, and whether
    /// there may be more.
    pub async fn purge_some(&self, space: &Space) -> Result<(usize, bool), DeadLetterError> {
        let table = match self {
            // Its steps hold up nobody.
            Self::Queue(queue) => return Ok((queue.purge(space, &DeadLetterSelection::All).await?, false)),
            Self::Table { table, .. } => table,
        };
        let mut count = 0;
        while count < MOST_PURGED {
            let page = select(table, space, &DeadLetterSelection::All, PAGE).await?;
            table.delete_dead_letters(&page.dead_letters).await?;
            count += page.dead_letters.len();
            // A page of nothing but what cannot be read is no reason to go on for ever.
            if page.next.is_none() || page.dead_letters.is_empty() {
                return Ok((count, false));
            }
        }
        Ok((count, true))
    }

    /// Queues dead letters again, the oldest first and at most `limit`, as if they were accepted now but with the ids
    /// that their functions know them by. From a table, one may be queued twice if the process dies in between.
    pub async fn redrive(
        &self,
        space: &Space,
        selection: &DeadLetterSelection,
        limit: usize,
    ) -> Result<Redriven, DeadLetterError> {
        let (table, queue) = match self {
            Self::Queue(queue) => {
                let count = queue.redrive(space, selection, limit).await?;
                let more = count == limit;
                return Ok(Redriven { count, more });
            }
            Self::Table { table, queue } => (table, queue),
        };
        let mut count = 0;
        while count < limit {
            let page = select(table, space, selection, PAGE.min(limit - count)).await?;
            let deliveries: Vec<_> = page.dead_letters.iter().map(redelivery).collect();
            let sent = queue.reserve(&deliveries, 0)?.send(deliveries).await;
            sent.map_err(QueueError::from)?;
            table.delete_dead_letters(&page.dead_letters).await?;
            count += page.dead_letters.len();
            if page.next.is_none() {
                return Ok(Redriven { count, more: false });
            }
        }
        Ok(Redriven { count, more: true })
    }
}

/// The oldest of the dead letters that are meant.
async fn select(
    table: &DynamoDb,
    space: &Space,
    selection: &DeadLetterSelection,
    limit: usize,
) -> Result<DeadLetterPage, StoreError> {
    let subscription = match selection {
        DeadLetterSelection::All => None,
        DeadLetterSelection::OfSubscription(subscription) => Some(subscription),
        DeadLetterSelection::One(id) => {
            return Ok(DeadLetterPage {
                dead_letters: table.dead_letter(space, id).await?.into_iter().collect(),
                next: None,
                dropped: 0,
            });
        }
    };
    table.dead_letters(space, subscription, limit, None).await
}

/// Takes out what the sender of an event proved itself with: it is for the authorizer alone.
fn hide_request(dead_letter: &mut DeadLetter) {
    dead_letter.arrival.unauthorized = None;
}

fn redelivery(dead_letter: &DeadLetter) -> Delivery {
    Delivery {
        id: dead_letter.delivery_id.clone(),
        space: dead_letter.space.clone(),
        subscription: dead_letter.subscription_id.clone(),
        function: dead_letter.function_id.clone(),
        event: dead_letter.event.clone(),
        accepted_at: epoch_millis(),
        attempts: 0,
        deliver_at: None,
        ordering_key: dead_letter.ordering_key.as_deref().map(Into::into),
        deduplication_key: None,
        arrival: dead_letter.arrival.clone(),
    }
}

//! Looking at dead letters, deleting them, and queueing them again.

use domain::dead_letter::{
    DeadLetter, DeadLetterPage, DeadLetterSelection, DeadLetterSummary, MAX_PAGE_BYTES,
};
use domain::ids::{DeliveryId, Space, SubscriptionId};
use offload::off_runtime_if_large;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use super::dead_letters::{Listing, Page};
use super::engine::Engine;
use super::jobs::{Clear, Job};
use super::ledger::Ledger;
use super::tables::EngineError;
use super::{Embedded, dead_letters, stopped};
use crate::QueueError;

impl Embedded {
    /// Dead letters of a space, the oldest first: all, or those of a subscription; `limit` is at least 1. `after` is
    /// the `next` of the page before; one that this did not make begins from the start. A page ends early where its
    /// dead letters together take more than [`domain::dead_letter::MAX_PAGE_BYTES`].
    pub async fn dead_letters(
        &self,
        space: &Space,
        subscription: Option<&SubscriptionId>,
        limit: usize,
        after: Option<&str>,
    ) -> Result<DeadLetterPage, QueueError> {
        self.list(space, subscription, limit, after, true).await
    }

    /// The same without their events, which are not read.
    pub async fn dead_letter_summaries(
        &self,
        space: &Space,
        subscription: Option<&SubscriptionId>,
        limit: usize,
        after: Option<&str>,
    ) -> Result<DeadLetterPage<DeadLetterSummary>, QueueError> {
        self.list(space, subscription, limit, after, false).await
    }

    async fn list<T: DeserializeOwned + Send + 'static>(
        &self,
        space: &Space,
        subscription: Option<&SubscriptionId>,
        limit: usize,
        after: Option<&str>,
        events: bool,
    ) -> Result<DeadLetterPage<T>, QueueError> {
        let after = after.and_then(|after| u64::from_str_radix(after, 16).ok());
        let mut listing = Listing {
            space: space.clone(),
            subscription: subscription.cloned(),
            after: after.unwrap_or(0),
            limit: limit.max(1),
            left: None,
            events,
        };
        let mut page = Page::default();
        loop {
            let asked = listing.clone();
            let part = self.read(move |engine| dead_letters::page(&engine.read()?, &asked));
            let part = part.await?;
            let read = part.letters.len();
            listing.limit -= read.min(listing.limit);
            listing.left = Some(listing.left.unwrap_or(MAX_PAGE_BYTES).saturating_sub(part.bytes));
            page.letters.extend(part.letters);
            (page.next, page.dropped) = (part.next, part.dropped);
            match part.next {
                Some(next) if read > 0 && listing.limit > 0 => listing.after = next,
                _ => break,
            }
        }
        let bytes: usize = page.letters.iter().map(Vec::len).sum();
        Ok(off_runtime_if_large(bytes as u64, move || readable(&page)).await)
    }

    /// One dead letter.
    pub async fn dead_letter(
        &self,
        space: &Space,
        id: &DeliveryId,
    ) -> Result<Option<DeadLetter>, QueueError> {
        let (space, id) = (space.clone(), id.clone());
        let letter = self.read(move |engine| dead_letters::letter(&engine.read()?, &space, &id));
        letter.await?.map(|json| parse(&json)).transpose()
    }

    /// Deletes dead letters; gives how many there were.
    pub async fn purge(&self, space: &Space, selection: &DeadLetterSelection) -> Result<usize, QueueError> {
        self.clear(space, selection, usize::MAX, false).await
    }

    /// Queues dead letters again, as if accepted now but with their ids, and takes them out of the dead letters in
    /// the same step; the oldest first, at most `limit`. Gives how many these were: fewer when the queue has no room
    /// for more, [`QueueError::Full`] or [`QueueError::SpaceFull`] when it has none at all.
    pub async fn redrive(
        &self,
        space: &Space,
        selection: &DeadLetterSelection,
        limit: usize,
    ) -> Result<usize, QueueError> {
        self.clear(space, selection, limit, true).await
    }

    /// Clears the dead letters that there are now, in steps that do not hold up others.
    async fn clear(
        &self,
        space: &Space,
        selection: &DeadLetterSelection,
        limit: usize,
        redrive: bool,
    ) -> Result<usize, QueueError> {
        let mut count = 0;
        let mut until = None;
        while count < limit {
            let (answer, answered) = oneshot::channel();
            let job = Job::Clear(Clear {
                space: space.clone(),
                selection: selection.clone(),
                redrive,
                limit: limit - count,
                until,
                answer,
            });
            self.ask(job).ok_or_else(stopped)?;
            match answered.await.map_err(|_| stopped())? {
                Ok(cleared) => {
                    count += cleared.count;
                    until = Some(cleared.until);
                    if !cleared.more {
                        break;
                    }
                }
                // What came before is done.
                Err(QueueError::Full | QueueError::SpaceFull { .. }) if count > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Ok(count)
    }

    /// Has the writer read something.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Engine) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, QueueError> {
        self.look(move |engine, _| look(engine)).await
    }

    /// Has the writer read something with the help of what it knows by heart.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Engine, &Ledger) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, QueueError> {
        let (answer, answered) = oneshot::channel();
        let read = move |view: Result<(&Engine, &Ledger), QueueError>| {
            let result = match view.map(|(engine, ledger)| look(engine, ledger)) {
                Ok(Ok(result)) => Ok(result),
                Ok(Err(error)) => {
                    let source = error.into();
                    let _ = answer.send(Err(QueueError::Unavailable { source }));
                    return false;
                }
                Err(error) => Err(error),
            };
            let _ = answer.send(result);
            true
        };
        self.ask(Job::Read(Box::new(read))).ok_or_else(stopped)?;
        answered.await.map_err(|_| stopped())?
    }
}

/// A page without those that cannot be read.
fn readable<T: DeserializeOwned>(page: &Page) -> DeadLetterPage<T> {
    let readable = page.letters.iter().filter_map(|json| {
        let letter = serde_json::from_slice(json).ok();
        if letter.is_none() {
            tracing::error!("A dead letter cannot be read and is not shown.");
        }
        letter
    });
    DeadLetterPage {
        dead_letters: readable.collect(),
        next: page.next.map(|number| format!("{number:x}")),
        dropped: page.dropped,
    }
}

fn parse(json: &[u8]) -> Result<DeadLetter, QueueError> {
    serde_json::from_slice(json).map_err(|error| QueueError::Unavailable { source: error.into() })
}

//! Events that are on their way to the same stream, queue, topic or bus at the same time share requests.
//!
//! Nothing waits for company: an event that finds fewer requests under way than [`Limits::in_flight`] goes at once, and
//! those that come meanwhile are the next batch. A batch of one goes with the API for single records, so that only
//! batches need the permission for batches; where that is missing, events go singly for a while. What AWS says of an
//! entry is the result of that entry alone.
//!
//! Events of one ordering key are never under way together, so that none can pass another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use domain::retry::FailureClass;
use tokio::sync::oneshot;
use tokio::time::Instant;

use self::backlog::{Backlogs, Reply, Waiting};
pub(crate) use self::destination::Destination;
pub(crate) use self::limits::Limits;
use super::failure::AwsFailure;
use crate::call::Caller;
use crate::http::{carried, carrying};

mod backlog;
mod destination;
mod limits;

/// For how long events go singly where batches are not permitted.
const REFUSED_FOR: Duration = Duration::from_mins(5);
/// Most destinations of one service whose refusals are remembered.
const MOST_REFUSED: usize = 1000;

/// The API of a service, for one destination.
pub(crate) trait BatchService: Clone + Send + Sync + 'static {
    /// What is sent of an event.
    type Entry: Clone + Send + 'static;
    /// What the service takes with one request.
    const LIMITS: Limits;

    /// Bytes that an entry counts for.
    fn size(entry: &Self::Entry) -> usize;

    /// Sends one entry and gives the id that it got. The SDK tries again by itself where `caller` waits.
    fn send(
        &self,
        entry: Self::Entry,
        caller: Caller,
    ) -> impl Future<Output = Result<Bytes, AwsFailure>> + Send;

    /// Sends several with one request, and gives the result of each, in their order.
    fn send_all(
        &self,
        entries: Vec<Self::Entry>,
    ) -> impl Future<Output = Result<Vec<Result<Bytes, AwsFailure>>, AwsFailure>> + Send;
}

/// The batches of one service.
pub(crate) struct Batches<S: BatchService> {
    backlogs: Arc<Backlogs<S::Entry>>,
    /// Destinations that take no batches, and until when that is believed.
    refused: Arc<Mutex<HashMap<Destination, Instant>>>,
}

impl<S: BatchService> Clone for Batches<S> {
    fn clone(&self) -> Self {
        Self {
            backlogs: Arc::clone(&self.backlogs),
            refused: Arc::clone(&self.refused),
        }
    }
}

impl<S: BatchService> Default for Batches<S> {
    fn default() -> Self {
        Self {
            backlogs: Arc::default(),
            refused: Arc::default(),
        }
    }
}

impl<S: BatchService> Batches<S> {
    /// Sends an entry, with others if there are some, and gives the id that it got. One that the SDK is to try again
    /// goes by itself: somebody waits for it.
    ///
    /// Dropping the future leaves the others alone; the request goes on as long as anybody waits for it.
    pub(crate) async fn send(
        &self,
        destination: Destination,
        service: S,
        entry: S::Entry,
        caller: Caller,
    ) -> Result<Bytes, AwsFailure> {
        if caller.waits() || self.is_refused(&destination) {
            return service.send(entry, caller).await;
        }
        let (reply, replied) = oneshot::channel();
        let waiting = Waiting {
            bytes: S::size(&entry),
            entry,
            reply,
            hops: carried(),
        };
        if self.backlogs.enter(&destination, waiting, S::LIMITS) {
            self.start(destination, service.clone());
        }
        match replied.await {
            Ok(Reply::Done(result)) => result,
            Ok(Reply::Alone(entry)) => service.send(entry, caller).await,
            Err(_gone) => Err(AwsFailure::passing("the batch was given up")),
        }
    }

    /// Sends batches until nothing waits. The backlog has counted it in.
    fn start(&self, destination: Destination, service: S) {
        let own = self.clone();
        tokio::spawn(async move {
            let place = own.backlogs.place(&destination);
            // Lets those join that are about to come: all deliveries of one message, for one.
            tokio::task::yield_now().await;
            let mut is_first = true;
            while let Some(taken) = own.backlogs.take(&destination, S::LIMITS, is_first) {
                is_first = false;
                if taken.wants_help {
                    own.start(destination.clone(), service.clone());
                }
                own.send_batch(&destination, &service, taken.batch).await;
            }
            place.given_up();
        });
    }

    async fn send_batch(&self, destination: &Destination, service: &S, batch: Vec<Waiting<S::Entry>>) {
        let hops = batch.iter().map(|waiting| waiting.hops).max();
        let (entries, mut replies): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|waiting| (waiting.entry, waiting.reply))
            .unzip();
        let sending = self.outcomes(destination, service, entries);
        let sending = carrying(hops.unwrap_or_default(), sending);
        let nobody_waits = async {
            for reply in &mut replies {
                reply.closed().await;
            }
        };
        let outcomes = tokio::select! {
            outcomes = sending => outcomes,
            () = nobody_waits => return,
        };
        for (reply, outcome) in replies.into_iter().zip(outcomes) {
            // Whoever does not wait any longer has failed already.
            let _ = reply.send(outcome);
        }
    }

    /// What each of the entries is told, in their order.
    async fn outcomes(
        &self,
        destination: &Destination,
        service: &S,
        mut entries: Vec<S::Entry>,
    ) -> Vec<Reply<S::Entry>> {
        if entries.len() == 1
            && let Some(entry) = entries.pop()
        {
            return vec![Reply::Done(service.send(entry, Caller::Queue).await)];
        }
        match service.send_all(entries.clone()).await {
            Ok(mut results) => {
                let silent = || Err(AwsFailure::passing("AWS said nothing of this entry of a batch"));
                results.resize_with(entries.len(), silent);
                results.into_iter().map(Reply::Done).collect()
            }
            // By themselves they would all be asked the same role for.
            Err(failure) if failure.is_of_role() => {
                let told = |_| Reply::Done(Err(failure.clone()));
                entries.into_iter().map(told).collect()
            }
            Err(failure) => {
                if matches!(&failure, AwsFailure::Answer(error) if error.is_access_denied()) {
                    self.refuse(destination);
                }
                let told = |entry| match failure.class() {
                    // A single entry may be at fault, or only batches are refused: each gets a verdict of its own.
                    FailureClass::Permanent | FailureClass::Gone => Reply::Alone(entry),
                    FailureClass::Transient | FailureClass::Throttled => Reply::Done(Err(failure.clone())),
                };
                entries.into_iter().map(told).collect()
            }
        }
    }

    fn is_refused(&self, destination: &Destination) -> bool {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused
            .get(destination)
            .is_some_and(|until| *until > Instant::now())
    }

    fn refuse(&self, destination: &Destination) {
        let now = Instant::now();
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.retain(|_, until| *until > now);
        if refused.len() < MOST_REFUSED {
            refused.insert(destination.clone(), now + REFUSED_FOR);
        }
    }
}

#[cfg(test)]
mod tests;

//! Settling a message: what is done with is taken out of the queue, and the rest is to be received again when it is due.
//!
//! Where all deliveries of a message failed, the message is hidden for the pause, and SQS counts the attempts. Where
//! only some did, these are sent again by themselves with the number of their attempts, and so is what was not
//! attempted: hiding would count. A message of the FIFO queue is only ever hidden, since others wait behind it.
//!
//! What is sent again is sent before the old message is deleted. A process that dies in between makes a delivery come
//! twice, never not at all.

use std::iter;
use std::time::Duration;

use clocks::{epoch_millis, millis};
use domain::delivery::Delivery;

use super::Sqs;
use super::failure::line;
use super::pack::Outgoing;
use super::receipt::{Handle, SqsReceipt};
use super::source::{SourceKind, SourceQueue};
use super::timing;
use crate::{Outcome, Settled};

/// Failed deliveries of a message stay together, and wait for the longest of their pauses, where that makes none of them
/// wait longer by more than this.
const TOGETHER: Duration = Duration::from_mins(1);

/// What is done with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Plan {
    /// Nothing of it is left to do.
    Complete,
    /// It is received again after a pause, as a whole.
    Hide(Duration),
    /// Some deliveries are sent again, due after their pauses, and the message is done with.
    SendAgain(Vec<(Delivery, Duration)>),
}

impl Sqs {
    /// Carries out what became of the deliveries of a message.
    pub(crate) async fn settle(&self, receipt: SqsReceipt, outcomes: Vec<Outcome>) -> Settled {
        self.settle_as_of(epoch_millis(), receipt, outcomes).await
    }

    /// Does so with pauses that begin at `now`, in milliseconds since the Unix epoch.
    pub(super) async fn settle_as_of(
        &self,
        now: u64,
        mut receipt: SqsReceipt,
        outcomes: Vec<Outcome>,
    ) -> Settled {
        let Some(source) = self.0.source(receipt.kind) else {
            return Settled::Returned;
        };
        let pauses = match plan(&receipt, outcomes, now) {
            Plan::Complete => Ok(()),
            Plan::Hide(pause) => Err(pause),
            Plan::SendAgain(deliveries) => self.send_again(now, source, &receipt, &deliveries).await,
        };
        match pauses {
            Ok(()) => {
                receipt.completed = true;
                self.complete(source, &receipt).await;
                Settled::Completed
            }
            Err(pause) => {
                self.return_after(source, receipt, pause).await;
                Settled::Returned
            }
        }
    }

    /// Sends deliveries that are due after their pauses. Where that fails, the whole message has to come back, after the
    /// pause that this gives: those of its deliveries that were made are made again then.
    async fn send_again(
        &self,
        now: u64,
        source: &SourceQueue,
        receipt: &SqsReceipt,
        deliveries: &[(Delivery, Duration)],
    ) -> Result<(), Duration> {
        let outgoing: Vec<_> = deliveries
            .iter()
            .map(|(delivery, pause)| Outgoing {
                delivery,
                due: now.saturating_add(millis(*pause)),
            })
            .collect();
        self.send_when_due(&outgoing).await.map_err(|error| {
            let (queue, id) = (&source.url, &receipt.message_id);
            let error = line(&error);
            tracing::error!(
                queue,
                message.id = id,
                error,
                "Failed deliveries could not be queued again."
            );
            let shortest = deliveries.iter().map(|(_, pause)| *pause).min();
            shortest
                .unwrap_or_default()
                .min(timing::hideable(receipt.received))
        })
    }

    /// Deletes a message, unless someone else does. If that fails it is received again.
    async fn complete(&self, source: &SourceQueue, receipt: &SqsReceipt) {
        if let Handle::Lent(_) = receipt.handle {
            return;
        }
        let Some(handle) = receipt.handle() else { return };
        if let Err(failure) = self.delete(source, handle).await {
            let (queue, id, error) = (&source.url, &receipt.message_id, line(&failure));
            tracing::warn!(queue, message.id = id, %error, "A message that is done with could not be deleted.");
        }
    }

    /// Hides a message for a pause. If that fails, it is received again when the visibility timeout of its queue is
    /// over. Those behind it that were received along have to be received again after it.
    async fn return_after(&self, source: &SourceQueue, receipt: SqsReceipt, pause: Duration) {
        // Until the receipt is gone, so that nobody keeps the message hidden for less or for longer.
        let _unchanged = source.keeping.read().await;
        let hidden = match receipt.handle() {
            Some(handle) => self.hide(source, handle, pause).await,
            None => Ok(()),
        };
        if let Err(failure) = hidden {
            let (queue, id, error) = (&source.url, &receipt.message_id, line(&failure));
            tracing::warn!(queue, message.id = id, %error, "A message could not be hidden for its pause.");
        }
        if let Some(group) = &receipt.group {
            let behind = source.in_flight.drain_group(group);
            self.give_back(receipt.kind, behind).await;
        }
        drop(receipt);
    }
}

/// What is to be done with a message; `now` is in milliseconds since the Unix epoch.
fn plan(receipt: &SqsReceipt, outcomes: Vec<Outcome>, now: u64) -> Plan {
    // Nothing is lost by a missing outcome.
    let missing = iter::repeat_with(|| Outcome::Defer {
        pause: Duration::ZERO,
    });
    let outcomes = outcomes.into_iter().chain(missing);
    let mut left = Vec::new();
    let mut all_attempted = true;
    for (delivery, outcome) in receipt.deliveries.iter().zip(outcomes) {
        match outcome {
            Outcome::Done | Outcome::DeadLetter(_) => {}
            Outcome::Retry { pause } => left.push((delivery, 1, pause)),
            Outcome::Defer { pause } => {
                all_attempted = false;
                left.push((delivery, 0, pause));
            }
        }
    }
    let pauses = || left.iter().map(|(_, _, pause)| *pause);
    let (Some(shortest), Some(longest)) = (pauses().min(), pauses().max()) else {
        return Plan::Complete;
    };
    let hideable = timing::hideable(receipt.received);
    if receipt.kind == SourceKind::Fifo {
        return Plan::Hide(longest.min(hideable));
    }
    let all_failed = all_attempted && left.len() == receipt.deliveries.len();
    if all_failed
        && longest.saturating_sub(shortest) <= TOGETHER
        && longest <= hideable
        && timing::outlives(receipt.sent_at, now, longest)
    {
        return Plan::Hide(longest);
    }
    let again = left.into_iter().map(|(delivery, attempted, pause)| {
        let mut delivery = delivery.clone();
        delivery.attempts = delivery.attempts.saturating_add(attempted);
        (delivery, pause)
    });
    Plan::SendAgain(again.collect())
}

#[cfg(test)]
mod tests;

//! What becomes of a message that SQS hands out: it is for a worker, unless it is early.

use std::time::Duration;

use clocks::epoch_millis;
use tokio::time::Instant;

use super::Sqs;
use super::due::Due;
use super::message::{self, MalformedMessage};
use super::receipt::{Handle, SqsReceipt};
use super::signature::Signing;
use super::source::SourceKind;
use crate::{Outcome, Received, Settled};

/// A message as SQS hands it out.
#[derive(Clone)]
pub struct HandedOut {
    /// What SQS calls the message.
    pub message_id: String,
    /// What SQS calls this receipt of it.
    pub receipt_handle: String,
    /// The body.
    pub body: String,
    /// When it was sent, in milliseconds since the Unix epoch.
    pub sent_at: Option<u64>,
    /// How often it was handed out, this time included.
    pub receive_count: u32,
    /// Its message group.
    pub group: Option<String>,
}

/// What becomes of a message.
#[derive(Debug)]
pub enum Admission {
    /// Its deliveries are due.
    Due(Box<Received>),
    /// It was received before its deliveries are due, and is put off.
    Early(Settled),
    /// It is none that the queue takes, and was set aside: it can be deleted.
    SetAside,
}

/// A message that was read.
#[derive(Debug)]
pub(super) enum Examined {
    Due(Due),
    /// Due at this time, in milliseconds since the Unix epoch.
    Early(Due, u64),
}

/// Reads a message that is signed as it has to be. Its receipts before this one were attempts, unless it is early: then
/// there was none.
pub(super) fn examine(
    signing: &Signing,
    kind: SourceKind,
    message: &HandedOut,
) -> Result<Examined, MalformedMessage> {
    signing.verify(kind, &message.body)?;
    let now = epoch_millis();
    let sent_at = message.sent_at.unwrap_or(now);
    let parsed = message::parse(&message.body, &message.message_id, sent_at)?;
    let mut deliveries = parsed.deliveries;
    let deliver_at = deliveries.iter().filter_map(|delivery| delivery.deliver_at).max();
    let due_at = parsed.not_before.max(deliver_at).unwrap_or_default();
    if due_at <= now {
        for delivery in &mut deliveries {
            let before = message.receive_count.saturating_sub(1);
            delivery.attempts = delivery.attempts.saturating_add(before);
        }
    }
    let due = Due {
        message_id: message.message_id.clone(),
        // Those of a standard queue are received in any order.
        group: message.group.clone().filter(|_| kind == SourceKind::Fifo),
        deliveries,
        sent_at,
        shown_at: sent_at.max(due_at),
        received: Instant::now(),
    };
    Ok(if due_at <= now {
        Examined::Due(due)
    } else {
        Examined::Early(due, due_at)
    })
}

impl Sqs {
    /// Takes a message over that SQS handed to someone else, who deletes it once it is completed. One that is to be
    /// received again has been hidden for as long as it should. One that is none of the gateway's is set aside, and an error
    /// only where that is not possible: then it should be received again, for the redrive policy of its queue.
    pub async fn admit(&self, kind: SourceKind, message: HandedOut) -> Result<Admission, MalformedMessage> {
        let examined = match examine(&self.0.settings.signing, kind, &message) {
            Ok(examined) => examined,
            Err(error) => {
                let is_set_aside = self.set_aside(kind, &message, error).await;
                return is_set_aside.then_some(Admission::SetAside).ok_or(error);
            }
        };
        let handle = Handle::Lent(message.receipt_handle);
        Ok(match examined {
            Examined::Due(due) => Admission::Due(Box::new(self.hand_out(kind, due, handle))),
            Examined::Early(due, due_at) => Admission::Early(self.put_off(kind, due, handle, due_at).await),
        })
    }

    pub(super) fn hand_out(&self, kind: SourceKind, due: Due, handle: Handle) -> Received {
        // A message from the future was sent by a clock that is ahead of this one.
        let waited = epoch_millis().saturating_sub(due.shown_at);
        Received {
            deliveries: due.deliveries.clone(),
            waited: Duration::from_millis(waited),
            receipt: crate::Receipt::Sqs(SqsReceipt::new(self.clone(), kind, due, handle)),
        }
    }

    /// Lets a message be received again when it is due, at that very time however often it is put off.
    pub(super) async fn put_off(&self, kind: SourceKind, due: Due, handle: Handle, due_at: u64) -> Settled {
        let now = epoch_millis();
        let pause = Duration::from_millis(due_at.saturating_sub(now));
        let deferred = due.deliveries.iter().map(|_| Outcome::Defer { pause });
        let deferred = deferred.collect();
        let receipt = SqsReceipt::new(self.clone(), kind, due, handle);
        self.settle_as_of(now, receipt, deferred).await
    }
}

impl std::fmt::Debug for HandedOut {
    /// Without the body: it is what producers sent.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HandedOut")
            .field("message_id", &self.message_id)
            .field("receive_count", &self.receive_count)
            .finish_non_exhaustive()
    }
}

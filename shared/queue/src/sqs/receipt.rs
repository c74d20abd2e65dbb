//! What a received message is known by until it is settled.

use std::fmt;

use domain::delivery::Delivery;
use tokio::time::Instant;

use super::Sqs;
use super::due::Due;
use super::source::SourceKind;

/// What SQS knows a received message by. While it exists, its message is not handed out again by this process.
pub struct SqsReceipt {
    pub(super) queue: Sqs,
    pub(super) kind: SourceKind,
    pub(super) message_id: String,
    pub(super) group: Option<String>,
    pub(super) deliveries: Vec<Delivery>,
    pub(super) sent_at: u64,
    pub(super) received: Instant,
    pub(super) handle: Handle,
    /// Nothing is left to do for it.
    pub(super) completed: bool,
}

/// Who knows what SQS calls the receipt.
pub(super) enum Handle {
    /// The messages in flight of its queue, until it is released.
    InFlight,
    /// It is this.
    Own(String),
    /// It is this, and who handed it over deletes the message once it is completed.
    Lent(String),
}

impl SqsReceipt {
    pub(super) fn new(queue: Sqs, kind: SourceKind, due: Due, handle: Handle) -> Self {
        Self {
            queue,
            kind,
            message_id: due.message_id,
            group: due.group,
            deliveries: due.deliveries,
            sent_at: due.sent_at,
            received: due.received,
            handle,
            completed: false,
        }
    }

    /// What SQS calls the latest receipt of the message.
    pub(super) fn handle(&self) -> Option<String> {
        match &self.handle {
            Handle::InFlight => self
                .queue
                .0
                .source(self.kind)?
                .in_flight
                .receipt_handle(&self.message_id),
            Handle::Own(handle) | Handle::Lent(handle) => Some(handle.clone()),
        }
    }
}

impl Drop for SqsReceipt {
    fn drop(&mut self) {
        let (Handle::InFlight, Some(source)) = (&self.handle, self.queue.0.source(self.kind)) else {
            return;
        };
        let group = self.group.as_deref();
        if let Some(group) = group.filter(|_| !self.completed) {
            // Those behind it are not to be delivered before it. SQS shows them again no earlier.
            source.in_flight.drain_group(group);
        }
        source.in_flight.release(&self.message_id, group);
        if group.is_some() {
            // The next one of the group may wait for a worker.
            self.queue.0.arrived.notify_waiters();
        }
    }
}

impl fmt::Debug for SqsReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = &self.message_id;
        f.debug_struct("SqsReceipt")
            .field("message_id", id)
            .finish_non_exhaustive()
    }
}

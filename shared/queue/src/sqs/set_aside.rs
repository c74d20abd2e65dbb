//! Messages that are not taken, because they cannot be read or are not signed as they have to be: they go to the
//! dead-letter queue of their queue, as they are, where somebody can look at them and move them back.

use std::sync::atomic::Ordering;

use super::Sqs;
use super::admission::HandedOut;
use super::failure::{SqsError, line};
use super::message::MalformedMessage;
use super::source::SourceKind;

impl Sqs {
    /// How many messages were not taken by this process, each time that they were received.
    pub fn refused(&self) -> u64 {
        self.0.refused.load(Ordering::Relaxed)
    }

    /// Copies a message to the dead-letter queue. Says whether it is there, and can be deleted here: otherwise it is to be
    /// received again, until the redrive policy of its queue moves it.
    pub(super) async fn set_aside(
        &self,
        kind: SourceKind,
        message: &HandedOut,
        error: MalformedMessage,
    ) -> bool {
        self.0.refused.fetch_add(1, Ordering::Relaxed);
        let Some(source) = self.0.source(kind) else {
            return false;
        };
        let (queue, id) = (&source.url, &message.message_id);
        tracing::error!(queue, message.id = id, %error, "A message of the queue is not taken.");
        let Some(url) = &source.dead_letter_url else {
            return false;
        };
        match self.copy(url, kind, message).await {
            Ok(()) => true,
            Err(failure) => {
                let error = line(&failure);
                tracing::warn!(queue, message.id = id, %error, "It could not be moved to the dead-letter queue.");
                false
            }
        }
    }

    /// Takes a message out of the queue that was received by this process; where that fails it is received again.
    pub(super) async fn remove(&self, kind: SourceKind, message: HandedOut, error: MalformedMessage) {
        if !self.set_aside(kind, &message, error).await {
            return;
        }
        let Some(source) = self.0.source(kind) else { return };
        if let Err(failure) = self.delete(source, message.receipt_handle).await {
            let error = line(&failure);
            tracing::warn!(queue = source.url, %error, "A message that was moved could not be deleted.");
        }
    }

    async fn copy(&self, url: &str, kind: SourceKind, message: &HandedOut) -> Result<(), SqsError> {
        let request = self.0.client.send_message().queue_url(url);
        let request = request
            .message_body(&message.body)
            .set_message_group_id(message.group.clone());
        let request = match kind {
            SourceKind::Standard => request,
            // One that is moved twice is there once.
            SourceKind::Fifo => request.message_deduplication_id(&message.message_id),
        };
        self.send_request(request).await
    }
}

//! Requests about messages that were received from one of the queues on SQS.

use std::time::Duration;

use aws_sdk_sqs::types::ChangeMessageVisibilityBatchRequestEntry;

use super::failure::{SqsError, line};
use super::pack::MAX_BATCH;
use super::source::{SourceKind, SourceQueue};
use super::{Sqs, timing};

impl Sqs {
    /// Which of the queues has an ARN; they are told apart by their names.
    pub fn source_of_arn(&self, arn: &str) -> Option<SourceKind> {
        let name = arn.rsplit(':').next()?;
        let mut sources = self.0.sources();
        sources
            .find(|(_, source)| source.name() == name)
            .map(|(kind, _)| kind)
    }

    /// Deletes a message.
    pub(super) async fn delete(&self, source: &SourceQueue, receipt_handle: String) -> Result<(), SqsError> {
        let request = self
            .0
            .client
            .delete_message()
            .queue_url(&source.url)
            .receipt_handle(receipt_handle);
        let deleted = request
            .customize()
            .config_override(self.0.request_settings())
            .send()
            .await;
        deleted
            .map(drop)
            .map_err(|error| SqsError::of("DeleteMessage", error))
    }

    /// Hides a message from now on for a while, in whole seconds, which are rounded up.
    pub(super) async fn hide(
        &self,
        source: &SourceQueue,
        receipt_handle: String,
        pause: Duration,
    ) -> Result<(), SqsError> {
        let request = self
            .0
            .client
            .change_message_visibility()
            .queue_url(&source.url)
            .receipt_handle(receipt_handle)
            .visibility_timeout(timing::seconds(pause));
        let hidden = request
            .customize()
            .config_override(self.0.request_settings())
            .send()
            .await;
        hidden
            .map(drop)
            .map_err(|error| SqsError::of("ChangeMessageVisibility", error))
    }

    /// Shows messages at once that were received but not begun. Where that fails, they are shown when the visibility
    /// timeout of their queue is over.
    pub async fn give_back(&self, kind: SourceKind, receipt_handles: Vec<String>) {
        let Some(source) = self.0.source(kind) else { return };
        for handles in receipt_handles.chunks(MAX_BATCH) {
            if let Err(failure) = self.hide_all(source, handles, Duration::ZERO).await {
                let error = line(&failure);
                tracing::info!(queue = source.url, %error, "Messages that were not begun are received later.");
            }
        }
    }

    /// Hides up to [`MAX_BATCH`] messages from now on for a while; not at all shows them at once.
    pub(super) async fn hide_all(
        &self,
        source: &SourceQueue,
        receipt_handles: &[String],
        pause: Duration,
    ) -> Result<(), SqsError> {
        let entries = receipt_handles.iter().enumerate().map(|(index, handle)| {
            ChangeMessageVisibilityBatchRequestEntry::builder()
                .id(index.to_string())
                .receipt_handle(handle)
                .visibility_timeout(timing::seconds(pause))
                .build()
        });
        let entries = entries.filter_map(Result::ok).collect();
        let request = self
            .0
            .client
            .change_message_visibility_batch()
            .queue_url(&source.url)
            .set_entries(Some(entries));
        let changed = request
            .customize()
            .config_override(self.0.request_settings())
            .send()
            .await
            .map_err(|error| SqsError::of("ChangeMessageVisibilityBatch", error))?;
        match changed.failed.first() {
            None => Ok(()),
            Some(refused) => Err(SqsError::Entries {
                count: changed.failed.len(),
                code: refused.code.clone(),
            }),
        }
    }
}

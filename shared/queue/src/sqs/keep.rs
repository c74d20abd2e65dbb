//! Messages that this process has are kept hidden from others for as long as a call takes: the queue would show them after
//! a time that knows nothing of calls, and they would be delivered twice. That is no receipt, which would count as an
//! attempt.

use super::Sqs;
use super::failure::{SqsError, line};
use super::pack::MAX_BATCH;
use super::source::{SourceKind, SourceQueue};

/// Messages are hidden anew so often while they are hidden: one request may fail.
const TIMES: u32 = 3;

/// Hides the messages of one queue anew, from time to time, until this process has none.
pub(super) async fn keep_hidden(queue: Sqs, kind: SourceKind) {
    let Some(source) = queue.0.source(kind) else {
        return;
    };
    let hidden_for = queue.0.settings.hidden_for;
    loop {
        tokio::time::sleep(hidden_for / TIMES).await;
        // Before the messages are looked up: those that are settled meanwhile are not among them.
        let _keeping = source.keeping.write().await;
        let Some(handles) = source.in_flight.to_keep_hidden() else {
            return;
        };
        queue.hide_anew(source, &handles).await;
    }
}

impl Sqs {
    async fn hide_anew(&self, source: &SourceQueue, receipt_handles: &[String]) {
        for handles in receipt_handles.chunks(MAX_BATCH) {
            match self.hide_all(source, handles, self.0.settings.hidden_for).await {
                // One may have been completed meanwhile.
                Ok(()) | Err(SqsError::Entries { .. }) => {}
                Err(failure) => {
                    let error = line(&failure);
                    tracing::warn!(queue = source.url, %error, "Messages in hand could not be kept hidden.");
                }
            }
        }
    }
}

//! What is answered to those who report keys that were found in public.

use gateway::{ErrorChain, InvokeError};

use super::ApiError;

impl ApiError {
    /// The answer where reports cannot be checked now. Whoever sent one sends it again.
    pub(crate) fn unreadable_report_keys(err: &InvokeError) -> Self {
        tracing::warn!(error = %ErrorChain(err), "The keys that reports are signed with cannot be read.");
        Self::unavailable("Service Unavailable")
    }
}

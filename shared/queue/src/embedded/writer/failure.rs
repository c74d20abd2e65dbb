//! A failure of the engine, and what those are told who wait for it.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::QueueError;

/// The first pause after a failure, and the longest.
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(10);
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The engine failed.
pub(super) struct Failure {
    pub(super) error: Shared,
    /// How often in a row.
    pub(super) times: u32,
    /// Nothing is written before this.
    pub(super) until: Instant,
}

/// An error that answers many.
pub(super) type Shared = Arc<dyn Error + Send + Sync>;

/// What one of those is told.
pub(super) fn unavailable(error: &Shared) -> QueueError {
    QueueError::Unavailable {
        source: Box::new(Arc::clone(error)),
    }
}

//! A failure of the engine, and what those are told who wait for it.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::backoff::{Backoff, Spread};

use crate::QueueError;

/// The longest pause after a failure.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Pauses after failures. Nobody else opens the file.
pub(super) const PAUSES: Backoff = Backoff {
    first: Duration::from_millis(10),
    most: LONGEST_PAUSE,
    spread: Spread::Fixed,
};

/// The engine failed.
pub(super) struct WriterFailure {
    pub(super) error: SharedError,
    /// How often in a row.
    pub(super) times: u32,
    /// Nothing is written before this.
    pub(super) until: Instant,
}

/// An error that answers many.
pub(super) type SharedError = Arc<dyn Error + Send + Sync>;

/// What one of those is told.
pub(super) fn unavailable(error: &SharedError) -> QueueError {
    QueueError::Unavailable {
        source: Box::new(Arc::clone(error)),
    }
}

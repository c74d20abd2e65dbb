//! The room that there is on the disk, and the space of it that is set aside.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::opening::EngineOpenError;
use super::super::reserve::{Reserve, is_out_of_space};
use super::super::tables::EngineError;
use super::failure::{LONGEST_PAUSE, SharedError};

/// How long an empty queue is left alone before its file is made smaller.
pub(super) const IDLE: Duration = Duration::from_secs(1);

/// The room that there is on the disk.
pub(super) struct Room {
    reserve: Reserve,
    /// Nothing is set aside again before this.
    next_try: Instant,
    /// Bytes that were deleted from the file since it was last made smaller.
    freed: u64,
    /// Since when these are as many as were set aside.
    enough_since: Option<Instant>,
}

impl Room {
    pub(super) fn new(reserve: Reserve) -> Self {
        Self {
            reserve,
            next_try: Instant::now(),
            freed: 0,
            enough_since: None,
        }
    }

    /// Whether the disk is full, as far as the queue is concerned.
    pub(super) fn is_missing(&self) -> bool {
        self.reserve.is_missing()
    }

    /// What those are told who want to queue something.
    pub(super) fn error() -> SharedError {
        Arc::new(io::Error::from(io::ErrorKind::StorageFull))
    }

    /// Whether so much was deleted that a smaller file would give the space back that was set aside.
    pub(super) fn is_in_file(&self) -> bool {
        self.is_missing() && self.enough_since.is_some()
    }

    /// Whether that has been so for a while: what is deleted together is to be gone first. Those who go on sending do not
    /// put it off.
    pub(super) fn is_due_from_file(&self) -> bool {
        self.is_missing() && self.enough_since.is_some_and(|since| since.elapsed() >= IDLE)
    }

    /// Notes bytes that were deleted.
    pub(super) fn add_freed(&mut self, bytes: u64) {
        self.freed = self.freed.saturating_add(bytes);
        if self.freed >= self.reserve.bytes() {
            self.enough_since.get_or_insert_with(Instant::now);
        }
    }

    /// The file is as small as it gets.
    pub(super) fn file_is_small(&mut self) {
        self.freed = 0;
        self.enough_since = None;
        self.next_try = Instant::now();
    }

    /// Gives the space back to the disk if an error says that it is needed; says whether there was any.
    pub(super) fn release_for(&mut self, error: &SharedError) -> bool {
        let released = is_for_want_of_space(&**error) && self.reserve.release();
        if released {
            tracing::warn!(
                "The disk of the delivery queue is full: what is deleted and delivered is still written."
            );
        }
        released
    }

    /// Sets space aside again, if there is twice as much: else the next event would use it up. Says whether it is there.
    pub(super) fn refill(&mut self) -> bool {
        let now = Instant::now();
        if now < self.next_try {
            return false;
        }
        self.next_try = now + LONGEST_PAUSE;
        match self.reserve.take(self.reserve.bytes()) {
            Ok(()) => {
                self.freed = 0;
                self.enough_since = None;
                tracing::info!("There is room on the disk of the delivery queue again.");
            }
            Err(error) if is_out_of_space(&error) => return false,
            Err(error) => {
                tracing::warn!(%error, "No space can be set aside on the disk of the delivery queue.");
                self.reserve.give_up();
            }
        }
        true
    }
}

fn is_for_want_of_space(error: &(dyn Error + Send + Sync + 'static)) -> bool {
    match (
        error.downcast_ref::<EngineError>(),
        error.downcast_ref::<EngineOpenError>(),
    ) {
        (Some(EngineError::Io(error)), _) => is_out_of_space(error),
        (_, Some(error)) => error.is_out_of_space(),
        _ => false,
    }
}

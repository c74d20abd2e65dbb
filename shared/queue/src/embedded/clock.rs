//! The time of a queue: milliseconds that never go back, whatever is done to the clock of the machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// The clock of a queue. It follows the clock of the machine forward and runs on where that is set back; what it said
/// last is kept with the queue, so it does not go back over a restart either. Its times are good for "how long from
/// now" alone; where a time of day counts there is [`Clock::wall`].
#[derive(Debug)]
pub(super) struct Clock {
    source: Source,
    /// What is added to the time since the start; only ever grows.
    offset: AtomicU64,
}

/// Where the time comes from.
#[derive(Debug)]
pub(super) enum Source {
    /// The clocks of this machine.
    Machine {
        /// When the queue was opened.
        start: Instant,
    },
    /// Clocks that are set by hand.
    #[cfg_attr(not(test), expect(dead_code, reason = "the clocks of tests"))]
    Manual(Arc<Manual>),
}

/// Clocks that are set by hand.
#[derive(Debug, Default)]
pub(super) struct Manual {
    /// Milliseconds since the Unix epoch.
    pub(super) wall: AtomicU64,
    /// Milliseconds that went by since the queue was opened.
    pub(super) elapsed: AtomicU64,
}

impl Source {
    pub(super) fn machine() -> Self {
        Self::Machine {
            start: Instant::now(),
        }
    }
}

impl Clock {
    /// A clock that says at least `last` from the start.
    pub(super) fn new(source: Source, last: u64) -> Self {
        let offset = AtomicU64::new(last);
        Self { source, offset }
    }

    /// Now, for the queue.
    pub(super) fn now(&self) -> u64 {
        let elapsed = match &self.source {
            Source::Machine { start } => millis(start.elapsed()),
            Source::Manual(manual) => manual.elapsed.load(Ordering::Relaxed),
        };
        let ahead = self.wall().saturating_sub(elapsed);
        let before = self.offset.fetch_max(ahead, Ordering::Relaxed);
        elapsed.saturating_add(before.max(ahead))
    }

    /// Now by the clock of the machine, in milliseconds since the Unix epoch.
    pub(super) fn wall(&self) -> u64 {
        match &self.source {
            Source::Machine { .. } => SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .map_or(0, millis),
            Source::Manual(manual) => manual.wall.load(Ordering::Relaxed),
        }
    }
}

/// A time in whole milliseconds.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

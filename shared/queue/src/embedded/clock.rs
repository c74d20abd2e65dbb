//! The time of a queue: milliseconds that never go back, whatever is done to the clock of the machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use clocks::{millis, since_epoch};

/// What makes the next millisecond of each time that is not a whole one.
const ALMOST_A_MILLISECOND: Duration = Duration::from_nanos(999_999);

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
        let (offset, elapsed) = self.read();
        offset.saturating_add(millis(elapsed))
    }

    /// The first millisecond at which a pause that begins now is over: whoever calls a function sooner than its circuit
    /// is half-open has spent an attempt for nothing.
    pub(super) fn after(&self, pause: Duration) -> u64 {
        let (offset, elapsed) = self.read();
        let end = elapsed.saturating_add(pause).saturating_add(ALMOST_A_MILLISECOND);
        offset.saturating_add(millis(end))
    }

    /// Now by the clock of the machine, in milliseconds since the Unix epoch.
    pub(super) fn wall(&self) -> u64 {
        millis(self.wall_time())
    }

    /// What is added to the time since the start, and that time. Whole milliseconds of the difference: the difference of
    /// whole milliseconds is one more or less from call to call.
    fn read(&self) -> (u64, Duration) {
        // In this order: time that goes by between the two must not count as that by which the machine is ahead, and be
        // added for good.
        let wall = self.wall_time();
        let elapsed = self.elapsed();
        let ahead = millis(wall.saturating_sub(elapsed));
        (
            self.offset.fetch_max(ahead, Ordering::Relaxed).max(ahead),
            elapsed,
        )
    }

    fn elapsed(&self) -> Duration {
        match &self.source {
            Source::Machine { start } => start.elapsed(),
            Source::Manual(manual) => Duration::from_millis(manual.elapsed.load(Ordering::Relaxed)),
        }
    }

    fn wall_time(&self) -> Duration {
        match &self.source {
            Source::Machine { .. } => since_epoch(SystemTime::now()),
            Source::Manual(manual) => Duration::from_millis(manual.wall.load(Ordering::Relaxed)),
        }
    }
}

//! Clocks of a store that are put forward and back: what a process sees that was frozen, or whose wall clock was set.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use clocks::{Moment, TimeSource};

/// How far clocks are off those of the system.
#[derive(Debug, Default)]
pub(crate) struct Shift {
    monotonic_millis: AtomicU64,
    wall_millis: AtomicI64,
}

impl Shift {
    /// The clocks that are off by this.
    pub(crate) fn clock(self: &Arc<Self>) -> TimeSource {
        let shift = Arc::clone(self);
        TimeSource::of(move || shift.now())
    }

    /// Lets time pass that only the wall clock notices, as in a process that is frozen.
    pub(crate) fn freeze(&self, milliseconds: u32) {
        self.wall_millis.fetch_add(milliseconds.into(), Ordering::Relaxed);
    }

    /// Lets time pass that only the monotonic clock notices: the wall clock is set back as much meanwhile.
    pub(crate) fn stop_wall_clock(&self, milliseconds: u32) {
        self.monotonic_millis
            .fetch_add(milliseconds.into(), Ordering::Relaxed);
    }

    /// Sets the wall clock back.
    pub(crate) fn set_wall_clock_back(&self, milliseconds: u32) {
        self.wall_millis.fetch_sub(milliseconds.into(), Ordering::Relaxed);
    }

    fn now(&self) -> Moment {
        let Moment { monotonic, wall } = Moment::now();
        let by = self.wall_millis.load(Ordering::Relaxed);
        let distance = Duration::from_millis(by.unsigned_abs());
        Moment {
            monotonic: monotonic + Duration::from_millis(self.monotonic_millis.load(Ordering::Relaxed)),
            wall: if by < 0 { wall - distance } else { wall + distance },
        }
    }
}

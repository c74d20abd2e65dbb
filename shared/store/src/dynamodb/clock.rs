//! Where a store takes the time from.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use super::moment::Moment;

/// The clocks of a store. Clones are the same clocks.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// Those of the system.
    #[default]
    System,
    /// Those of the system, put forward or back: what a process sees that was frozen, or whose wall clock was set.
    Shifted(Arc<Shift>),
}

/// How far clocks are off those of the system.
#[derive(Debug, Default)]
pub struct Shift {
    monotonic_millis: AtomicU64,
    wall_millis: AtomicI64,
}

impl Shift {
    /// Lets time pass that only the wall clock notices, as in a process that is frozen.
    pub fn freeze(&self, milliseconds: u32) {
        self.wall_millis.fetch_add(milliseconds.into(), Ordering::Relaxed);
    }

    /// Lets time pass that only the monotonic clock notices: the wall clock is set back as much meanwhile.
    pub fn stop_wall_clock(&self, milliseconds: u32) {
        self.monotonic_millis
            .fetch_add(milliseconds.into(), Ordering::Relaxed);
    }

    /// Sets the wall clock back.
    pub fn set_wall_clock_back(&self, milliseconds: u32) {
        self.wall_millis.fetch_sub(milliseconds.into(), Ordering::Relaxed);
    }
}

impl Clock {
    pub(super) fn now(&self) -> Moment {
        let (monotonic, wall) = (Instant::now(), SystemTime::now());
        let Self::Shifted(shift) = self else {
            return Moment { monotonic, wall };
        };
        let by = shift.wall_millis.load(Ordering::Relaxed);
        let distance = Duration::from_millis(by.unsigned_abs());
        Moment {
            monotonic: monotonic + Duration::from_millis(shift.monotonic_millis.load(Ordering::Relaxed)),
            wall: if by < 0 { wall - distance } else { wall + distance },
        }
    }
}

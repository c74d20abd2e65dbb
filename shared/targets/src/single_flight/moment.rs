//! Points in time on both clocks of a machine.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// A point in time on both clocks. The monotonic one may stand still while the machine, or the instance of a Lambda
/// function, sleeps; the other one may be set back. So much time has passed as the one says that saw more of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    monotonic: Instant,
    wall: SystemTime,
}

impl Moment {
    pub(crate) fn now() -> Self {
        let now = Self {
            monotonic: Instant::now(),
            wall: SystemTime::now(),
        };
        #[cfg(test)]
        let now = test_clock::shifted(now);
        now
    }

    /// How long ago it was at a later moment.
    pub(crate) fn age(self, now: Self) -> Duration {
        let wall = now.wall.duration_since(self.wall).unwrap_or_default();
        now.monotonic.duration_since(self.monotonic).max(wall)
    }

    /// Whether so much time has passed since.
    pub(crate) fn is_past(self, time: Duration) -> bool {
        self.age(Self::now()) >= time
    }

    /// The moment on the monotonic clock alone.
    pub(crate) fn monotonic(self) -> Instant {
        self.monotonic
    }
}

/// The clocks of a test, which it puts forward itself: those of its thread, since a test runs on one of its own.
#[cfg(test)]
pub(crate) mod test_clock {
    use std::cell::Cell;
    use std::time::Duration;

    use super::Moment;

    thread_local! {
        /// How far the monotonic clock and the one on the wall are ahead.
        static AHEAD: Cell<(Duration, Duration)> = const { Cell::new((Duration::ZERO, Duration::ZERO)) };
    }

    /// Lets time pass.
    pub(crate) fn pass(time: Duration) {
        let (monotonic, wall) = AHEAD.get();
        AHEAD.set((monotonic + time, wall + time));
    }

    /// Lets time pass that only the wall clock notices, as in a process that is frozen.
    pub(crate) fn freeze(time: Duration) {
        let (monotonic, wall) = AHEAD.get();
        AHEAD.set((monotonic, wall + time));
    }

    pub(super) fn shifted(now: Moment) -> Moment {
        let (monotonic, wall) = AHEAD.get();
        Moment {
            monotonic: now.monotonic + monotonic,
            wall: now.wall + wall,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_counts_that_saw_more_time_pass() {
        let began = Moment::now();
        let time = Duration::from_secs(95);
        let slept = Moment {
            wall: began.wall + time,
            ..began
        };
        let set_back = Moment {
            monotonic: began.monotonic + time,
            wall: SystemTime::UNIX_EPOCH,
        };
        let only_set_back = Moment {
            wall: SystemTime::UNIX_EPOCH,
            ..began
        };
        for (now, want) in [
            (began, Duration::ZERO),
            (slept, time),
            (set_back, time),
            (only_set_back, Duration::ZERO),
        ] {
            assert_eq!(began.age(now), want, "{now:?}");
        }
    }
}

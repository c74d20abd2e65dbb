//! The time by which the ages of what was fetched are told. Tests put it forward.

use std::time::Duration;

use clocks::Moment;

/// This very moment.
pub(crate) fn now() -> Moment {
    let now = Moment::now();
    #[cfg(test)]
    let now = test_clock::shifted(now);
    now
}

/// Whether so much time has passed since a moment.
pub(crate) fn is_past(moment: Moment, time: Duration) -> bool {
    moment.least_age(now()) >= time
}

/// The clocks of a test, which it puts forward itself: those of its thread, since a test runs on one of its own.
#[cfg(test)]
pub(crate) mod test_clock {
    use std::cell::Cell;
    use std::time::Duration;

    use clocks::Moment;

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

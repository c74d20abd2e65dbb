//! What a request may do with a table that was confirmed some time ago. Nothing here reads a clock.

use std::time::Duration;

use clocks::Moment;

/// How recent a table has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Freshness {
    /// Age from which a table is confirmed alongside the request that it serves.
    pub(super) revalidate_after: Duration,
    /// Age from which it is confirmed before it serves.
    pub(super) max_staleness: Duration,
}

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// It is served from the table.
    Serve,
    /// It is served from the table, and whoever comes next finds it confirmed.
    ServeAndConfirm,
    /// It waits until the table is confirmed.
    ConfirmFirst,
}

impl Freshness {
    /// Whether what was so at `moment` may serve a request that begins `now`.
    pub(super) fn allows(self, moment: Moment, now: Moment) -> bool {
        moment.age(now).is_some_and(|age| age <= self.max_staleness)
    }

    /// What a request does that begins `now`, with a table that was confirmed at `confirmed` and is known to be as
    /// new as the request asks for, or not.
    pub(super) fn decide(self, confirmed: Option<Moment>, now: Moment, is_new_enough: bool) -> Decision {
        match confirmed.and_then(|confirmed| confirmed.age(now)) {
            Some(age) if is_new_enough && age <= self.max_staleness => {
                if age <= self.revalidate_after {
                    Decision::Serve
                } else {
                    Decision::ServeAndConfirm
                }
            }
            _ => Decision::ConfirmFirst,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Decision::{ConfirmFirst, Serve, ServeAndConfirm};
    use super::*;

    const FRESHNESS: Freshness = Freshness {
        revalidate_after: Duration::from_secs(1),
        max_staleness: Duration::from_secs(2),
    };

    /// A moment so many milliseconds after another, by each clock.
    fn later(moment: Moment, monotonic: u64, wall: i64) -> Moment {
        let distance = Duration::from_millis(wall.unsigned_abs());
        Moment {
            monotonic: moment.monotonic + Duration::from_millis(monotonic),
            wall: if wall < 0 {
                moment.wall - distance
            } else {
                moment.wall + distance
            },
        }
    }

    #[test]
    fn decisions() {
        let confirmed = Moment::now();
        for (monotonic, wall, want) in [
            (0, 0, Serve),
            (1000, 1000, Serve),
            (1001, 0, ServeAndConfirm),
            (0, 1001, ServeAndConfirm),
            (2000, 2000, ServeAndConfirm),
            (2001, 2000, ConfirmFirst),
            // Frozen: no time passed but on the wall.
            (0, 2001, ConfirmFirst),
            (3, 86_400_000, ConfirmFirst),
            // The wall clock was set back while time passed, or by the blink of an eye.
            (0, -1, ConfirmFirst),
            (100, -3_600_000, ConfirmFirst),
            // It was set forward.
            (1, 3_600_000, ConfirmFirst),
        ] {
            let now = later(confirmed, monotonic, wall);
            assert_eq!(
                FRESHNESS.decide(Some(confirmed), now, true),
                want,
                "{monotonic} {wall}"
            );
            assert_eq!(FRESHNESS.decide(Some(confirmed), now, false), ConfirmFirst);
            assert_eq!(FRESHNESS.allows(confirmed, now), want != ConfirmFirst);
        }
        assert_eq!(FRESHNESS.decide(None, confirmed, true), ConfirmFirst);
    }

    #[test]
    fn a_bound_of_nothing_confirms_every_request() {
        let freshness = Freshness {
            revalidate_after: Duration::ZERO,
            max_staleness: Duration::ZERO,
        };
        let confirmed = Moment::now();
        assert_eq!(
            freshness.decide(Some(confirmed), later(confirmed, 1, 1), true),
            ConfirmFirst
        );
        // One that was taken at the very instant, or after the request began, is as good as its own.
        assert!(freshness.allows(confirmed, confirmed));
    }

    #[test]
    fn a_cap_below_the_interval_leaves_no_time_to_confirm_alongside() {
        let freshness = Freshness {
            revalidate_after: Duration::from_secs(5),
            max_staleness: Duration::from_secs(1),
        };
        let confirmed = Moment::now();
        assert_eq!(
            freshness.decide(Some(confirmed), later(confirmed, 900, 0), true),
            Serve
        );
        assert_eq!(
            freshness.decide(Some(confirmed), later(confirmed, 1100, 0), true),
            ConfirmFirst
        );
    }
}

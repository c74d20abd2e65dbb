//! When something was so, and how long ago that is.

use std::time::{Duration, Instant, SystemTime};

/// A point in time on both clocks of a machine. Neither will do alone: the monotonic one may stand still while a process,
/// or the instance of a Lambda function, is frozen, and the one on the wall can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// By the clock that is never set.
    pub monotonic: Instant,
    /// By the clock that others have as well.
    pub wall: SystemTime,
}

impl Moment {
    /// This very moment.
    pub fn now() -> Self {
        Self {
            monotonic: Instant::now(),
            wall: SystemTime::now(),
        }
    }

    /// The time between this moment and a later one, on the clock that saw more of it pass; `None` when the wall clock
    /// was set back between the two, because then nobody knows.
    pub fn age(self, now: Self) -> Option<Duration> {
        let wall = now.wall.duration_since(self.wall).ok()?;
        Some(wall.max(self.monotonic_age(now)))
    }

    /// The time that has passed at the least between this moment and a later one: on the clock that saw more of it pass,
    /// where one that was set back saw none.
    pub fn least_age(self, now: Self) -> Duration {
        self.age(now).unwrap_or_else(|| self.monotonic_age(now))
    }

    fn monotonic_age(self, now: Self) -> Duration {
        now.monotonic.saturating_duration_since(self.monotonic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_that_saw_more_time_pass_is_believed() {
        let began = Moment::now();
        let millis = Duration::from_millis;
        for (monotonic, wall, age, least) in [
            (0, 0, Some(0), 0),
            (5, 3, Some(5), 5),
            // Frozen: no time passed but on the wall.
            (3, 86_400_000, Some(86_400_000), 86_400_000),
            // The wall clock was set back while time passed, or by the blink of an eye.
            (100, -3_600_000, None, 100),
            (0, -1, None, 0),
        ] {
            let distance = millis(i64::unsigned_abs(wall));
            let now = Moment {
                monotonic: began.monotonic + millis(monotonic),
                wall: if wall < 0 {
                    began.wall - distance
                } else {
                    began.wall + distance
                },
            };
            let case = format!("{monotonic} {wall}");
            assert_eq!(began.age(now), age.map(millis), "{case}");
            assert_eq!(began.least_age(now), millis(least), "{case}");
        }
        // Of two that were taken at about the same time, either may be the later one.
        let earlier = Moment {
            monotonic: began.monotonic + millis(1),
            ..began
        };
        assert_eq!(earlier.age(began), Some(Duration::ZERO));
    }
}

//! A token and its time.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::Token;

/// Longest time that a token is kept, whatever its server says.
const MOST_LIFETIME: Duration = Duration::from_hours(24);
/// Most that is cut off a lifetime.
const MOST_MARGIN: Duration = Duration::from_mins(1);

/// A token and until when it is used.
pub(super) struct Kept {
    pub(super) text: Arc<str>,
    /// From then on a new one is worth asking for.
    refresh: Moment,
    /// From then on it is not used any more.
    end: Moment,
}

/// How much of its life a token has behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    Fresh,
    /// Good, but to be replaced soon.
    Old,
    Over,
}

/// A time on both clocks of a machine. The monotonic one may stand still while the machine, or the instance of a Lambda
/// function, sleeps; the other one may be set back. A moment has come when either says so.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    monotonic: Instant,
    wall: SystemTime,
}

impl Moment {
    pub(super) fn now() -> Self {
        let now = Self {
            monotonic: Instant::now(),
            wall: SystemTime::now(),
        };
        #[cfg(test)]
        let now = now.after(super::tests::ahead());
        now
    }

    /// Whether so much time has passed since.
    pub(super) fn is_past(self, time: Duration) -> bool {
        self.after(time).has_come(Self::now())
    }

    pub(super) fn after(self, time: Duration) -> Self {
        Self {
            monotonic: self.monotonic + time,
            wall: self.wall.checked_add(time).unwrap_or(self.wall),
        }
    }

    fn has_come(self, now: Self) -> bool {
        now.monotonic >= self.monotonic || now.wall >= self.wall
    }
}

impl Kept {
    pub(super) fn new(token: Token, asked: Moment) -> Self {
        let lifetime = token.lifetime.min(MOST_LIFETIME);
        let margin = (lifetime / 10).min(MOST_MARGIN);
        Self {
            text: token.text.into(),
            refresh: asked.after(lifetime.saturating_sub(margin * 2)),
            end: asked.after(lifetime.saturating_sub(margin)),
        }
    }

    pub(super) fn age(&self, now: Moment) -> Age {
        if self.end.has_come(now) {
            Age::Over
        } else if self.refresh.has_come(now) {
            Age::Old
        } else {
            Age::Fresh
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(lifetime: Duration, asked: Moment) -> Kept {
        let text = "token".to_owned();
        Kept::new(Token { text, lifetime }, asked)
    }

    #[test]
    fn margins() {
        let asked = Moment::now();
        for (lifetime, refresh, end) in [
            (3600, 3480, 3540),
            (600, 480, 540),
            (100, 80, 90),
            (10, 8, 9),
            // A day at most.
            (10_000_000, 86_280, 86_340),
            (u64::MAX, 86_280, 86_340),
        ] {
            let kept = kept(Duration::from_secs(lifetime), asked);
            for (seconds, want) in [
                (0, Age::Fresh),
                (refresh - 1, Age::Fresh),
                (refresh, Age::Old),
                (end - 1, Age::Old),
                (end, Age::Over),
                (end * 10, Age::Over),
            ] {
                let now = asked.after(Duration::from_secs(seconds));
                assert_eq!(kept.age(now), want, "{lifetime} after {seconds}");
            }
        }
        assert_eq!(kept(Duration::ZERO, asked).age(asked), Age::Over);
    }

    #[test]
    fn either_clock_ends_a_token() {
        let asked = Moment::now();
        let kept = kept(Duration::from_secs(100), asked);
        let later = asked.after(Duration::from_secs(95));
        let slept = Moment {
            wall: later.wall,
            ..asked
        };
        let set_back = Moment {
            monotonic: later.monotonic,
            wall: SystemTime::UNIX_EPOCH,
        };
        for (now, want) in [
            (slept, Age::Over),
            (set_back, Age::Over),
            (
                Moment {
                    wall: SystemTime::UNIX_EPOCH,
                    ..asked
                },
                Age::Fresh,
            ),
        ] {
            assert_eq!(kept.age(now), want, "{now:?}");
        }
    }
}

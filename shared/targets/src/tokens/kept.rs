//! A token and its time.

use std::sync::Arc;
use std::time::Duration;

use clocks::Moment;

use super::Token;

/// Longest time that a token is kept, whatever its server says.
const MOST_LIFETIME: Duration = Duration::from_hours(24);
/// Most that is cut off a lifetime.
const MOST_MARGIN: Duration = Duration::from_mins(1);

/// A token and until when it is used.
pub(super) struct Kept {
    pub(super) text: Arc<str>,
    /// When it was asked for.
    asked: Moment,
    /// From this age on a new one is worth asking for.
    refresh: Duration,
    /// From this age on it is not used any more.
    end: Duration,
}

/// How much of its life a token has behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    Fresh,
    /// Good, but to be replaced soon.
    Old,
    Over,
}

/// The time now.
pub(super) fn now() -> Moment {
    let now = Moment::now();
    #[cfg(test)]
    let now = tests::later(now, super::tests::ahead());
    now
}

impl Kept {
    pub(super) fn new(token: Token, asked: Moment) -> Self {
        let lifetime = token.lifetime.min(MOST_LIFETIME);
        let margin = (lifetime / 10).min(MOST_MARGIN);
        Self {
            text: token.text.into(),
            asked,
            refresh: lifetime.saturating_sub(margin * 2),
            end: lifetime.saturating_sub(margin),
        }
    }

    pub(super) fn age(&self, now: Moment) -> Age {
        let age = self.asked.least_age(now);
        if age >= self.end {
            Age::Over
        } else if age >= self.refresh {
            Age::Old
        } else {
            Age::Fresh
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    pub(in crate::tokens) fn later(moment: Moment, by: Duration) -> Moment {
        Moment {
            monotonic: moment.monotonic + by,
            wall: moment.wall + by,
        }
    }

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
                let now = later(asked, Duration::from_secs(seconds));
                assert_eq!(kept.age(now), want, "{lifetime} after {seconds}");
            }
        }
        assert_eq!(kept(Duration::ZERO, asked).age(asked), Age::Over);
    }

    #[test]
    fn either_clock_ends_a_token() {
        let asked = Moment::now();
        let kept = kept(Duration::from_secs(100), asked);
        let old = later(asked, Duration::from_secs(95));
        let slept = Moment {
            wall: old.wall,
            ..asked
        };
        let set_back = Moment {
            monotonic: old.monotonic,
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

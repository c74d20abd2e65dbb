//! How long is waited before something that failed is tried again: the one rule, for deliveries, circuits and calls of
//! the gateway's own.

use std::time::Duration;

/// Pauses whose bound doubles with every failure in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Longest pause after the first failure.
    pub first: Duration,
    /// Longest pause after any.
    pub most: Duration,
    /// What pauses may be below their bound.
    pub spread: Spread,
}

/// From where up to its bound a pause is spread evenly: many that failed at once are not to come back at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// Nowhere: it is its bound. For what nobody else does at the same time.
    Fixed,
    /// From nothing.
    FromZero,
    /// From half of its bound.
    FromHalf,
    /// From the same least pause, however far away the bound is.
    From(Duration),
}

impl Backoff {
    /// The pause after so many failures in a row, at least 1. `share` is a random number from 0 up to 1: how far the pause
    /// is from the least one to its bound.
    pub fn pause(&self, failures: u32, share: f64) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.max(1) - 1);
        let bound = self.first.saturating_mul(doubled).min(self.most);
        let least = match self.spread {
            Spread::Fixed => return bound,
            Spread::FromZero => Duration::ZERO,
            Spread::FromHalf => bound / 2,
            Spread::From(least) => least,
        };
        // A clamped NaN stays one, and no time can be multiplied by it.
        let share = if share.is_nan() {
            1.0
        } else {
            share.clamp(0.0, 1.0)
        };
        least + bound.saturating_sub(least).mul_f64(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backoff(spread: Spread) -> Backoff {
        Backoff {
            first: Duration::from_millis(200),
            most: Duration::from_secs(5),
            spread,
        }
    }

    #[test]
    fn bounds_double_up_to_the_longest() {
        for (failures, bound) in [
            (0, 200),
            (1, 200),
            (2, 400),
            (5, 3200),
            (6, 5000),
            (40, 5000),
            (u32::MAX, 5000),
        ] {
            let bound = Duration::from_millis(bound);
            let least = Duration::from_millis(100);
            for (spread, at_zero) in [
                (Spread::Fixed, bound),
                (Spread::FromZero, Duration::ZERO),
                (Spread::FromHalf, bound / 2),
                (Spread::From(least), least),
            ] {
                let backoff = backoff(spread);
                assert_eq!(backoff.pause(failures, 1.0), bound, "{spread:?} {failures}");
                assert_eq!(backoff.pause(failures, 0.0), at_zero, "{spread:?} {failures}");
                let middle = at_zero + bound.saturating_sub(at_zero) / 2;
                assert_eq!(backoff.pause(failures, 0.5), middle, "{spread:?} {failures}");
            }
        }
    }

    #[test]
    fn shares_that_are_none_count_as_the_nearest() {
        for (share, want) in [
            (-3.0, 0),
            (7.0, 200),
            (f64::NAN, 200),
            (f64::INFINITY, 200),
            (f64::NEG_INFINITY, 0),
        ] {
            let pause = backoff(Spread::FromZero).pause(1, share);
            assert_eq!(pause, Duration::from_millis(want), "{share}");
        }
    }

    #[test]
    fn a_longest_below_the_first_bounds_that_as_well() {
        let most = Duration::from_millis(50);
        let short = Backoff {
            most,
            ..backoff(Spread::Fixed)
        };
        assert_eq!(short.pause(1, 0.0), most);
        // What is never to be gone below is not.
        let least = Duration::from_millis(70);
        let spread = Spread::From(least);
        assert_eq!(Backoff { spread, ..short }.pause(1, 1.0), least);
    }
}

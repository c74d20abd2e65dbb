//! How long to wait before the next try.

use std::time::Duration;

/// Doubles with every failure (from 1) up to a bound, with jitter: many processes that failed at once are not to come
/// back at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Backoff {
    pub(super) least: Duration,
    pub(super) most: Duration,
}

impl Backoff {
    /// The pause after so many failures in a row.
    pub(super) fn pause(self, failures: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(failures);
        let bound = self.least.saturating_mul(doubled).min(self.most);
        self.least + bound.saturating_sub(self.least).mul_f64(fastrand::f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_stay_in_their_bounds() {
        let (least, most) = (Duration::from_millis(100), Duration::from_secs(5));
        let backoff = Backoff { least, most };
        for (failures, bound) in [
            (1, 200),
            (2, 400),
            (5, 3200),
            (6, 5000),
            (40, 5000),
            (u32::MAX, 5000),
        ] {
            let pauses: Vec<_> = (0..200).map(|_| backoff.pause(failures)).collect();
            let bound = Duration::from_millis(bound);
            assert!(
                pauses.iter().all(|pause| (least..=bound).contains(pause)),
                "{failures}"
            );
            assert!(
                pauses.iter().any(|pause| *pause > (least + bound) / 2),
                "{failures}"
            );
        }
    }
}

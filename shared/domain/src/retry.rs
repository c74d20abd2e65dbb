//! When a failed delivery is tried again: policies of subscriptions, classes of failure, and the pause between
//! attempts (docs/delivery.md).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::backoff::{Backoff, Spread};

mod decode;
mod seconds;
#[cfg(test)]
mod tests;

pub use seconds::Seconds;

/// Attempts that a delivery gets unless its subscription says otherwise.
pub const DEFAULT_MAX_ATTEMPTS: u32 = 185;
/// Age at which a delivery is given up unless its subscription says otherwise.
pub const DEFAULT_MAX_AGE: Duration = Duration::from_hours(24);
/// Least pause unless the subscription says otherwise.
pub const DEFAULT_MIN_DELAY: Duration = Duration::from_secs(1);
/// Bound of every pause unless the subscription says otherwise.
pub const DEFAULT_MAX_DELAY: Duration = Duration::from_mins(15);

/// Most attempts that a policy may allow: as often as SQS hands out a message.
pub const MOST_ATTEMPTS: u32 = 1000;
/// Greatest age that a policy may allow: as long as SQS keeps a message.
pub const MOST_AGE: Duration = Duration::from_hours(14 * 24);
/// Longest pause between two attempts: as long as SQS hides a message.
pub const MOST_DELAY: Duration = Duration::from_hours(12);

/// What a subscription says of retries; what it leaves open has a default. The form of the wire.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RetryPolicy {
    /// Attempts, the first included; 1 to 1000, 185 by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1000, nullable = false)]
    pub max_attempts: Option<u32>,
    /// Seconds from acceptance after which no attempt is made; 1 to 1209600 (14 days), 86400 by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_209_600, nullable = false)]
    pub max_age_seconds: Option<u64>,
    /// Least pause between two attempts, in seconds; its bound doubles with every failure. 1 by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 43_200, nullable = false)]
    pub min_delay: Option<Seconds>,
    /// Bound of every pause, in seconds; not below `minDelay`, at most 43200 (12 hours). 900 by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 43_200, nullable = false)]
    pub max_delay: Option<Seconds>,
}

/// What a failure says about another attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureClass {
    /// Every further attempt would fail as well.
    Permanent,
    /// It may be over at the next attempt.
    Transient,
    /// The function asks to be called less often; no sign of it being out of order.
    Throttled,
    /// The function says that it is gone for good (410): its subscription is paused.
    Gone,
}

impl RetryPolicy {
    /// Attempts, the first included.
    pub fn max_attempts(&self) -> u32 {
        self.max_attempts.unwrap_or(DEFAULT_MAX_ATTEMPTS)
    }

    /// Age at which a delivery is given up.
    pub fn max_age(&self) -> Duration {
        self.max_age_seconds.map_or(DEFAULT_MAX_AGE, Duration::from_secs)
    }

    /// Least pause; lower than usual where the subscription sets a lower bound for every pause.
    pub fn min_delay(&self) -> Duration {
        let upper = self.max_delay.map_or(MOST_DELAY, Seconds::duration);
        self.min_delay
            .map_or(DEFAULT_MIN_DELAY.min(upper), Seconds::duration)
    }

    /// Bound of every pause; higher than usual where the subscription sets a higher least one.
    pub fn max_delay(&self) -> Duration {
        self.max_delay
            .map_or(DEFAULT_MAX_DELAY.max(self.min_delay()), Seconds::duration)
    }

    /// A time that a function named, as far as it counts: up to `most`, or up to the longest pause where the subscription
    /// itself allows longer ones.
    pub fn heeded(&self, retry_after: Option<Duration>, most: Duration) -> Option<Duration> {
        let own = self.max_delay.map(Seconds::duration).unwrap_or_default();
        retry_after.map(|named| named.min(most.max(own)))
    }

    /// The pause after so many failed attempts, at least 1: spread evenly from [`Self::min_delay`] to a bound that is
    /// twice that at first and doubles with every failure, up to [`Self::max_delay`]. `jitter` is a random number from
    /// 0 up to 1. A function that named a time is not called before it, unless it named more than [`MOST_DELAY`].
    pub fn pause(&self, failed_attempts: u32, jitter: f64, retry_after: Option<Duration>) -> Duration {
        let least = self.min_delay();
        let own = Backoff {
            first: least.saturating_mul(2),
            most: self.max_delay(),
            spread: Spread::From(least),
        };
        own.pause(failed_attempts, jitter)
            .max(retry_after.unwrap_or_default())
            .min(MOST_DELAY)
    }
}

//! What a client is told whose events are more than a space takes.

use domain::ids::Space;
use domain::quota::{Empty, Quota, QuotaRate};

/// A space takes no more events for now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "too many events for space {:?}: its plan takes {} a second, and {} at once",
    .space.as_str(), .rate.per_second(), .rate.burst()
)]
pub struct QuotaUsedUp {
    /// The space.
    pub space: Space,
    /// What it takes.
    pub rate: QuotaRate,
    /// What is left, and when there is more.
    pub empty: Empty,
}

impl QuotaUsedUp {
    /// Whole seconds until there is as much as was wanted; at least 1.
    pub fn retry_after(&self) -> u32 {
        let seconds = self.empty.wait.as_millis().div_ceil(1000).max(1);
        u32::try_from(seconds).unwrap_or(u32::MAX)
    }

    /// The value of the header `RateLimit` (draft-ietf-httpapi-ratelimit-headers): what is left, and when there is more.
    pub fn rate_limit(&self) -> String {
        let (name, left) = (Quota::Events.name(), self.empty.left);
        format!("\"{name}\";r={left};t={}", self.retry_after())
    }

    /// The value of the header `RateLimit-Policy`: as many as a burst in the time in which as many come.
    pub fn rate_limit_policy(&self) -> String {
        let (name, burst) = (Quota::Events.name(), self.rate.burst());
        let window = self
            .rate
            .fill_rate()
            .filling_time()
            .div_ceil(1_000_000_000)
            .max(1);
        format!("\"{name}\";q={burst};w={window}")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::quota::QuotaPlans;

    use super::*;

    #[test]
    fn headers_are_structured_fields() {
        for (rate, wait, want) in [
            (
                r#"{"rate":10}"#,
                100,
                ("\"events\";r=2;t=1", "\"events\";q=10;w=1"),
            ),
            (
                r#"{"rate":3,"burst":10}"#,
                1001,
                ("\"events\";r=2;t=2", "\"events\";q=10;w=4"),
            ),
            (
                r#"{"rate":0.5}"#,
                2000,
                ("\"events\";r=2;t=2", "\"events\";q=1;w=2"),
            ),
        ] {
            let plans = QuotaPlans::read(&format!(r#"{{"p":{{"events":{rate}}}}}"#), Some("p")).unwrap();
            let (_, plan) = plans.of(None).unwrap();
            let used_up = QuotaUsedUp {
                space: "s".into(),
                rate: plan.events.unwrap(),
                empty: Empty {
                    wait: Duration::from_millis(wait),
                    left: 2,
                },
            };
            assert_eq!((&*used_up.rate_limit(), &*used_up.rate_limit_policy()), want);
        }
    }
}

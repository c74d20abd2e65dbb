//! What spaces use: counts of each hour. An hour is a number, of whole hours since 1970, in UTC.
//!
//! Several programs may count what the same space uses in the same hour. Each writes what it has counted so far in a row of its
//! own, so that a row that is written twice counts once; what the space used is the sum of the rows.

use std::ops::AddAssign;

use serde::Serialize;

use crate::ids::Space;

/// Milliseconds of an hour.
pub const HOUR_MILLIS: u64 = 60 * 60 * 1000;

/// Hours of a day.
pub const DAY_HOURS: u64 = 24;

/// The hour of a time in milliseconds since 1970.
pub fn hour_of(millis: u64) -> u64 {
    millis / HOUR_MILLIS
}

/// What a space has used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageCounts {
    /// Events that reached subscriptions of the space and were taken. One that reaches several of them counts once.
    #[schema(minimum = 0)]
    pub events: u64,
    /// Bytes of the data of these events, as JSON.
    #[schema(minimum = 0)]
    pub bytes: u64,
    /// Those of the events whose sender waited for the answer of a function.
    #[schema(minimum = 0)]
    pub calls: u64,
    /// Deliveries to async subscriptions that were queued, those of the gateway's own events as well.
    #[schema(minimum = 0)]
    pub deliveries: u64,
    /// Attempts to make these deliveries that came to an end.
    #[schema(minimum = 0)]
    pub attempts: u64,
    /// Deliveries that were given up.
    #[schema(minimum = 0)]
    pub dead_letters: u64,
}

impl UsageCounts {
    /// Their names, in the order of [`Self::values`].
    pub const NAMES: [&str; 6] = [
        "events",
        "bytes",
        "calls",
        "deliveries",
        "attempts",
        "deadLetters",
    ];

    /// All of them.
    pub fn values(&self) -> [u64; 6] {
        [
            self.events,
            self.bytes,
            self.calls,
            self.deliveries,
            self.attempts,
            self.dead_letters,
        ]
    }

    /// Those of these values.
    pub fn of_values([events, bytes, calls, deliveries, attempts, dead_letters]: [u64; 6]) -> Self {
        Self {
            events,
            bytes,
            calls,
            deliveries,
            attempts,
            dead_letters,
        }
    }

    /// Whether nothing was used.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

impl AddAssign for UsageCounts {
    fn add_assign(&mut self, other: Self) {
        let (mut sums, others) = (self.values(), other.values());
        for (sum, value) in sums.iter_mut().zip(others) {
            *sum = sum.saturating_add(value);
        }
        *self = Self::of_values(sums);
    }
}

/// What one writer has counted of a space in an hour so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRow {
    /// The space.
    pub space: Space,
    /// The hour.
    pub hour: u64,
    /// Who counted: no other row of the space and the hour has the same number.
    pub writer: u64,
    /// What it counted.
    pub counts: UsageCounts,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_go_together() {
        let counts = UsageCounts::of_values([1, 2, 3, 4, 5, 6]);
        let json = serde_json::to_value(counts).unwrap();
        for (name, value) in UsageCounts::NAMES.into_iter().zip(counts.values()) {
            assert_eq!(json[name], value, "{name}");
        }
        assert_eq!(json.as_object().unwrap().len(), UsageCounts::NAMES.len());
    }

    #[test]
    fn sums_have_an_end() {
        let mut sum = UsageCounts::default();
        assert!(sum.is_zero());
        sum += UsageCounts::of_values([1, u64::MAX, 0, 0, 0, 0]);
        sum += UsageCounts::of_values([2, 1, 0, 0, 0, 1]);
        assert_eq!(sum.values(), [3, u64::MAX, 0, 0, 0, 1]);
        assert_eq!((hour_of(HOUR_MILLIS - 1), hour_of(HOUR_MILLIS)), (0, 1));
    }
}

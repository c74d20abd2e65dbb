//! When circuits open.

use std::time::Duration;

/// When circuits open, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CircuitBreakerSettings {
    /// Failures in a row that open a circuit; 0 keeps all circuits closed.
    pub failure_threshold: u32,
    /// How long a circuit is open at first, and at least.
    pub min_open: Duration,
    /// Bound of the time that it is open, which doubles with every probe that fails; at least `min_open`.
    pub max_open: Duration,
}

impl Default for CircuitBreakerSettings {
    fn default() -> Self {
        Self {
            failure_threshold: 10,
            min_open: Duration::from_secs(1),
            max_open: Duration::from_mins(1),
        }
    }
}

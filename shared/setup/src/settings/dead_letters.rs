//! How many dead letters are kept, and for how long.

use std::time::Duration;

use clap::Args;

use super::milliseconds;

/// Dead letters.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Async deliveries")]
pub struct DeadLetterSettings {
    /// Bytes of dead letters that are kept for each space, 256 MiB on disk or 16 MiB in memory unless set.
    #[arg(
        long = "dead-letters-bytes",
        env = "EVENT_GATEWAY_DEAD_LETTERS_BYTES",
        value_name = "BYTES"
    )]
    pub bytes: Option<u64>,
    /// Bytes of dead letters that are kept for all spaces, 2 GiB on disk or 64 MiB in memory unless set.
    #[arg(
        long = "dead-letters-total-bytes",
        env = "EVENT_GATEWAY_DEAD_LETTERS_TOTAL_BYTES",
        value_name = "BYTES"
    )]
    pub total_bytes: Option<u64>,
    /// How long dead letters are kept, in milliseconds, 14 days unless set; 0 is no limit.
    #[arg(long = "dead-letters-max-age", env = "EVENT_GATEWAY_DEAD_LETTERS_MAX_AGE", default_value = "1209600000", value_parser = milliseconds, value_name = "MS")]
    pub max_age: Duration,
}

impl DeadLetterSettings {
    /// How long dead letters are kept; `None` without a limit.
    pub fn max_age(&self) -> Option<Duration> {
        (!self.max_age.is_zero()).then_some(self.max_age)
    }
}

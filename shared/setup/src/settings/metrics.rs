//! How many series of metrics there may be.

use clap::Args;
use gateway::metrics::MetricsLimits;

/// Bounds of metrics.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Metrics")]
pub struct MetricsSettings {
    /// Spaces that have series of their own; all others are counted together.
    #[arg(
        long = "metrics-spaces",
        env = "EVENT_GATEWAY_METRICS_SPACES",
        default_value_t = 10_000,
        value_name = "COUNT"
    )]
    pub metrics_spaces: usize,
    /// Spaces in which nothing is that requests to the Configuration API are counted for one by one.
    #[arg(
        long = "metrics-unknown-spaces",
        env = "EVENT_GATEWAY_METRICS_UNKNOWN_SPACES",
        default_value_t = 1000,
        value_name = "COUNT"
    )]
    pub metrics_unknown_spaces: usize,
    /// Types of sync events that have series of their own, in each space.
    #[arg(
        long = "metrics-types-per-space",
        env = "EVENT_GATEWAY_METRICS_TYPES_PER_SPACE",
        default_value_t = 1000,
        value_name = "COUNT"
    )]
    pub metrics_types_per_space: usize,
}

impl MetricsSettings {
    /// What they say, as the engine takes it.
    pub fn limits(&self) -> MetricsLimits {
        MetricsLimits {
            spaces: self.metrics_spaces,
            unknown_spaces: self.metrics_unknown_spaces,
            types_per_space: self.metrics_types_per_space,
        }
    }
}

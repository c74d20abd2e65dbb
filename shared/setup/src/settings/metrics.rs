//! What is counted, and how many series of metrics there may be.

use clap::{Args, ValueEnum};
use gateway::metrics::{DetailLimits, MetricsLimits};

/// Bounds of metrics.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Metrics")]
pub struct MetricsSettings {
    /// What is counted: nothing, what spaces have, or also single functions, subscriptions and routes.
    #[arg(
        long = "metrics",
        env = "EVENT_GATEWAY_METRICS",
        default_value = "detailed",
        hide_possible_values = true,
        value_name = "off|basic|detailed"
    )]
    pub metrics: MetricsLevel,
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
    /// Functions, subscriptions and routes of a space that have series of their own, so many of each.
    #[arg(
        long = "metrics-items-per-space",
        env = "EVENT_GATEWAY_METRICS_ITEMS_PER_SPACE",
        default_value_t = 100,
        value_name = "COUNT"
    )]
    pub metrics_items_per_space: usize,
    /// Those of all spaces.
    #[arg(
        long = "metrics-items",
        env = "EVENT_GATEWAY_METRICS_ITEMS",
        default_value_t = 10_000,
        value_name = "COUNT"
    )]
    pub metrics_items: usize,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MetricsLevel {
    /// Nothing, and there is no page.
    Off,
    /// What spaces have, and types of events.
    Basic,
    /// Also single functions, subscriptions and routes.
    Detailed,
}

impl MetricsSettings {
    /// Whether anything is counted.
    pub fn is_on(&self) -> bool {
        self.metrics != MetricsLevel::Off
    }

    /// How many functions, subscriptions and routes are counted one by one, if any are.
    pub fn detail(&self) -> Option<DetailLimits> {
        (self.metrics == MetricsLevel::Detailed).then_some(DetailLimits {
            items_per_space: self.metrics_items_per_space,
            items: self.metrics_items,
        })
    }

    /// What they say, as the engine takes it.
    pub fn limits(&self) -> MetricsLimits {
        MetricsLimits {
            spaces: self.metrics_spaces,
            unknown_spaces: self.metrics_unknown_spaces,
            types_per_space: self.metrics_types_per_space,
        }
    }
}

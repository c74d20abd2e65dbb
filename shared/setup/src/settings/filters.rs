//! How large the filters of subscriptions may be.

use clap::Args;
use domain::configuration::FilterLimits;

/// Deepest that filters may be allowed to nest (`domain::resource::MAX_FILTER_DEPTH`).
const DEEPEST: u16 = 128;

/// Most combinations that may be allowed (`domain::resource::MAX_FILTER_COMBINATIONS`).
const MOST_COMBINATIONS: u32 = 65_536;

/// Bounds of the filters of subscriptions. What is stored already may be larger.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Filters")]
pub struct FilterSettings {
    /// Largest `filters` of a subscription, in bytes.
    #[arg(
        long = "max-filter-bytes",
        env = "EVENT_GATEWAY_MAX_FILTER_BYTES",
        default_value_t = 64 * 1024,
        value_name = "BYTES"
    )]
    pub max_filter_bytes: usize,
    /// How deep filters, patterns and expressions may nest; at most 128.
    #[arg(
        long = "max-filter-depth",
        env = "EVENT_GATEWAY_MAX_FILTER_DEPTH",
        default_value_t = 32,
        value_parser = clap::value_parser!(u16).range(1..=i64::from(DEEPEST)),
        value_name = "COUNT"
    )]
    pub max_filter_depth: u16,
    /// Most conditions in the filters of a subscription: attributes, leaves of patterns, operators of expressions.
    #[arg(
        long = "max-filter-conditions",
        env = "EVENT_GATEWAY_MAX_FILTER_CONDITIONS",
        default_value_t = 1024,
        value_name = "COUNT"
    )]
    pub max_filter_conditions: usize,
    /// Most wildcard characters in the filters of a subscription.
    #[arg(
        long = "max-filter-wildcards",
        env = "EVENT_GATEWAY_MAX_FILTER_WILDCARDS",
        default_value_t = 128,
        value_name = "COUNT"
    )]
    pub max_filter_wildcards: usize,
    /// Steps that the filters of a subscription may take for one event: bytes of texts that expressions read or make, and
    /// values that patterns compare.
    #[arg(
        long = "max-filter-steps",
        env = "EVENT_GATEWAY_MAX_FILTER_STEPS",
        default_value_t = 1024 * 1024,
        value_name = "COUNT"
    )]
    pub max_filter_steps: usize,
    /// Conditions that the combinations of the $or of a pattern may add; at most 65536.
    #[arg(
        long = "max-filter-combinations",
        env = "EVENT_GATEWAY_MAX_FILTER_COMBINATIONS",
        default_value_t = 4_096,
        value_parser = clap::value_parser!(u32).range(0..=i64::from(MOST_COMBINATIONS)),
        value_name = "COUNT"
    )]
    pub max_filter_combinations: u32,
    /// Subscriptions of a space whose filters require no value, prefix or suffix that events could be found by.
    #[arg(
        long = "max-unindexed-filters",
        env = "EVENT_GATEWAY_MAX_UNINDEXED_FILTERS",
        default_value_t = 1000,
        value_name = "COUNT"
    )]
    pub max_unindexed_filters: usize,
}

impl FilterSettings {
    /// The bounds of the filters of one subscription.
    pub(crate) fn limits(&self) -> FilterLimits {
        FilterLimits {
            max_bytes: self.max_filter_bytes,
            max_depth: usize::from(self.max_filter_depth),
            max_conditions: self.max_filter_conditions,
            max_wildcards: self.max_filter_wildcards,
            max_steps: self.max_filter_steps,
            max_combinations: self.max_filter_combinations as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::resource::{MAX_FILTER_COMBINATIONS, MAX_FILTER_DEPTH};

    use super::*;

    #[test]
    fn what_is_stored_may_be_as_deep() {
        assert_eq!(usize::from(DEEPEST), MAX_FILTER_DEPTH);
        assert_eq!(MOST_COMBINATIONS as usize, MAX_FILTER_COMBINATIONS);
    }
}

//! Clients of older versions.

use clap::Args;

/// Clients of older versions.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Compatibility")]
pub struct CompatibilitySettings {
    /// Take requests of 2017, versions 0.5 to 0.7: subscriptions with `event`, `provider.type`, direct calls.
    #[arg(
        long = "legacy-api",
        env = "EVENT_GATEWAY_LEGACY_API",
        num_args = 0..=1,
        require_equals = true,
        default_value = "false",
        default_missing_value = "true",
        action = clap::ArgAction::Set,
        value_name = "true|false"
    )]
    pub legacy_api: bool,
}

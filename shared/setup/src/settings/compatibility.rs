//! Clients of older versions.

use clap::{Args, ValueEnum};

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
    /// What becomes of members of resources that are not known: accept ignores them with a warning, reject refuses them;
    /// reject in hosted mode unless it is said.
    #[arg(
        long = "unknown-members",
        env = "EVENT_GATEWAY_UNKNOWN_MEMBERS",
        hide_possible_values = true,
        value_name = "accept|reject"
    )]
    pub unknown_members: Option<UnknownMembersMode>,
}

/// What becomes of members of resources that are not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum UnknownMembersMode {
    /// They are ignored, and the answer and the log tell of them.
    Accept,
    /// They are refused.
    Reject,
}

impl CompatibilitySettings {
    /// Whether members that are not known are refused. No client of a gateway that hosts others is older than this rule.
    pub(super) fn rejects_unknown_members(&self, is_hosted: bool) -> bool {
        self.unknown_members
            .map_or(is_hosted, |mode| mode == UnknownMembersMode::Reject)
    }
}

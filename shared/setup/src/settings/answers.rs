//! What the APIs add to answers, or make of them.

use clap::Args;

use super::Switch;

/// What the APIs add to answers, or make of them.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Answers")]
pub struct AnswerSettings {
    /// Compress answers of both APIs for clients that take gzip, br or zstd.
    #[arg(
        long = "compression",
        env = "EVENT_GATEWAY_COMPRESSION",
        default_value = "off",
        hide_possible_values = true,
        value_name = "on|off"
    )]
    pub compression: Switch,
}

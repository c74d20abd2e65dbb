//! How many names of functions' hosts are looked up at a time.

use clap::Args;
use targets::LookupLimits;

/// Lookups of names.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Functions")]
pub struct LookupSettings {
    /// Names of functions' hosts that are looked up at a time; each takes a thread until a name server answers.
    #[arg(
        long = "name-lookups",
        env = "EVENT_GATEWAY_NAME_LOOKUPS",
        default_value_t = 256,
        value_name = "COUNT"
    )]
    pub name_lookups: usize,
    /// Those for the functions of one space.
    #[arg(
        long = "name-lookups-per-space",
        env = "EVENT_GATEWAY_NAME_LOOKUPS_PER_SPACE",
        default_value_t = 8,
        value_name = "COUNT"
    )]
    pub name_lookups_per_space: usize,
}

impl LookupSettings {
    /// What they say, as targets take it.
    pub fn limits(&self) -> LookupLimits {
        LookupLimits {
            at_once: self.name_lookups,
            per_space: self.name_lookups_per_space,
        }
    }
}

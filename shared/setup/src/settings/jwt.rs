//! How the keys of JWT authorizers are fetched and kept.

use std::time::Duration;

use clap::Args;
use targets::KeySetSettings;

use super::milliseconds;

/// Keys of JWT authorizers.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Functions")]
pub struct JwtSettings {
    /// Time that the keys of an issuer are good for once they were fetched, in milliseconds.
    #[arg(long = "jwks-cache-time", env = "EVENT_GATEWAY_JWKS_CACHE_TIME", default_value = "300000", value_parser = milliseconds, value_name = "MS")]
    pub jwks_cache_time: Duration,
    /// Least time between two fetches of keys because of tokens with unknown ones, in milliseconds.
    #[arg(long = "jwks-refetch-pause", env = "EVENT_GATEWAY_JWKS_REFETCH_PAUSE", default_value = "30000", value_parser = milliseconds, value_name = "MS")]
    pub jwks_refetch_pause: Duration,
    /// Most bytes of the keys of an issuer.
    #[arg(
        long = "max-jwks-bytes",
        env = "EVENT_GATEWAY_MAX_JWKS_BYTES",
        default_value_t = 131_072,
        value_name = "BYTES"
    )]
    pub max_jwks_bytes: usize,
}

impl JwtSettings {
    /// What they say, as targets take it.
    pub fn key_sets(&self) -> KeySetSettings {
        KeySetSettings {
            cache_time: self.jwks_cache_time,
            refetch_pause: self.jwks_refetch_pause,
            max_bytes: self.max_jwks_bytes,
            ..KeySetSettings::default()
        }
    }
}

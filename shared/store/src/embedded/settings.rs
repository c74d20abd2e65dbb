//! Where an embedded store is and what it may take.

use std::path::PathBuf;
use std::time::Duration;

use clocks::{epoch_millis, millis};
use domain::configuration::SpaceRules;
use domain::usage::hour_of;

use crate::audit::AuditLimits;
use crate::encryption::KeyFile;

/// How long it is usually kept what spaces use: 92 days, so that there is always a whole quarter.
pub const USUAL_USAGE_AGE: Duration = Duration::from_hours(92 * 24);

/// The oldest hour of which it is kept what spaces used.
pub(super) fn oldest_usage(age: Duration) -> u64 {
    hour_of(epoch_millis().saturating_sub(millis(age)))
}

/// Where an embedded store is and how much memory its engine may take.
#[derive(Debug, Clone)]
pub struct EmbeddedSettings {
    /// The folder; created when missing, readable by its owner alone, because functions hold credentials.
    pub directory: PathBuf,
    /// Most bytes that the engine caches. Reads never touch the engine, so a small cache does for any size.
    pub cache_bytes: usize,
    /// Keys that secrets are encrypted with; without them they are stored as they are.
    pub keys: Option<KeyFile>,
    /// What spaces may have.
    pub rules: SpaceRules,
    /// What is kept of the records of changes; `None` where none are made.
    pub audit: Option<AuditLimits>,
    /// How long it is kept what spaces use.
    pub usage_age: Duration,
}

impl EmbeddedSettings {
    /// A folder with the usual cache of 1 MiB.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            cache_bytes: 1024 * 1024,
            keys: None,
            rules: SpaceRules::default(),
            audit: Some(AuditLimits::USUAL),
            usage_age: USUAL_USAGE_AGE,
        }
    }
}

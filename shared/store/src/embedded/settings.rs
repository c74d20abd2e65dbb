//! Where an embedded store is and what it may take.

use std::path::PathBuf;

use domain::configuration::SpaceRules;

use crate::audit::AuditLimits;
use crate::encryption::KeyFile;

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
        }
    }
}

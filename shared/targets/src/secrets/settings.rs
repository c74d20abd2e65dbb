//! Which places secrets may be read from, and for how long they are kept.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use domain::resource::SecretPlace;

/// Where secrets that functions refer to may be, and for how long what was read is good.
///
/// Whoever may register functions can have any secret that is readable here sent to a server of their own, so the places
/// are a matter of whom the gateway serves.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretSettings {
    /// Kinds of places that may be referred to at all.
    pub places: Vec<SecretPlace>,
    /// Folder whose files, and those of folders in it, may be referred to; none without it.
    pub directory: Option<PathBuf>,
    /// Variables that may be referred to, by name: those of the gateway's environment whose names begin with
    /// [`domain::resource::ENVIRONMENT_PREFIX`]. They are handed in, for targets read no environment.
    pub environment: BTreeMap<String, String>,
    /// Time that a secret which was read is good for. A changed one is used within it.
    pub cache_time: Duration,
}

impl Default for SecretSettings {
    fn default() -> Self {
        Self {
            places: SecretPlace::ALL.to_vec(),
            directory: None,
            environment: BTreeMap::new(),
            cache_time: Duration::from_mins(5),
        }
    }
}

impl fmt::Debug for SecretSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretSettings")
            .field("places", &self.places)
            .field("directory", &self.directory)
            .field("environment", &self.environment.keys())
            .field("cache_time", &self.cache_time)
            .finish()
    }
}

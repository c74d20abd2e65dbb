//! How key sets are fetched and kept.

use std::time::Duration;

/// How the key sets of issuers are fetched and kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeySetSettings {
    /// For how long a set is good. It is fetched anew alongside calls in the last fifth of that.
    pub cache_time: Duration,
    /// Least time between two fetches of a set because of tokens that are signed with keys which are not in it.
    pub refetch_pause: Duration,
    /// Most bytes of a set.
    pub max_bytes: usize,
    /// Most sets that are kept of one space. Those that were not used for longest go first.
    pub max_sets_per_space: usize,
    /// The same of all spaces: the space that has the most gives way.
    pub max_sets: usize,
}

impl Default for KeySetSettings {
    fn default() -> Self {
        Self {
            cache_time: Duration::from_mins(5),
            refetch_pause: Duration::from_secs(30),
            max_bytes: 128 * 1024,
            max_sets_per_space: 64,
            max_sets: 1024,
        }
    }
}

//! How much hooks may take.

use std::time::Duration;

/// How much hooks may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HookLimits {
    /// Longest time of one, whatever it says of itself.
    pub(crate) max_timeout: Duration,
    /// Most attributes of an event that one puts in the place of another.
    pub(crate) max_attributes: usize,
}

//! A space as it was after so many changes.

use domain::configuration::Snapshot;

/// A space at a version.
#[derive(Debug, Clone, Default)]
pub(super) struct SpaceSnapshot {
    /// How many changes the space has seen.
    pub(super) version: u64,
    /// What is in it.
    pub(super) snapshot: Snapshot,
}

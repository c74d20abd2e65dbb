//! A space as a whole, to be replaced as a whole: what is planned on a state of it holds for no other.

use domain::configuration::Snapshot;
use domain::ids::Space;

/// A space as it was at a moment.
#[derive(Debug, Clone)]
pub struct SpaceState {
    /// The space.
    pub space: Space,
    /// Its resources.
    pub snapshot: Snapshot,
    /// The first place in the order of creation that is after everything there is.
    pub next_created: u64,
    /// How many changes it has seen, in a table.
    pub(crate) version: u64,
}

//! What workers are to know of deliveries that were taken out of the queue.

use domain::ids::Space;

use super::accounts::Amount;
use super::changes::Stood;

/// What workers are to know of deliveries that were taken out.
#[derive(Default)]
pub(super) struct Removed {
    /// What there was of each space.
    pub(super) amounts: Vec<(Space, Amount)>,
    /// Those that took the turn of others.
    pub(super) stood: Vec<Stood>,
    /// How many stood behind others.
    pub(super) behind: usize,
}

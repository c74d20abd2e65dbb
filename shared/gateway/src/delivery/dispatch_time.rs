//! How long the deliveries of a message may take, where whoever makes them has to end.

use std::time::Duration;

use tokio::time::Instant;

/// The time that deliveries of a message have.
#[derive(Debug, Clone, Copy)]
pub struct DispatchTime {
    /// Before this, a delivery is begun even if its call may take longer than is left: no invocation has more time for it.
    pub early: Instant,
    /// Calls that are not over by now have failed, whatever time their functions have: what came of the others is still
    /// to be settled.
    pub end: Instant,
}

impl DispatchTime {
    /// Whether a delivery may be begun now whose call takes so long at most.
    pub(super) fn admits(&self, call: Duration) -> bool {
        self.is_early() || self.end.saturating_duration_since(Instant::now()) > call
    }

    /// Whether every delivery may be begun now.
    pub(super) fn is_early(&self) -> bool {
        Instant::now() < self.early
    }
}

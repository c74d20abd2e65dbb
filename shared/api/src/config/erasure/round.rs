//! How far a round of removing came, and what it has done and may still do.

use domain::resource::RemovedFromTenant;

/// Writes to the store that a round makes at most, besides those that say what was removed.
const MOST_WRITES: usize = 100;

/// What a round came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Round {
    /// Nothing is left.
    Done,
    /// There is more to remove.
    More,
    /// There is more, which others have in hand: it is of no use to ask again at once.
    Waits,
}

/// How far a space is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SpaceProgress {
    /// There is nothing of it that is the tenant's.
    Gone,
    /// There is more.
    More,
    /// There is more that somebody has in hand.
    Waits,
}

/// What is left to a round, and what it did that is not noted yet.
pub(super) struct Work {
    writes: usize,
    /// What was removed since that was noted last.
    pub(super) removed: RemovedFromTenant,
}

impl Work {
    /// That of a whole round.
    pub(super) fn of_a_round() -> Self {
        Self {
            writes: MOST_WRITES,
            removed: RemovedFromTenant::default(),
        }
    }

    /// Whether there is one write more to make.
    pub(super) fn takes_write(&mut self) -> bool {
        let is_left = self.writes > 0;
        self.writes = self.writes.saturating_sub(1);
        is_left
    }
}

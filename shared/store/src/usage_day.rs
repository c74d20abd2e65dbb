//! Who tells what a space used on a day that is over.

/// What became of the claim to tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageDayClaim {
    /// It is this one's to tell.
    Won {
        /// The last day that was claimed before, as a number of days since 1970.
        before: Option<u64>,
    },
    /// Somebody else has claimed it, or the day after.
    Lost,
}

impl UsageDayClaim {
    /// Whether a day can be claimed after another one was: a later one, or one so much earlier that a clock must have been ahead.
    pub(crate) fn may_follow(before: u64, day: u64) -> bool {
        before < day || before > day + 1
    }
}

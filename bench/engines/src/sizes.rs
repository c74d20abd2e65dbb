//! How much engines hold when they are measured.

/// Records in the configuration scenarios.
pub(crate) const RECORDS: u64 = 10_000;
/// Entries in the queue scenarios that recover or reclaim.
pub(crate) const QUEUED: u64 = 200_000;
/// Entries of the longest queue the product allows.
pub(crate) const DEEP: u64 = 1_000_000;

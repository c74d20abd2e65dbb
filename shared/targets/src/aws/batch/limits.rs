//! How much goes with one request.

/// How much goes with one request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Most entries.
    pub(crate) entries: usize,
    /// Most bytes of all entries. An entry that is larger by itself goes alone, for AWS to judge.
    pub(crate) bytes: usize,
    /// Requests under way at a time to one destination.
    pub(crate) in_flight: usize,
}

//! How much of the disk attempts may take.

/// How much of the disk attempts may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptFilesLimits {
    /// Bytes for each space; the oldest quarter goes for new ones. 0 keeps nothing.
    pub bytes_per_space: u64,
    /// Bytes of all spaces, to the block of a disk. Spaces that were not written to for the longest time go first.
    pub bytes: u64,
}

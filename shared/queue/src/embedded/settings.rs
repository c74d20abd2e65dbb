//! Where an embedded queue is, how much it holds, and when a delivery counts as queued.

use std::path::PathBuf;
use std::time::Duration;

use super::SpaceShares;

/// How much a queue holds.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Deliveries that may wait.
    pub deliveries: usize,
    /// Bytes of events that may wait.
    pub bytes: usize,
    /// Deliveries that may be in the hands of workers at a time; at least 1.
    pub workers: usize,
    /// Deliveries of one function that may be in the hands of workers at a time; at least 1.
    pub per_function: usize,
    /// What of this a single space may take.
    pub spaces: SpaceShares,
    /// Dead letters that are kept.
    pub dead_letters: DeadLetterLimits,
}

/// How many dead letters a queue keeps. When there are more, or older ones, the oldest go.
#[derive(Debug, Clone, Copy)]
pub struct DeadLetterLimits {
    /// Bytes of those of one space.
    pub bytes_per_space: u64,
    /// Bytes of all of them; beyond it the space with the most loses its oldest.
    pub bytes: u64,
    /// How old one becomes; `None` for any age.
    pub max_age: Option<Duration>,
}

impl DeadLetterLimits {
    /// All are kept.
    pub const NONE: Self = Self {
        bytes_per_space: u64::MAX,
        bytes: u64::MAX,
        max_age: None,
    };
}

/// When a delivery counts as queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// When it is on disk.
    Disk,
    /// When the operating system has it: survives the death of the process, not that of the machine. Nothing is
    /// synced but at a clean end, so that after the death of the machine the file may be damaged as a whole and
    /// refused ([`OpenError::Unusable`](crate::OpenError::Unusable)).
    OperatingSystem,
}

/// Where an embedded queue is and what it holds.
#[derive(Debug, Clone)]
pub struct EmbeddedSettings {
    /// The folder; created when missing, readable by its owner alone. `None` keeps everything in memory.
    pub directory: Option<PathBuf>,
    /// Most bytes that the engine caches.
    pub cache_bytes: usize,
    /// When a delivery counts as queued.
    pub durability: Durability,
    /// How much it holds.
    pub limits: Limits,
    /// Bytes of the disk that are set aside, so that dead letters can be listed and deleted, and deliveries can end, when
    /// it is full; 0 sets none aside.
    pub reserve_bytes: u64,
}

//! How recent the routes are that a process has, for whoever looks for what is wrong.

use std::time::Duration;

use domain::ids::Space;

/// How recent the routes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoutesState {
    /// Every change is in them before it is answered.
    AlwaysNewest,
    /// They are a copy of what a shared store has.
    Copy {
        /// Number of the confirmation that they come from; 0 before the first.
        confirmation: u64,
        /// How long ago that began, at the least; `None` before the first.
        age: Option<Duration>,
        /// How many spaces are in them.
        spaces: usize,
        /// The spaces that were loaded last, the latest first.
        latest: Vec<RoutedSpace>,
    },
}

/// A space in the routes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutedSpace {
    /// The space.
    pub space: Space,
    /// The version of it that was loaded.
    pub version: u64,
    /// How long ago it was begun to load it, at the least.
    pub age: Duration,
    /// How many of its functions cannot be called because their secrets do not open.
    pub sealed_functions: usize,
}

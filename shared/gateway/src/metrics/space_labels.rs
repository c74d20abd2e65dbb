//! Which spaces have series of their own. Names in URLs are made up by whoever sends the request, so that there must be a
//! bound, and those of spaces in which nothing is must not use up what the others need.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

use domain::ids::Space;

/// Value of labels that stand for all that have no series of their own.
pub const OTHER: &str = "other";

/// How many series there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetricsLimits {
    /// Spaces with series of their own.
    pub spaces: usize,
    /// Spaces in which nothing is, as far as is known, with series of their own.
    pub unknown_spaces: usize,
    /// Types of sync events with series of their own, in each space.
    pub types_per_space: usize,
}

impl Default for MetricsLimits {
    fn default() -> Self {
        Self {
            spaces: 10_000,
            unknown_spaces: 1000,
            types_per_space: 1000,
        }
    }
}

/// The spaces that have series of their own: the first that come, for as long as the process lives, since series are
/// never taken away. Clones share them.
#[derive(Debug, Clone)]
pub struct SpaceLabels(Arc<Labels>);

#[derive(Debug)]
struct Labels {
    limits: MetricsLimits,
    other: Space,
    named: RwLock<NamedSpaces>,
}

#[derive(Debug, Default)]
struct NamedSpaces {
    known: HashSet<Space>,
    unknown: HashSet<Space>,
}

impl SpaceLabels {
    /// None so far.
    pub fn new(limits: MetricsLimits) -> Self {
        Self(Arc::new(Labels {
            limits,
            other: OTHER.into(),
            named: RwLock::default(),
        }))
    }

    /// What a space is counted as: its name, or [`OTHER`]. `is_known` says that something is in it, or was.
    pub fn of(&self, space: &Space, is_known: bool) -> Space {
        let Labels { limits, other, named } = &*self.0;
        let is_named = {
            let named = named.read().unwrap_or_else(PoisonError::into_inner);
            named.known.contains(space) || (!is_known && named.unknown.contains(space))
        };
        if is_named {
            return space.clone();
        }
        let mut named = named.write().unwrap_or_else(PoisonError::into_inner);
        let (spaces, most) = if is_known {
            named.unknown.remove(space);
            (&mut named.known, limits.spaces)
        } else {
            (&mut named.unknown, limits.unknown_spaces)
        };
        if spaces.len() >= most && !spaces.contains(space) {
            return other.clone();
        }
        spaces.insert(space.clone());
        space.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(spaces: usize, unknown_spaces: usize) -> SpaceLabels {
        SpaceLabels::new(MetricsLimits {
            spaces,
            unknown_spaces,
            types_per_space: 1,
        })
    }

    #[test]
    fn strangers_share_what_is_left_to_them() {
        let labels = labels(100, 3);
        for number in 0..1000 {
            let space = Space::from(format!("stranger-{number}"));
            let want = if number < 3 { space.as_str() } else { OTHER };
            assert_eq!(labels.of(&space, false).as_str(), want);
        }
        // A space that was known once keeps its name, also when it is empty again.
        for name in ["default", "stranger-1", "stranger-500"] {
            assert_eq!(labels.of(&name.into(), true).as_str(), name);
            assert_eq!(labels.of(&name.into(), false).as_str(), name);
        }
        // A space that has become known no longer takes a place of the unknown ones.
        assert_eq!(labels.of(&"stranger-900".into(), false).as_str(), "stranger-900");
        assert_eq!(labels.of(&"stranger-901".into(), false).as_str(), OTHER);
    }

    #[test]
    fn spaces_have_a_bound_too() {
        let labels = labels(2, 0);
        for (space, want) in [("one", "one"), ("two", "two"), ("three", OTHER), ("one", "one")] {
            assert_eq!(labels.of(&space.into(), true).as_str(), want);
        }
        assert_eq!(labels.of(&"four".into(), false).as_str(), OTHER);
    }
}

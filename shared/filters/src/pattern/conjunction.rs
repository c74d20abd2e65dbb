//! Leaves that all have to pass, with what event patterns want of arrays: all values that are chosen out of one array are in
//! the same element of it.
//!
//! Leaves choose in the order of their paths. One that is well with no value asks, if an earlier one has chosen an element,
//! whether that has a value, and otherwise whether any element has one.

use std::iter::once;
use std::ops::Range;
use std::sync::Arc;

use super::leaf::{Leaf, is_present};
use crate::reading::Place;
use crate::steps::Steps;

/// Leaves with different paths.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Conjunction {
    /// In the order of their paths.
    pub(super) leaves: Box<[Arc<Leaf>]>,
    /// Bytes of the keys that all of them begin with, each with its dot.
    start: usize,
}

/// The leaves at and below a path, by their numbers. It is found out when an event is looked at: a tree of branches would cost
/// patterns of a few leaves as much memory as these.
#[derive(Debug, Clone)]
struct Branch {
    /// Bytes of the path, with the dot that follows where there is more.
    start: usize,
    /// The one at the path itself.
    here: Option<usize>,
    /// Those below, which stand together: their paths have the same beginning. Others may come before them, as `a-b` does
    /// between `a` and `a.b`.
    below: Range<usize>,
}

impl Conjunction {
    /// Leaves that agree in the first `depth` keys of their paths.
    pub(super) fn new(mut leaves: Vec<Arc<Leaf>>, depth: usize) -> Self {
        leaves.sort_by(|one, other| one.path.cmp(&other.path));
        let start = leaves.first().map_or(0, |leaf| {
            let keys = leaf.path.split('.').take(depth);
            keys.map(|key| key.len() + 1).sum()
        });
        Self {
            leaves: leaves.into(),
            start,
        }
    }

    /// Whether all pass at a place that is at the conjunction's depth.
    pub(super) fn passes(&self, place: &Place<'_>, steps: &Steps) -> bool {
        self.at((&self.root(), 0), place, steps)
    }

    /// The same, with what is outside of arrays at that place.
    pub(super) fn passes_directly(&self, place: &Place<'_>, steps: &Steps) -> bool {
        self.directly((&self.root(), 0), place, steps)
    }

    fn root(&self) -> Branch {
        let here = (self.leaves.first())
            .filter(|leaf| leaf.path.len() < self.start)
            .map(|_| 0);
        Branch {
            start: self.start,
            here,
            below: usize::from(here.is_some())..self.leaves.len(),
        }
    }

    /// Whether the leaves of a branch pass, from the one with the number `first` on: those before it have.
    fn at(&self, (branch, first): (&Branch, usize), place: &Place<'_>, steps: &Steps) -> bool {
        if place.elements().is_empty() {
            return self.directly((branch, first), place, steps);
        }
        for number in branch.from(first) {
            let leaf = &self.leaves[number];
            let keys = || leaf.keys_behind(branch.start);
            // A leaf that chooses an element leaves no other to those that follow.
            let may_be_absent = leaf.may_be_absent();
            let mut elements =
                (place.elements().iter()).filter(|element| !may_be_absent || is_present(&keys(), element));
            if outside_of_arrays(keys(), place).is_some_and(|place| leaf.passes(place.scalars(), steps)) {
                // It need not. That is worse only where one that follows has to be absent.
                let is_worse = branch.here == Some(number) && self.may_be_absent(&branch.below);
                if is_worse && elements.any(|element| self.at((branch, number), element, steps)) {
                    return true;
                }
            } else if !may_be_absent || is_present(&keys(), place) {
                return elements.any(|element| self.at((branch, number), element, steps));
            }
        }
        true
    }

    fn directly(&self, (branch, first): (&Branch, usize), place: &Place<'_>, steps: &Steps) -> bool {
        let here = branch
            .here
            .filter(|number| *number >= first)
            .is_none_or(|number| {
                let leaf = &self.leaves[number];
                leaf.passes(place.scalars(), steps) || (place.scalars().is_empty() && leaf.may_be_absent())
            });
        here && self
            .branches(branch, first)
            .all(|(key, below)| match place.child(key) {
                Some(place) => self.at((&below, first), place, steps),
                None => below
                    .from(first)
                    .all(|number| self.leaves[number].may_be_absent()),
            })
    }

    fn may_be_absent(&self, numbers: &Range<usize>) -> bool {
        let mut leaves = self.leaves[numbers.clone()].iter();
        leaves.any(|leaf| leaf.may_be_absent())
    }

    /// The branches below one by their next keys, of which each has a leaf from the one with the number `first` on.
    fn branches(&self, branch: &Branch, first: usize) -> impl Iterator<Item = (&str, Branch)> {
        let (start, end) = (branch.start, branch.below.end);
        let begin = branch.below.start.max(first);
        let mut next = begin;
        std::iter::from_fn(move || {
            while next < end {
                let number = next;
                let key = self.leaves[number].keys_behind(start).next()?;
                let below_key = |leaf: &Arc<Leaf>| leaf.is_below(start, key);
                let is_here = self.leaves[number].path.len() == start + key.len();
                let below = if is_here {
                    next = number + 1;
                    // Others may come first.
                    let rest = &self.leaves[next..end];
                    let from = next + rest.partition_point(|leaf| leaf.is_before_below(start, key));
                    from..from + self.leaves[from..end].partition_point(below_key)
                } else {
                    next = number + self.leaves[number..end].partition_point(below_key);
                    if self.has_here(begin..number, start, key) {
                        continue;
                    }
                    number..next
                };
                let branch = Branch {
                    start: start + key.len() + 1,
                    here: is_here.then_some(number),
                    below,
                };
                return Some((key, branch));
            }
            None
        })
    }

    /// Whether one of some leaves is at a key itself.
    fn has_here(&self, among: Range<usize>, start: usize, key: &str) -> bool {
        let behind = |leaf: &Arc<Leaf>| leaf.path.as_bytes()[start..].cmp(key.as_bytes());
        self.leaves[among].binary_search_by(behind).is_ok()
    }
}

impl Branch {
    /// The numbers of its leaves, from one on.
    fn from(&self, first: usize) -> impl Iterator<Item = usize> + use<> {
        let here = self.here.filter(|number| *number >= first);
        here.into_iter()
            .chain(self.below.start.max(first)..self.below.end)
    }
}

impl Leaf {
    /// Whether its path leads below a key that begins at `start`.
    fn is_below(&self, start: usize, key: &str) -> bool {
        let rest = self.path.as_bytes()[start..].strip_prefix(key.as_bytes());
        rest.is_some_and(|rest| rest.first() == Some(&b'.'))
    }

    /// Whether its path comes before all that lead below that key.
    fn is_before_below(&self, start: usize, key: &str) -> bool {
        let rest = self.path.bytes().skip(start);
        rest.lt(key.bytes().chain(once(b'.')))
    }
}

/// The place at the end of a path on which no array is.
fn outside_of_arrays<'p, 'e, 'k>(
    mut keys: impl Iterator<Item = &'k str>,
    place: &'p Place<'e>,
) -> Option<&'p Place<'e>> {
    keys.try_fold(place, |place, key| place.child(key))
}

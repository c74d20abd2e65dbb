//! Leaves that all have to pass, with what event patterns want of arrays: all values that are chosen out of one array are in
//! the same element of it.
//!
//! Leaves choose in the order of their paths. One that is well with no value asks, if an earlier one has chosen an element,
//! whether that has a value, and otherwise whether any element has one.

use std::sync::Arc;

use super::leaf::{Leaf, is_present};
use crate::reading::Place;
use crate::steps::Steps;

/// Leaves with different paths, as a tree of their keys.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Conjunction {
    /// In the order of their paths.
    pub(super) leaves: Box<[Arc<Leaf>]>,
    root: Branch,
}

/// The leaves at and below a path.
#[derive(Debug, Clone, Default, PartialEq)]
struct Branch {
    /// How many keys its path has.
    depth: usize,
    /// All of them in order, as numbers of the conjunction's.
    all: Vec<usize>,
    /// The last one that is well with no value.
    last_absent: Option<usize>,
    /// The one at the path itself.
    here: Option<usize>,
    /// Those below by their next keys, in the order of these. A tree would cost patterns of a few leaves kilobytes.
    below: Vec<(Box<str>, Branch)>,
}

impl Conjunction {
    /// Leaves that agree in the first `depth` keys of their paths.
    pub(super) fn new(mut leaves: Vec<Arc<Leaf>>, depth: usize) -> Self {
        leaves.sort_by(|one, other| one.path.cmp(&other.path));
        let mut root = Branch {
            depth,
            ..Branch::default()
        };
        for (number, leaf) in leaves.iter().enumerate() {
            root.add(number, leaf);
        }
        root.shrink();
        Self {
            leaves: leaves.into(),
            root,
        }
    }

    /// Whether all pass at a place that is at the conjunction's depth.
    pub(super) fn passes(&self, place: &Place<'_>, steps: &Steps) -> bool {
        self.at((&self.root, 0), place, steps)
    }

    /// The same, with what is outside of arrays at that place.
    pub(super) fn passes_directly(&self, place: &Place<'_>, steps: &Steps) -> bool {
        self.directly((&self.root, 0), place, steps)
    }

    /// Whether the leaves of a branch pass, from the one with the number `first` on: those before it have.
    fn at(&self, (branch, first): (&Branch, usize), place: &Place<'_>, steps: &Steps) -> bool {
        if place.elements().is_empty() {
            return self.directly((branch, first), place, steps);
        }
        for number in branch.from(first) {
            let leaf = &self.leaves[number];
            let keys = || leaf.keys_from(branch.depth);
            // A leaf that chooses an element leaves no other to those that follow.
            let may_be_absent = leaf.may_be_absent();
            let mut elements =
                (place.elements().iter()).filter(|element| !may_be_absent || is_present(&keys(), element));
            if outside_of_arrays(keys(), place).is_some_and(|place| leaf.passes(place.scalars(), steps)) {
                // It need not. That is worse only where one that follows has to be absent.
                let is_worse = branch.here == Some(number) && branch.last_absent > Some(number);
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
        let mut below = (branch.below.iter()).filter(|(_, below)| below.from(first).next().is_some());
        here && below.all(|(key, below)| match place.child(key) {
            Some(place) => self.at((below, first), place, steps),
            None => below
                .from(first)
                .all(|number| self.leaves[number].may_be_absent()),
        })
    }
}

impl Branch {
    fn add(&mut self, number: usize, leaf: &Leaf) {
        let mut branch = self;
        branch.count(number, leaf);
        for key in leaf.keys_from(branch.depth) {
            let depth = branch.depth + 1;
            let at = match branch.below.binary_search_by(|(other, _)| (**other).cmp(key)) {
                Ok(at) => at,
                Err(at) => {
                    branch.below.insert(at, (key.into(), Branch::default()));
                    at
                }
            };
            branch = &mut branch.below[at].1;
            branch.depth = depth;
            branch.count(number, leaf);
        }
        branch.here = Some(number);
    }

    /// Gives back what was reserved for more.
    fn shrink(&mut self) {
        self.all.shrink_to_fit();
        self.below.shrink_to_fit();
        self.below.iter_mut().for_each(|(_, below)| below.shrink());
    }

    fn count(&mut self, number: usize, leaf: &Leaf) {
        self.all.push(number);
        if leaf.may_be_absent() {
            self.last_absent = Some(number);
        }
    }

    /// The numbers of its leaves, from one on.
    fn from(&self, first: usize) -> impl Iterator<Item = usize> {
        let skipped = self.all.partition_point(|number| *number < first);
        self.all[skipped..].iter().copied()
    }
}

/// The place at the end of a path on which no array is.
fn outside_of_arrays<'p, 'e, 'k>(
    mut keys: impl Iterator<Item = &'k str>,
    place: &'p Place<'e>,
) -> Option<&'p Place<'e>> {
    keys.try_fold(place, |place, key| place.child(key))
}

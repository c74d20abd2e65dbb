//! Makes of the parts of a pattern what is evaluated.
//!
//! Event Ruler expands a pattern into one for each combination of the branches of its `$or`. Here that is done only where
//! it makes a difference: for parts that look into the same arrays, or that replace each other.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::conjunction::Conjunction;
use super::leaf::Leaf;
use super::node::Node;
use super::parse::Item;
use crate::FilterError;

/// Combines the parts of the pattern at `pointer`. So many leaves at most are written down once more because of
/// combinations: Event Ruler's patterns of 1,000 combinations have as many with some leaves each.
pub(super) fn combine(items: Vec<Item>, pointer: &str, most_copies: usize) -> Result<Node, FilterError> {
    if let Some(leaves) = only_leaves(&items) {
        return Ok(Node::Leaves(Conjunction::new(leaves, 0)));
    }
    let mut combining = Combining {
        left: most_copies,
        most_copies,
        pointer,
    };
    let items = combining.settle(items)?;
    combining.node(items, 0)
}

/// The leaves of a pattern without `$or` in which each path stands once, as most are: there is nothing to combine, and at the
/// top of an event are no arrays.
fn only_leaves(items: &[Item]) -> Option<Vec<Arc<Leaf>>> {
    let leaf = |item: &Item| match item {
        Item::Leaf(leaf) => Some(Arc::clone(leaf)),
        Item::Or(_) => None,
    };
    let mut leaves: Vec<Arc<Leaf>> = items.iter().map(leaf).collect::<Option<_>>()?;
    leaves.sort_by(|one, other| one.path.cmp(&other.path));
    let is_distinct = leaves.windows(2).all(|pair| pair[0].path != pair[1].path);
    is_distinct.then_some(leaves)
}

struct Combining<'p> {
    /// Copies that may still be made.
    left: usize,
    most_copies: usize,
    pointer: &'p str,
}

impl Combining<'_> {
    /// Of several leaves at one path, all of which would have to pass, leaves only the last: it replaces the others.
    fn settle(&mut self, items: Vec<Item>) -> Result<Vec<Item>, FilterError> {
        let mut settled = Settled::default();
        for item in items {
            match item {
                Item::Leaf(leaf) => {
                    settled.erase(&leaf.path);
                    settled.push(Item::Leaf(leaf));
                }
                Item::Or(branches) => {
                    let or = Item::Or(branches);
                    let replaced = settled.take_with(&or.paths());
                    settled.push(self.or_after(&replaced, or)?);
                }
            }
        }
        Ok(settled.into_items())
    }

    /// Branches before each of which stand the parts of which it may replace something.
    fn or_after(&mut self, replaced: &[Item], or: Item) -> Result<Item, FilterError> {
        let Item::Or(branches) = or else {
            return Ok(or);
        };
        let mut settled = Vec::new();
        for branch in branches {
            self.copy(replaced)?;
            let items = replaced.iter().cloned().chain(branch).collect();
            settled.push(self.settle(items)?);
        }
        Ok(Item::Or(settled))
    }

    /// What is evaluated at a depth of the event: all leaves agree in as many keys.
    fn node(&mut self, items: Vec<Item>, depth: usize) -> Result<Node, FilterError> {
        let mut nodes = Vec::new();
        for part in parts(items, depth) {
            nodes.push(self.part(part, depth)?);
        }
        let mut nodes = nodes.into_iter();
        Ok(match (nodes.next(), nodes.len()) {
            (Some(only), 0) => only,
            (first, _) => Node::All(first.into_iter().chain(nodes).collect()),
        })
    }

    /// What is evaluated of parts that have to do with each other.
    fn part(&mut self, mut items: Vec<Item>, depth: usize) -> Result<Node, FilterError> {
        let Some(at) = items.iter().position(|item| matches!(item, Item::Or(_))) else {
            let leaves = items.into_iter().flat_map(Item::into_leaves).collect();
            return Ok(Node::Leaves(Conjunction::new(leaves, depth)));
        };
        let leaves: Vec<&Arc<Leaf>> = items.iter().flat_map(Item::leaves).collect();
        let keys: BTreeSet<Option<&str>> = leaves.iter().map(|leaf| leaf.key(depth)).collect();
        let is_together = keys.len() == 1 && !leaves.iter().any(|leaf| leaf.may_be_absent());
        if let Some(Some(key)) = keys.first().filter(|_| is_together) {
            let key = Box::from(*key);
            return Ok(Node::Below(key, Box::new(self.node(items, depth + 1)?)));
        }
        let Item::Or(branches) = items.swap_remove(at) else {
            return self.node(items, depth);
        };
        let mut nodes = Vec::new();
        for branch in branches {
            self.copy(&items)?;
            nodes.push(self.node(branch.into_iter().chain(items.iter().cloned()).collect(), depth)?);
        }
        Ok(Node::Any(nodes.into()))
    }

    fn copy(&mut self, items: &[Item]) -> Result<(), FilterError> {
        let count = items.iter().flat_map(Item::leaves).count();
        let most = self.most_copies;
        self.left = self.left.checked_sub(count).ok_or_else(|| {
            FilterError::at(
                self.pointer,
                format!(
                    "has too many combinations of the branches of its $or: more than {most} conditions when they \
                     are written out"
                ),
            )
        })?;
        Ok(())
    }
}

impl Item {
    fn leaves(&self) -> Box<dyn Iterator<Item = &Arc<Leaf>> + '_> {
        match self {
            Self::Leaf(leaf) => Box::new(std::iter::once(leaf)),
            Self::Or(branches) => Box::new(branches.iter().flatten().flat_map(Self::leaves)),
        }
    }

    fn into_leaves(self) -> Vec<Arc<Leaf>> {
        match self {
            Self::Leaf(leaf) => vec![leaf],
            Self::Or(branches) => branches
                .into_iter()
                .flatten()
                .flat_map(Self::into_leaves)
                .collect(),
        }
    }

    fn paths(&self) -> HashSet<&str> {
        self.leaves().map(|leaf| &*leaf.path).collect()
    }
}

/// Parts of a pattern whose paths are looked up, so that none is gone through for each that follows.
#[derive(Default)]
struct Settled {
    /// In their order, with the paths that were replaced in each. `None`: it was taken out.
    items: Vec<Option<(Item, HashSet<Box<str>>)>>,
    /// Where leaves at a path may be.
    places: HashMap<Box<str>, Vec<usize>>,
}

impl Settled {
    fn push(&mut self, item: Item) {
        let at = self.items.len();
        for path in item.paths() {
            match self.places.get_mut(path) {
                Some(places) => places.push(at),
                None => drop(self.places.insert(path.into(), vec![at])),
            }
        }
        self.items.push(Some((item, HashSet::new())));
    }

    /// Takes the leaves at a path out.
    fn erase(&mut self, path: &str) {
        for at in self.places.remove(path).unwrap_or_default() {
            let Some(item) = self.items.get_mut(at) else {
                continue;
            };
            match item {
                Some((Item::Or(_), erased)) => drop(erased.insert(path.into())),
                Some((Item::Leaf(_), _)) | None => *item = None,
            }
        }
    }

    /// Takes out what has leaves at one of some paths.
    fn take_with(&mut self, paths: &HashSet<&str>) -> Vec<Item> {
        let places = paths.iter().filter_map(|path| self.places.get(*path));
        let places: BTreeSet<usize> = places.flatten().copied().collect();
        let taken = places.into_iter().filter_map(|at| self.items.get_mut(at)?.take());
        taken.filter_map(left_of).collect()
    }

    fn into_items(self) -> Vec<Item> {
        self.items.into_iter().flatten().filter_map(left_of).collect()
    }
}

fn left_of((item, erased): (Item, HashSet<Box<str>>)) -> Option<Item> {
    if erased.is_empty() {
        return Some(item);
    }
    without(item, &erased)
}

/// A part without the leaves at some paths. Alternatives of which one has nothing left hold whatever comes.
fn without(item: Item, erased: &HashSet<Box<str>>) -> Option<Item> {
    match item {
        Item::Leaf(leaf) => (!erased.contains(&leaf.path)).then_some(Item::Leaf(leaf)),
        Item::Or(branches) => {
            let branches: Vec<Vec<Item>> = branches
                .into_iter()
                .map(|branch| {
                    let left = branch.into_iter().filter_map(|item| without(item, erased));
                    left.collect()
                })
                .collect();
            (!branches.iter().any(Vec::is_empty)).then_some(Item::Or(branches))
        }
    }
}

/// Puts together what shares a key at a depth: all of it may be in one array.
fn parts(items: Vec<Item>, depth: usize) -> Vec<Vec<Item>> {
    let mut groups = Groups::default();
    let mut of_key: HashMap<Option<String>, usize> = HashMap::new();
    for (i, item) in items.iter().enumerate() {
        groups.parents.push(i);
        for leaf in item.leaves() {
            let other = *of_key.entry(leaf.key(depth).map(str::to_owned)).or_insert(i);
            groups.join(i, other);
        }
    }
    // A value beside objects in an array goes with what is in any of these: that is told only of leaves, side by side.
    let ends_here = |item: &Item| item.leaves().any(|leaf| leaf.key(depth).is_none());
    let is_split = |item: &Item| matches!(item, Item::Or(_)) && ends_here(item);
    if items.iter().any(is_split) {
        (1..items.len()).for_each(|i| groups.join(0, i));
    }
    let mut parts: Vec<Vec<Item>> = Vec::new();
    let mut of_group: HashMap<usize, usize> = HashMap::new();
    for (i, item) in items.into_iter().enumerate() {
        let at = *of_group.entry(groups.first_of(i)).or_insert_with(|| {
            parts.push(Vec::new());
            parts.len() - 1
        });
        parts[at].push(item);
    }
    parts
}

/// Numbers that belong together.
#[derive(Default)]
struct Groups {
    /// For each number another of its group, or itself.
    parents: Vec<usize>,
}

impl Groups {
    fn first_of(&mut self, mut number: usize) -> usize {
        while self.parents[number] != number {
            self.parents[number] = self.parents[self.parents[number]];
            number = self.parents[number];
        }
        number
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.first_of(one), self.first_of(other));
        let (low, high) = (one.min(other), one.max(other));
        self.parents[high] = low;
    }
}

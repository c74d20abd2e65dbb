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

/// Leaves that are written down once more because of combinations; more of them are refused. Event Ruler's patterns of
/// 1,000 combinations have as many with some leaves each.
const MOST_COPIES: usize = 4_096;

/// Combines the parts of the pattern at `pointer`.
pub(super) fn combine(items: Vec<Item>, pointer: &str) -> Result<Node, FilterError> {
    let mut combining = Combining {
        left: MOST_COPIES,
        pointer,
    };
    let items = combining.settle(items)?;
    combining.node(items, 0)
}

struct Combining<'p> {
    /// Copies that may still be made.
    left: usize,
    pointer: &'p str,
}

impl Combining<'_> {
    /// Of several leaves at one path, all of which would have to pass, leaves only the last: it replaces the others.
    fn settle(&mut self, items: Vec<Item>) -> Result<Vec<Item>, FilterError> {
        let mut settled: Vec<Item> = Vec::new();
        let mut paths: HashSet<Box<str>> = HashSet::new();
        for item in items {
            match item {
                Item::Leaf(leaf) => {
                    if !paths.insert(leaf.path.clone()) {
                        erase(&mut settled, &leaf.path);
                    }
                    settled.push(Item::Leaf(leaf));
                }
                Item::Or(branches) => {
                    let item = Item::Or(branches);
                    let written = item.paths();
                    let (replaced, kept) = if written.iter().any(|path| paths.contains(*path)) {
                        let is_replaced = |item: &Item| !item.paths().is_disjoint(&written);
                        settled.into_iter().partition(is_replaced)
                    } else {
                        (Vec::new(), settled)
                    };
                    paths.extend(written.into_iter().map(Into::into));
                    settled = kept;
                    settled.push(self.or_after(&replaced, item)?);
                }
            }
        }
        Ok(settled)
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
        Ok(Node::Any(nodes))
    }

    fn copy(&mut self, items: &[Item]) -> Result<(), FilterError> {
        let count = items.iter().flat_map(Item::leaves).count();
        self.left = self.left.checked_sub(count).ok_or_else(|| {
            FilterError::at(
                self.pointer,
                format!(
                    "has too many combinations of the branches of its $or: more than {MOST_COPIES} conditions when they \
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

/// Takes the leaves at a path out. Alternatives of which one has nothing left hold whatever comes.
fn erase(items: &mut Vec<Item>, path: &str) {
    items.retain_mut(|item| match item {
        Item::Leaf(leaf) => *leaf.path != *path,
        Item::Or(branches) => {
            branches.iter_mut().for_each(|branch| erase(branch, path));
            !branches.iter().any(Vec::is_empty)
        }
    });
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

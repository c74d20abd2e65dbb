//! Paths of sync subscriptions and CORS configurations as a tree of segments (docs/contract.md §2.2).
//!
//! Where spaces share the paths their trees are merged into one. Within a space a level never mixes static segments, a parameter and
//! a wildcard, so following every branch that fits finds for each space what its own tree would find, and the
//! lowest rank decides between spaces. A lookup thus visits one node for each segment and space. The patterns of CORS
//! configurations may stand side by side as they like, so that of those a lookup may visit each segment of each: their
//! number and that of their segments are bounded (`SpaceRules`, `MAX_PATH_SEGMENTS`).

use std::sync::Arc;

use super::by_name::ByName;
use crate::configuration::Stored;
use crate::ids::Space;
use crate::persistent_map::PersistentMap;
use crate::resource::{Cors, Resource, Subscription};

mod specific;

pub(crate) use specific::specific_pattern_matches;

/// What stands on a path.
pub(crate) trait OnPath: Resource {
    /// The path, with `:parameter` segments and perhaps a `*wildcard` at the end.
    fn path(&self) -> &str;

    /// Where it stands among others that match the same request: the lowest comes first.
    fn rank(stored: &Stored<Self>) -> (bool, u64);
}

impl OnPath for Subscription {
    fn path(&self) -> &str {
        &self.path
    }

    /// The earliest created wins (Q10).
    fn rank(stored: &Stored<Self>) -> (bool, u64) {
        (false, stored.created)
    }
}

impl OnPath for Cors {
    fn path(&self) -> &str {
        &self.path
    }

    /// The very path wins over patterns, then the earliest created (Q46).
    fn rank(stored: &Stored<Self>) -> (bool, u64) {
        (
            stored.resource.path.contains("/:") || stored.resource.path.contains("/*"),
            stored.created,
        )
    }
}

/// A tree of paths.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PathTree<R> {
    root: Arc<Node<R>>,
    /// How many each space has on the root path; only spaces that have some.
    on_root: PersistentMap<Space, usize>,
}

#[derive(Debug, Clone, PartialEq)]
struct Node<R> {
    statics: ByName<Arc<Node<R>>>,
    parameter: Option<Arc<Node<R>>>,
    /// What ends in a wildcard at this place, in the order of rank.
    wildcards: Vec<Stored<R>>,
    /// What ends at this place, in the order of rank.
    here: Vec<Stored<R>>,
}

impl<R> Default for Node<R> {
    fn default() -> Self {
        Self {
            statics: ByName::None,
            parameter: None,
            wildcards: Vec::new(),
            here: Vec::new(),
        }
    }
}

impl<R> Default for PathTree<R> {
    fn default() -> Self {
        Self {
            root: Arc::default(),
            on_root: PersistentMap::default(),
        }
    }
}

impl<R: OnPath> PathTree<R> {
    /// What stands on a request path, by rank.
    pub(super) fn find(&self, path: &str) -> Option<&Stored<R>> {
        let mut best = None;
        match remainder(path) {
            None => self.find_root(&mut best),
            Some(rest) => self.root.find(rest, &mut best),
        }
        best
    }

    /// The root path: a space's own `/` comes before its `/*x`, which matches with an empty text (Q34).
    fn find_root<'a>(&'a self, best: &mut Option<&'a Stored<R>>) {
        keep_lower(best, self.root.here.first());
        for wildcard in &self.root.wildcards {
            visit();
            if best.is_some_and(|best| comes_before(best, wildcard)) {
                break;
            }
            if !self.on_root.contains_key(wildcard.resource.space()) {
                *best = Some(wildcard);
                break;
            }
        }
    }

    /// What stands on the very path, parameters and wildcard included, whatever their names.
    pub(super) fn at(&self, path: &str) -> &[Stored<R>] {
        let mut node = &*self.root;
        let mut rest = remainder(path);
        while let Some(segments) = rest {
            let (segment, next) = split(segments);
            if segment.starts_with('*') {
                return &node.wildcards;
            }
            let child = if segment.starts_with(':') {
                node.parameter.as_ref()
            } else {
                node.statics.get(segment)
            };
            let Some(child) = child else { return &[] };
            (node, rest) = (child, next);
        }
        &node.here
    }

    pub(super) fn insert(&mut self, path: &str, stored: &Stored<R>) {
        let node = Arc::make_mut(&mut self.root);
        match remainder(path) {
            None => {
                insert_by_rank(&mut node.here, stored);
                *self.on_root.entry(stored.resource.space().clone()).or_default() += 1;
            }
            Some(rest) => node.insert(rest, stored),
        }
    }

    pub(super) fn remove(&mut self, resource: &R) {
        let node = Arc::make_mut(&mut self.root);
        match remainder(resource.path()) {
            None => {
                let before = node.here.len();
                retain_others(&mut node.here, resource);
                let removed = before - node.here.len();
                let space = resource.space();
                let left = self.on_root.get(space).map_or(0, |count| count - removed);
                if left == 0 {
                    self.on_root.remove(space);
                } else {
                    self.on_root.insert(space.clone(), left);
                }
            }
            Some(rest) => node.remove(rest, resource),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.root.is_empty()
    }
}

/// What follows the first `/`; `None` for the root path, which has no segments.
fn remainder(path: &str) -> Option<&str> {
    let rest = path.strip_prefix('/').unwrap_or(path);
    (!rest.is_empty()).then_some(rest)
}

fn split(rest: &str) -> (&str, Option<&str>) {
    match rest.split_once('/') {
        Some((segment, rest)) => (segment, Some(rest)),
        None => (rest, None),
    }
}

fn insert_by_rank<R: OnPath>(list: &mut Vec<Stored<R>>, stored: &Stored<R>) {
    let key = |stored: &Stored<R>| (R::rank(stored), stored.resource.space().clone());
    let at = list.partition_point(|other| key(other) <= key(stored));
    list.insert(at, stored.clone());
}

fn retain_others<R: OnPath>(list: &mut Vec<Stored<R>>, resource: &R) {
    list.retain(|other| other.resource.id() != resource.id() || other.resource.space() != resource.space());
}

fn keep_lower<'a, R: OnPath>(best: &mut Option<&'a Stored<R>>, candidate: Option<&'a Stored<R>>) {
    let Some(candidate) = candidate else { return };
    if best.is_none_or(|best| comes_before(candidate, best)) {
        *best = Some(candidate);
    }
}

/// Which of two comes first of what matches one request.
pub(super) fn comes_before<R: OnPath>(one: &Stored<R>, other: &Stored<R>) -> bool {
    let key = |stored: &Stored<R>| R::rank(stored);
    (key(one), one.resource.space()) < (key(other), other.resource.space())
}

/// Counts the steps of lookups, in tests.
fn visit() {
    #[cfg(test)]
    VISITS.with(|visits| visits.set(visits.get() + 1));
}

#[cfg(test)]
thread_local! {
    static VISITS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// How many steps lookups take.
#[cfg(test)]
pub(super) fn visits(lookup: impl FnOnce()) -> usize {
    let before = VISITS.with(std::cell::Cell::get);
    lookup();
    VISITS.with(std::cell::Cell::get) - before
}

impl<R: OnPath> Node<R> {
    fn find<'a>(&'a self, rest: &str, best: &mut Option<&'a Stored<R>>) {
        visit();
        keep_lower(best, self.wildcards.first());
        let (segment, next) = split(rest);
        for child in self.statics.get(segment).into_iter().chain(&self.parameter) {
            match next {
                None => keep_lower(best, child.here.first()),
                Some(next) => child.find(next, best),
            }
        }
    }

    fn insert(&mut self, rest: &str, stored: &Stored<R>) {
        let (segment, next) = split(rest);
        if segment.starts_with('*') {
            // Nothing can follow a wildcard in a subscription; in a CORS configuration it is without effect.
            insert_by_rank(&mut self.wildcards, stored);
            return;
        }
        let insert = |child: &mut Self| match next {
            None => insert_by_rank(&mut child.here, stored),
            Some(next) => child.insert(next, stored),
        };
        if segment.starts_with(':') {
            insert(Arc::make_mut(self.parameter.get_or_insert_default()));
        } else {
            self.statics.change(segment, |child| insert(Arc::make_mut(child)));
        }
    }

    fn remove(&mut self, rest: &str, resource: &R) {
        let (segment, next) = split(rest);
        if segment.starts_with('*') {
            retain_others(&mut self.wildcards, resource);
            return;
        }
        let is_parameter = segment.starts_with(':');
        let child = if is_parameter {
            self.parameter.as_mut()
        } else {
            self.statics.get_mut(segment)
        };
        let Some(child) = child else { return };
        let node = Arc::make_mut(child);
        match next {
            None => retain_others(&mut node.here, resource),
            Some(next) => node.remove(next, resource),
        }
        if node.is_empty() {
            if is_parameter {
                self.parameter = None;
            } else {
                self.statics.remove(segment);
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.here.is_empty()
            && self.wildcards.is_empty()
            && self.parameter.is_none()
            && self.statics.is_empty()
    }
}

/// Whether a path is one of those that a pattern stands for, whatever else there is: the root path is, of `/*x`.
pub(crate) fn pattern_matches(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (remainder(pattern), remainder(path));
    if path.is_none() {
        return pattern.is_none_or(|rest| rest.starts_with('*'));
    }
    while let Some(pattern_rest) = pattern {
        let Some(path_rest) = path else { return false };
        let (segment, pattern_next) = split(pattern_rest);
        let (value, path_next) = split(path_rest);
        if segment.starts_with('*') {
            return true;
        }
        if !segment.starts_with(':') && segment != value {
            return false;
        }
        (pattern, path) = (pattern_next, path_next);
    }
    path.is_none()
}

/// The parameters of a pattern in a path that it matches, as sent, in the order of the pattern.
pub fn path_parameters<'a>(pattern: &'a str, path: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut parameters = Vec::new();
    let (mut pattern, mut path) = (remainder(pattern), Some(remainder(path).unwrap_or_default()));
    while let (Some(pattern_rest), Some(path_rest)) = (pattern, path) {
        let (segment, pattern_next) = split(pattern_rest);
        if let Some(name) = segment.strip_prefix('*') {
            parameters.push((name, path_rest));
            break;
        }
        let (value, path_next) = split(path_rest);
        if let Some(name) = segment.strip_prefix(':') {
            parameters.push((name, value));
        }
        (pattern, path) = (pattern_next, path_next);
    }
    parameters
}

//! Lookups where the most specific path wins: at each place of the path a literal segment before a parameter before a wildcard,
//! from the left. Whoever goes astray below a literal comes back to the parameter beside it, so that a lookup may visit at
//! each depth one node for each form of the patterns (`MAX_PATH_FORMS`) and space, and no more.
//!
//! Empty segments are no value of a parameter here.

use std::ops::ControlFlow;

use super::{Node, OnPath, PathTree, pattern_matches, remainder, split, visit};
use crate::routing::groups::Groups;

impl<R: OnPath> PathTree<R> {
    /// What stands on the paths that match a request path, the most specific first.
    pub(in crate::routing) fn groups<'a>(&'a self, path: &str, groups: &mut Groups<'a, R>) {
        let _ = match remainder(path) {
            None => match groups.add(&self.root.here) {
                ControlFlow::Continue(()) => groups.add(&self.root.wildcards),
                done @ ControlFlow::Break(()) => done,
            },
            Some(rest) => self.root.groups(rest, groups),
        };
    }
}

impl<R: OnPath> Node<R> {
    fn groups<'a>(&'a self, rest: &str, groups: &mut Groups<'a, R>) -> ControlFlow<()> {
        visit();
        let (segment, next) = split(rest);
        let parameter = self.parameter.as_ref().filter(|_| !segment.is_empty());
        for child in self.statics.get(segment).into_iter().chain(parameter) {
            match next {
                None => groups.add(&child.here)?,
                Some(next) => child.groups(next, groups)?,
            }
        }
        groups.add(&self.wildcards)
    }
}

/// Whether a path is one of those that a pattern stands for, whatever else there is.
pub(crate) fn specific_pattern_matches(pattern: &str, path: &str) -> bool {
    let mut places = pattern.split('/').zip(path.split('/'));
    pattern_matches(pattern, path)
        && !places.any(|(segment, value)| segment.starts_with(':') && value.is_empty())
}

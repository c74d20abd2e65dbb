//! What stands on several paths that match one request, and what each space makes of it: of those of one space only the first
//! counts, as if it were alone.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::path_tree::{OnPath, comes_before};
use crate::configuration::Stored;
use crate::ids::Space;

/// Lists of resources on the paths that match, the most specific path first; each list in the order of rank.
#[derive(Debug, Clone)]
pub(super) struct Groups<'a, R> {
    first: &'a [Stored<R>],
    /// Only where paths of several spaces may match. Hardly ever anything.
    more: Vec<&'a [Stored<R>]>,
    is_of_one_space: bool,
}

impl<'a, R: OnPath> Groups<'a, R> {
    /// None yet. Of one space nothing but the first list counts.
    pub(super) fn new(is_of_one_space: bool) -> Self {
        Self {
            first: &[],
            more: Vec::new(),
            is_of_one_space,
        }
    }

    /// Adds a list, unless it is empty, and says whether more are of any use.
    pub(super) fn add(&mut self, group: &'a [Stored<R>]) -> ControlFlow<()> {
        if group.is_empty() {
            return ControlFlow::Continue(());
        }
        if !self.first.is_empty() {
            self.more.push(group);
            return ControlFlow::Continue(());
        }
        self.first = group;
        if self.is_of_one_space {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    /// The most specific list.
    pub(super) fn first(&self) -> &'a [Stored<R>] {
        self.first
    }

    /// Those of the other lists that count: of spaces that have nothing in a list before.
    pub(super) fn others(&self) -> Vec<&'a Stored<R>> {
        let mut others = Vec::new();
        if self.more.is_empty() {
            return others;
        }
        let mut known = spaces(self.first);
        for group in &self.more {
            let new = group
                .iter()
                .filter(|stored| !known.contains(stored.resource.space()));
            others.extend(new);
            known.extend(spaces(group));
        }
        others
    }

    /// The lowest in rank of what counts.
    pub(super) fn lowest(&self) -> Option<&'a Stored<R>> {
        let first = self.first.first()?;
        let lower = |best, other| if comes_before(other, best) { other } else { best };
        Some(self.others().into_iter().fold(first, lower))
    }
}

fn spaces<R: OnPath>(group: &[Stored<R>]) -> BTreeSet<&Space> {
    group.iter().map(|stored| stored.resource.space()).collect()
}

//! What an instance holds: the table that serves, what it was built from, and when that was known to be the newest.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use clocks::Moment;
use domain::configuration::{Snapshot, SpaceRules};
use domain::foremost::foremost;
use domain::ids::{FunctionId, Space};
use domain::routing::RoutingTable;
use domain::space_version::SpaceVersion;

use super::super::space_snapshot::SpaceSnapshot;
use crate::routes_state::{RoutedSpace, RoutesState};

/// Spaces that are looked at for those that were loaded last.
const MOST_LOOKED_AT: usize = 20_000;

/// Time between two attempts to open the secrets of a space that did not change: the attempt may take long, and all
/// requests wait for it.
const SEALED_RETRY: Duration = Duration::from_secs(5);

/// A space as it was loaded.
#[derive(Debug, Clone)]
pub(super) struct LoadedSpace {
    pub(super) state: SpaceSnapshot,
    /// Functions whose secrets did not open. They cannot be called until the space was loaded again.
    pub(super) sealed: BTreeSet<FunctionId>,
    /// When it was begun to load it.
    pub(super) began: Moment,
}

/// A table that serves and what it was built from.
#[derive(Debug, Clone)]
pub(super) struct HeldRoutes {
    /// The index of all spaces.
    pub(super) table: Arc<RoutingTable>,
    spaces: imbl::HashMap<Space, LoadedSpace>,
    /// Number of the confirmation that this is the result of; 0 before the first.
    pub(super) confirmation: u64,
    /// When everything in it was known to be the newest; `None` before the first confirmation.
    pub(super) confirmed: Option<Moment>,
}

impl HeldRoutes {
    /// Before anything was read.
    pub(super) fn nothing(rules: impl Into<SpaceRules>) -> Self {
        Self {
            table: Arc::new(RoutingTable::new(rules)),
            spaces: imbl::HashMap::default(),
            confirmation: 0,
            confirmed: None,
        }
    }

    /// Version of a space; 0 if there is nothing of it.
    pub(super) fn version(&self, space: &Space) -> u64 {
        self.spaces.get(space).map_or(0, |held| held.state.version)
    }

    /// Whether a space of this version has to be loaded, at a time.
    pub(super) fn lacks(&self, space: &Space, version: u64, now: Moment) -> bool {
        let is_due = |held: &LoadedSpace| held.began.age(now).is_none_or(|age| age >= SEALED_RETRY);
        let has_due = |held: &LoadedSpace| !held.sealed.is_empty() && is_due(held);
        self.version(space) != version || self.spaces.get(space).is_some_and(has_due)
    }

    /// Whether a space is here, and all of its functions can be called.
    pub(super) fn is_open(&self, space: &Space) -> bool {
        self.spaces.get(space).is_some_and(|held| held.sealed.is_empty())
    }

    /// The spaces in it.
    pub(super) fn spaces(&self) -> impl Iterator<Item = &Space> {
        self.spaces.keys()
    }

    /// How recent it is, with the spaces that were loaded last, as far as they are looked at, and so many at the most.
    pub(super) fn state(&self, now: Moment, most: usize) -> RoutesState {
        let some: Vec<_> = self.spaces.iter().take(MOST_LOOKED_AT).collect();
        let age = |held: &LoadedSpace| held.began.least_age(now);
        let latest = foremost(some, most, |a, b| (age(a.1), a.0).cmp(&(age(b.1), b.0)));
        let shown = |(space, held): (&Space, &LoadedSpace)| RoutedSpace {
            space: space.clone(),
            version: held.state.version,
            age: age(held),
            sealed_functions: held.sealed.len(),
        };
        RoutesState::Copy {
            confirmation: self.confirmation,
            age: self.confirmed.map(|confirmed| confirmed.least_age(now)),
            spaces: self.spaces.len(),
            latest: latest.into_iter().map(shown).collect(),
        }
    }

    /// Whether it is as new as all of these, or newer.
    pub(super) fn reaches(&self, at_least: &[SpaceVersion]) -> bool {
        let mut wanted = at_least.iter();
        wanted.all(|SpaceVersion { space, version }| self.version(space) >= *version)
    }

    /// The same, confirmed, with some spaces in another state.
    pub(super) fn confirmed(
        &self,
        confirmation: u64,
        moment: Moment,
        loaded: &HashMap<Space, LoadedSpace>,
    ) -> Self {
        let mut next = Self {
            confirmation,
            confirmed: Some(moment),
            ..self.clone()
        };
        if loaded.is_empty() {
            return next;
        }
        let mut table = RoutingTable::clone(&self.table);
        let nothing = Snapshot::default();
        for (space, after) in loaded {
            let before = self
                .spaces
                .get(space)
                .map_or(&nothing, |held| &held.state.snapshot);
            table.replace(before, &after.state.snapshot);
            table.set_sealed(space, &after.sealed);
            if after.state.version == 0 {
                next.spaces.remove(space);
            } else {
                next.spaces.insert(space.clone(), after.clone());
            }
        }
        next.table = Arc::new(table);
        next
    }
}

//! What the settings of spaces say of the way of requests.

use super::{PathOwnership, owner};
use crate::configuration::{SpaceDefaults, SpaceRules};
use crate::ids::Space;
use crate::persistent_map::PersistentMap;
use crate::resource::{PathMode, SpaceSettings, Unmatched};

/// What the settings of spaces say of the way of requests.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SpaceModes {
    ownership: PathOwnership,
    defaults: SpaceDefaults,
    /// Only spaces with settings of their own.
    own: PersistentMap<Space, SpaceDefaults>,
    /// How many of those answer 404.
    not_found: usize,
    /// How many subscriptions each space has; only spaces that have some.
    subscriptions: PersistentMap<Space, usize>,
    /// How many of those spaces answer 202.
    accepting: usize,
}

impl SpaceModes {
    /// Of no space.
    pub(super) fn new(rules: &SpaceRules) -> Self {
        Self {
            ownership: rules.paths,
            defaults: rules.defaults,
            own: PersistentMap::default(),
            not_found: 0,
            subscriptions: PersistentMap::default(),
            accepting: 0,
        }
    }

    /// Takes over the settings of a space; `None` where it has none any more.
    pub(super) fn set(&mut self, space: &Space, settings: Option<&SpaceSettings>) {
        self.accepting -= self.accepts_now(space);
        let says_not_found = |modes: &SpaceDefaults| usize::from(modes.unmatched == Unmatched::NotFound);
        if let Some(before) = self.own.remove(space) {
            self.not_found -= says_not_found(&before);
        }
        if let Some(settings) = settings {
            let modes = SpaceDefaults {
                paths: settings.paths.unwrap_or(self.defaults.paths),
                unmatched: settings.unmatched.unwrap_or(self.defaults.unmatched),
            };
            self.not_found += says_not_found(&modes);
            self.own.insert(space.clone(), modes);
        }
        self.accepting += self.accepts_now(space);
    }

    /// Counts a subscription of a space that is there from now on. Only where spaces share the paths does it matter.
    pub(super) fn subscribed(&mut self, space: &Space) {
        if self.ownership == PathOwnership::BySpace {
            return;
        }
        self.accepting -= self.accepts_now(space);
        *self.subscriptions.entry(space.clone()).or_default() += 1;
        self.accepting += self.accepts_now(space);
    }

    /// Counts a subscription of a space that is gone.
    pub(super) fn unsubscribed(&mut self, space: &Space) {
        self.accepting -= self.accepts_now(space);
        if let Some(count) = self.subscriptions.get_mut(space) {
            *count -= 1;
            if *count == 0 {
                self.subscriptions.remove(space);
            }
        }
        self.accepting += self.accepts_now(space);
    }

    /// 1 for a space with subscriptions that answers 202, 0 for any other.
    fn accepts_now(&self, space: &Space) -> usize {
        let accepts = self.unmatched(space) == Unmatched::Accepted;
        usize::from(accepts && self.subscriptions.contains_key(space))
    }

    /// Which paths of a space may stand side by side.
    pub(super) fn paths(&self, space: &Space) -> PathMode {
        self.own.get(space).unwrap_or(&self.defaults).paths
    }

    /// Whether settings say anything else of the paths of a space than what is known.
    pub(super) fn would_move(&self, space: &Space, settings: Option<&SpaceSettings>) -> bool {
        let after = settings.and_then(|settings| settings.paths);
        after.unwrap_or(self.defaults.paths) != self.paths(space)
    }

    /// How a space answers what reaches nobody.
    pub(super) fn unmatched(&self, space: &Space) -> Unmatched {
        self.own.get(space).unwrap_or(&self.defaults).unmatched
    }

    /// How a request is answered that reaches nobody on a path that nothing is known of. Where spaces share the paths it is
    /// of none of them, so that it is not found only where all that have subscriptions have it so.
    pub(super) fn unmatched_on(&self, path: &str) -> Unmatched {
        match self.ownership {
            PathOwnership::Shared if self.subscriptions.is_empty() => self.defaults.unmatched,
            PathOwnership::Shared if self.accepting > 0 => Unmatched::Accepted,
            PathOwnership::Shared => Unmatched::NotFound,
            PathOwnership::BySpace => self.own.get(owner(path)).unwrap_or(&self.defaults).unmatched,
        }
    }

    /// Whether any space, or the gateway, answers 404.
    pub(super) fn may_be_not_found(&self) -> bool {
        self.not_found > 0 || self.defaults.unmatched == Unmatched::NotFound
    }
}

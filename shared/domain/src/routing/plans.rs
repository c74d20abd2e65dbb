//! What the plans that spaces are on say of their events.

use super::{Paths, RoutingTable, owner};
use crate::ids::Space;
use crate::quota::{Quota, QuotaPlan, QuotaRate};

impl RoutingTable {
    /// Whether any plan limits events, so that it is worth a look.
    pub fn limits_events(&self) -> bool {
        self.plans.limit_events()
    }

    /// Whether any plan limits deliveries, so that it is worth a look.
    pub fn limits_deliveries(&self) -> bool {
        self.plans.limit_deliveries()
    }

    /// The plan that a space is on.
    pub fn plan(&self, space: &Space) -> Option<&'static QuotaPlan> {
        self.plans.of(space)
    }

    /// How many events a space takes, if its plan says so.
    pub fn event_rate(&self, space: &Space) -> Option<QuotaRate> {
        self.plan(space)?.rate(Quota::Events)
    }

    /// Whether each path is of one space.
    pub fn has_path_owners(&self) -> bool {
        self.paths.is_by_space()
    }

    /// The space that a path belongs to, with its rate of events: of spaces that have anything on a path, and a plan that
    /// limits events. None where spaces share their paths.
    pub fn event_rate_on(&self, path: &str) -> Option<(&Space, QuotaRate)> {
        let Paths::BySpace(spaces) = &self.paths else {
            return None;
        };
        let (space, _) = spaces.get_key_value(owner(path))?;
        Some((space, self.event_rate(space)?))
    }
}

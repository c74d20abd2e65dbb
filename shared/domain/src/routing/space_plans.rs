//! Which spaces are on which plan.

use crate::ids::Space;
use crate::persistent_map::PersistentMap;
use crate::quota::{QuotaPlan, QuotaPlans};
use crate::resource::SpaceSettings;

/// The plans that spaces are on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SpacePlans {
    all: Option<&'static QuotaPlans>,
    /// That of spaces whose settings name none.
    default: Option<&'static QuotaPlan>,
    /// Only spaces whose settings name one.
    own: PersistentMap<Space, &'static QuotaPlan>,
}

impl SpacePlans {
    /// All spaces are on the default.
    pub(super) fn new(all: Option<&'static QuotaPlans>) -> Self {
        Self {
            all,
            default: all.and_then(|plans| plans.of(None)).map(|(_, plan)| plan),
            own: PersistentMap::default(),
        }
    }

    /// Takes over the settings of a space; `None` where it has none any more.
    pub(super) fn set(&mut self, space: &Space, settings: Option<&SpaceSettings>) {
        let Some(all) = self.all else { return };
        let named = settings.and_then(|settings| settings.plan.as_deref());
        match named.and_then(|name| all.of(Some(name))) {
            Some((_, plan)) => self.own.insert(space.clone(), plan),
            None => self.own.remove(space),
        };
    }

    /// Whether any plan limits events.
    pub(super) fn limit_events(&self) -> bool {
        self.all.is_some_and(QuotaPlans::limits_events)
    }

    /// Whether any plan limits deliveries.
    pub(super) fn limit_deliveries(&self) -> bool {
        self.all.is_some_and(QuotaPlans::limits_deliveries)
    }

    /// The plan of a space.
    pub(super) fn of(&self, space: &Space) -> Option<&'static QuotaPlan> {
        self.own.get(space).copied().or(self.default)
    }
}

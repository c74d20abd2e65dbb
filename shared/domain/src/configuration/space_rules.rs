//! What a gateway allows its spaces besides the rules between their resources: which paths, and how much.

use std::time::Duration;

pub use filters::FilterLimits;

use crate::quota::QuotaPlans;
use crate::resource::{PathMode, Unmatched};
use crate::routing::PathOwnership;

/// What holds in a space whose settings do not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SpaceDefaults {
    /// Which paths may stand side by side.
    pub paths: PathMode,
    /// How requests are answered that reach no subscription.
    pub unmatched: Unmatched,
}

/// What a gateway allows its spaces. What is stored already may be otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpaceRules {
    /// Whose the paths are.
    pub paths: PathOwnership,
    /// Most CORS configurations that a space may have.
    pub max_cors: usize,
    /// Most keys that a space may have.
    pub max_keys: usize,
    /// Most tenants of the gateway.
    pub max_tenants: usize,
    /// Most spaces that a tenant may have.
    pub max_spaces_per_tenant: usize,
    /// How long the deletion of a tenant with everything it has can be taken back.
    pub tenant_grace: Duration,
    /// How large the filters of a subscription may be.
    pub filters: FilterLimits,
    /// Most subscriptions of a space whose filters events do not find, so that they are tried for each.
    pub max_unindexed_filters: usize,
    /// Most authorizers of their own that async subscriptions have which one event reaches.
    pub max_authorizers_per_route: usize,
    /// How much of schemas is kept.
    pub schemas: SchemaBounds,
    /// What holds in a space whose settings do not say.
    pub defaults: SpaceDefaults,
    /// Which paths may stand side by side in a space that is made by its settings, where these do not say; `None` leaves it
    /// to what holds in all.
    pub paths_of_new_spaces: Option<PathMode>,
    /// The plans that spaces can be on; they are set once for a process. What a space's plan says of its resources holds
    /// in the place of the bounds above.
    pub plans: Option<&'static QuotaPlans>,
}

/// How much of schemas is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaBounds {
    /// Most versions that an event type may have.
    pub max_versions: usize,
    /// Most bytes that the versions of an event type may have together.
    pub max_bytes: usize,
    /// Most bytes that all versions of all event types of a space may have together.
    pub max_bytes_in_space: usize,
}

impl SchemaBounds {
    /// What is kept unless it is set otherwise.
    pub const DEFAULT: Self = Self {
        max_versions: 20,
        max_bytes: 256 * 1024,
        max_bytes_in_space: 4 * 1024 * 1024,
    };
}

impl Default for SchemaBounds {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Default for SpaceRules {
    fn default() -> Self {
        Self {
            paths: PathOwnership::default(),
            max_cors: 1000,
            max_keys: 100,
            max_tenants: 10_000,
            max_spaces_per_tenant: 100,
            tenant_grace: Duration::from_hours(30 * 24),
            filters: FilterLimits::default(),
            max_unindexed_filters: 1000,
            max_authorizers_per_route: 16,
            schemas: SchemaBounds::default(),
            defaults: SpaceDefaults::default(),
            paths_of_new_spaces: None,
            plans: None,
        }
    }
}

impl From<PathOwnership> for SpaceRules {
    fn from(paths: PathOwnership) -> Self {
        Self {
            paths,
            ..Self::default()
        }
    }
}

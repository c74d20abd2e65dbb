//! Which spaces belong to tenants that are suspended.

use crate::configuration::Change;
use crate::ids::{Space, TenantId};
use crate::persistent_map::PersistentMap;
use crate::resource::{SpaceSettings, Tenant, TenantState};

/// The spaces of tenants, and the tenants that are suspended. A tenant is suspended by one change, however many spaces it has.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Tenants {
    /// Only spaces that belong to one.
    spaces: PersistentMap<Space, TenantId>,
    suspended: PersistentMap<TenantId, ()>,
}

impl Tenants {
    /// Takes over the settings of a space; `None` where it has none any more.
    pub(super) fn set(&mut self, space: &Space, settings: Option<&SpaceSettings>) {
        match settings.and_then(|settings| settings.tenant.as_ref()) {
            Some(tenant) => self.spaces.insert(space.clone(), tenant.clone()),
            None => self.spaces.remove(space),
        };
    }

    /// Carries over a change of a tenant.
    pub(super) fn apply(&mut self, change: &Change<Tenant>) {
        let Some(stored) = change.after.as_ref().or(change.before.as_ref()) else {
            return;
        };
        let is_suspended = change
            .after
            .as_ref()
            .is_some_and(|stored| stored.resource.state == TenantState::Suspended);
        let tenant = stored.resource.tenant_id();
        if is_suspended {
            self.suspended.insert(tenant, ());
        } else {
            self.suspended.remove(&tenant);
        }
    }

    /// Whether there are any that are suspended.
    pub(super) fn are_suspended(&self) -> bool {
        !self.suspended.is_empty()
    }

    /// The space of this name, if its tenant is suspended.
    pub(super) fn suspended(&self, space: &str) -> Option<&Space> {
        if !self.are_suspended() {
            return None;
        }
        let (space, tenant) = self.spaces.get_key_value(space)?;
        self.suspended.contains_key(tenant).then_some(space)
    }
}

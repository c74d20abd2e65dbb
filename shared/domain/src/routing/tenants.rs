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
    /// With the time at which they are deleted with everything they have, in milliseconds since the Unix epoch, if they are.
    suspended: PersistentMap<TenantId, Option<u64>>,
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
        let after = change.after.as_ref().map(|stored| &stored.resource);
        let suspended = after.filter(|tenant| tenant.state == TenantState::Suspended);
        let tenant = stored.resource.tenant_id();
        if let Some(suspended) = suspended {
            let deletion = suspended.deletion.map(|deletion| deletion.at.millis());
            self.suspended.insert(tenant, deletion);
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

    /// The tenants that are to be deleted with everything they have by then, in no order.
    pub(super) fn overdue(&self, now: u64) -> impl Iterator<Item = &TenantId> {
        let deleted = self.suspended.iter();
        deleted.filter_map(move |(tenant, at)| at.is_some_and(|at| at <= now).then_some(tenant))
    }

    /// Whether the tenant of a space is one of these.
    pub(super) fn is_overdue(&self, space: &Space, now: u64) -> bool {
        let tenant = self.spaces.get(space);
        let at = tenant.and_then(|tenant| self.suspended.get(tenant).copied().flatten());
        at.is_some_and(|at| at <= now)
    }

    /// The spaces whose settings say that they are a tenant's, in no order.
    pub(super) fn spaces_of(&self, tenant: &TenantId) -> impl Iterator<Item = &Space> {
        let owned = self.spaces.iter().filter(move |(_, owner)| *owner == tenant);
        owned.map(|(space, _)| space)
    }
}

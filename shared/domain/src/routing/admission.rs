//! Which spaces take what somebody sends: those that want no key, and those that it comes with a key of. Those of a tenant that
//! is suspended take nothing.

use super::keys::{KeyRefusal, Sending};
use super::{RoutingTable, owner};
use crate::api_key::PresentedKey;
use crate::ids::{Space, TenantId};
use crate::resource::ApiKey;

impl RoutingTable {
    /// Whether any space has keys or wants some, so that requests may come with what functions must not see.
    pub fn knows_keys(&self) -> bool {
        self.keys.are_known()
    }

    /// Whether any space wants keys, so that it is worth a look.
    pub fn needs_keys(&self) -> bool {
        self.keys.are_needed()
    }

    /// Whether any space takes not all that is sent to it, so that it is worth a look.
    pub fn has_closed_spaces(&self) -> bool {
        self.needs_keys() || self.tenants.are_suspended()
    }

    /// Whether a space belongs to a tenant that is suspended.
    pub fn is_suspended(&self, space: &Space) -> bool {
        self.tenants.suspended(space.as_str()).is_some()
    }

    /// Whether a space belongs to a tenant that is to be deleted with everything it has by a time in milliseconds since the Unix
    /// epoch.
    pub fn is_overdue(&self, space: &Space, now: u64) -> bool {
        self.tenants.is_overdue(space, now)
    }

    /// The tenants that are to be deleted with everything they have by then.
    pub fn overdue_tenants(&self, now: u64) -> Vec<TenantId> {
        self.tenants.overdue(now).cloned().collect()
    }

    /// The spaces whose settings say that they are a tenant's. Looks at those of all tenants.
    pub fn spaces_of_tenant(&self, tenant: &TenantId) -> Vec<Space> {
        self.tenants.spaces_of(tenant).cloned().collect()
    }

    /// The space that owns a path, if it takes not all that is sent to it; none where spaces share their paths.
    pub fn guarding(&self, path: &str) -> Option<&Space> {
        if !self.paths.is_by_space() {
            return None;
        }
        let owner = owner(path);
        self.keys.guarded(owner).or_else(|| self.tenants.suspended(owner))
    }

    /// The key, of any space, that somebody opens with what was sent at a time in milliseconds since the Unix epoch.
    pub fn key_opened_by(&self, presented: &PresentedKey, now: u64) -> Option<&ApiKey> {
        self.keys.opened_by(presented, now)
    }

    /// Whether a space takes what somebody sends.
    pub fn admits(&self, space: &Space, sending: &Sending<'_>) -> Result<(), KeyRefusal> {
        if self.is_suspended(space) {
            return Err(KeyRefusal::Suspended);
        }
        self.keys.admit(space, sending)
    }
}

//! What a change of a key must keep: that the tenant is there which it is of. Those of spaces refer to nothing, and nothing refers
//! to keys.

use super::{AnyChange, Change, Collection, ConfigurationError, Configured, Snapshot, SpaceRules};
use crate::ids::KeyId;
use crate::resource::{ApiKey, Kind};

impl Configured for ApiKey {
    fn collection(snapshot: &Snapshot) -> &Collection<Self> {
        &snapshot.keys
    }

    fn collection_mut(snapshot: &mut Snapshot) -> &mut Collection<Self> {
        &mut snapshot.keys
    }

    fn check_create(&self, snapshot: &Snapshot, _rules: &SpaceRules) -> Result<(), ConfigurationError> {
        match self.space.tenant() {
            Some(tenant) if snapshot.tenants.is_empty() => Err(ConfigurationError::NotFound {
                kind: Kind::Tenant,
                id: tenant.to_string(),
            }),
            _ => Ok(()),
        }
    }

    fn check_update(
        &self,
        _stored: &Self,
        _snapshot: &Snapshot,
        _rules: &SpaceRules,
    ) -> Result<(), ConfigurationError> {
        Ok(())
    }

    fn check_delete(
        _id: &KeyId,
        _snapshot: &Snapshot,
        _rules: &SpaceRules,
    ) -> Result<(), ConfigurationError> {
        Ok(())
    }

    fn change(change: &Change<Self>) -> AnyChange<'_> {
        AnyChange::Key(change)
    }
}

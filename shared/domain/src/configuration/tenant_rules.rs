//! What a change of a tenant must keep: its plan is one that there is and allows its spaces, what is to be deleted stays
//! suspended, and it does not go while it has anything.

use super::{AnyChange, Change, Collection, ConfigurationError, Configured, Snapshot, SpaceRules};
use crate::ids::Space;
use crate::resource::{Kind, Tenant, TenantState};

impl Configured for Tenant {
    fn collection(snapshot: &Snapshot) -> &Collection<Self> {
        &snapshot.tenants
    }

    fn collection_mut(snapshot: &mut Snapshot) -> &mut Collection<Self> {
        &mut snapshot.tenants
    }

    fn check_create(&self, _snapshot: &Snapshot, rules: &SpaceRules) -> Result<(), ConfigurationError> {
        rules.check_plan(self.plan.as_deref(), None)
    }

    fn check_update(
        &self,
        stored: &Self,
        _snapshot: &Snapshot,
        rules: &SpaceRules,
    ) -> Result<(), ConfigurationError> {
        self.check_deletion(stored)?;
        let plan = rules.plans.and_then(|plans| plans.of(self.plan.as_deref()));
        let planned = plan.and_then(|(_, plan)| plan.spaces);
        let limit = planned.unwrap_or(rules.max_spaces_per_tenant);
        if self.spaces.len() > limit.max(stored.spaces.len()) {
            return Err(ConfigurationError::TooManySpaces { limit });
        }
        rules.check_plan(self.plan.as_deref(), stored.plan.as_deref())
    }

    fn check_delete(id: &Space, snapshot: &Snapshot, _rules: &SpaceRules) -> Result<(), ConfigurationError> {
        let Some(stored) = snapshot.tenants.get(id) else {
            return Ok(());
        };
        // Keys that stay behind would open what is made under the same name.
        let has = [
            (Kind::Space, stored.resource.spaces.len()),
            (Kind::Key, snapshot.keys.len()),
        ];
        match has.into_iter().find(|(_, count)| *count > 0) {
            Some((kind, count)) => Err(ConfigurationError::TenantInUse {
                tenant: stored.resource.tenant_id(),
                kind,
                count,
            }),
            None => Ok(()),
        }
    }

    fn change(change: &Change<Self>) -> AnyChange<'_> {
        AnyChange::Tenant(change)
    }
}

impl Tenant {
    /// What it has is removed piece by piece: nothing of it must come back to life in between.
    fn check_deletion(&self, stored: &Self) -> Result<(), ConfigurationError> {
        let had_begun = stored.deletion.is_some_and(|deletion| deletion.begun);
        let begun = self.deletion.is_some_and(|deletion| deletion.begun);
        let is_open = self.deletion.is_some() && self.state == TenantState::Active;
        if is_open || (had_begun && !begun) {
            return Err(ConfigurationError::TenantLeaving {
                tenant: self.tenant_id(),
                begun: had_begun,
            });
        }
        Ok(())
    }
}

//! What a change of each kind of resource must keep, in the order in which faults are answered
//! (docs/contract.md §1.10).

use super::function_uses::{check_use, check_users};
use super::hook_rules::is_no_hook;
use super::{AnyChange, Change, Collection, ConfigurationError, Configured, Snapshot, SpaceRules};
use crate::doubts::{self, Doubt};
use crate::ids::{CorsId, EventTypeName, FunctionId};
use crate::resource::{Cors, EventType, Function, Kind};

impl Configured for EventType {
    fn as_event_type(&self) -> Option<&EventType> {
        Some(self)
    }

    fn collection(snapshot: &Snapshot) -> &Collection<Self> {
        &snapshot.event_types
    }

    fn collection_mut(snapshot: &mut Snapshot) -> &mut Collection<Self> {
        &mut snapshot.event_types
    }

    fn check_create(&self, snapshot: &Snapshot, rules: &SpaceRules) -> Result<(), ConfigurationError> {
        authorizer_exists(self.authorizer_id.as_ref(), snapshot)?;
        rules.schemas.check(self, None, snapshot)?;
        self.check_hooks(None, snapshot, rules)
    }

    fn check_update(
        &self,
        stored: &Self,
        snapshot: &Snapshot,
        rules: &SpaceRules,
    ) -> Result<(), ConfigurationError> {
        authorizer_exists(self.authorizer_id.as_ref(), snapshot)?;
        rules.schemas.check(self, Some(stored), snapshot)?;
        self.check_hooks(Some(stored), snapshot, rules)
    }

    fn check_delete(
        id: &EventTypeName,
        snapshot: &Snapshot,
        _rules: &SpaceRules,
    ) -> Result<(), ConfigurationError> {
        let used = snapshot
            .subscriptions
            .values()
            .any(|stored| stored.resource.event_type == *id);
        if used {
            Err(ConfigurationError::EventTypeInUse)
        } else {
            Ok(())
        }
    }

    fn references(&self) -> Vec<(Kind, &str)> {
        let authorizer = self.authorizer_id.as_ref();
        authorizer
            .map(|id| (Kind::Function, id.as_str()))
            .into_iter()
            .collect()
    }

    fn doubts(&self) -> Vec<Doubt> {
        doubts::of_name("name", self.name.as_str()).into_iter().collect()
    }

    fn index(snapshot: &mut Snapshot, before: Option<&Self>, after: Option<&Self>) {
        let bytes = |one: Option<&Self>| one.map_or(0, Self::schema_bytes);
        snapshot.schema_bytes = snapshot.schema_bytes.saturating_sub(bytes(before)) + bytes(after);
        snapshot.hook_chains.change_type(before, after);
    }

    fn change(change: &Change<Self>) -> AnyChange<'_> {
        AnyChange::EventType(change)
    }
}

impl Configured for Function {
    fn collection(snapshot: &Snapshot) -> &Collection<Self> {
        &snapshot.functions
    }

    fn collection_mut(snapshot: &mut Snapshot) -> &mut Collection<Self> {
        &mut snapshot.functions
    }

    // No `references`: a weighted function may name more than a transaction has room for, and the version of the space
    // that a change is decided on says as much.
    fn check_create(&self, snapshot: &Snapshot, _rules: &SpaceRules) -> Result<(), ConfigurationError> {
        let mut variants = self.provider.variants();
        missing_variant(variants.find(|id| !snapshot.functions.contains_key(*id)))
    }

    fn check_update(
        &self,
        stored: &Self,
        snapshot: &Snapshot,
        _rules: &SpaceRules,
    ) -> Result<(), ConfigurationError> {
        // What it named before may stay, although it is missing: that was stored before this was a rule.
        let missing = self
            .provider
            .variants()
            .filter(|id| !snapshot.functions.contains_key(*id));
        let mut new = missing.filter(|id| !stored.provider.variants().any(|known| known == *id));
        missing_variant(new.next())?;
        check_users(self, stored, snapshot)?;
        self.stays_a_hook(stored, snapshot)
    }

    fn check_delete(
        id: &FunctionId,
        snapshot: &Snapshot,
        _rules: &SpaceRules,
    ) -> Result<(), ConfigurationError> {
        if is_subscribed(id, snapshot) {
            return Err(ConfigurationError::FunctionInUse);
        }
        let mut event_types = snapshot.event_types.values().map(|stored| &stored.resource);
        if let Some(event_type) = event_types.find(|it| it.authorizer_id.as_ref() == Some(id)) {
            return Err(ConfigurationError::FunctionIsAuthorizer {
                function: id.clone(),
                event_type: event_type.name.clone(),
            });
        }
        let mut subscriptions = snapshot.subscriptions.values().map(|stored| &stored.resource);
        if let Some(subscription) = subscriptions.find(|it| it.authorizer_id.as_ref() == Some(id)) {
            return Err(ConfigurationError::FunctionAuthorizesSubscription {
                function: id.clone(),
                subscription: subscription.subscription_id.clone(),
            });
        }
        is_no_hook(id, snapshot)?;
        let others = snapshot.functions.values().map(|stored| &stored.resource);
        let mut others = others.filter(|other| other.function_id != *id);
        match others.find(|other| other.provider.variants().any(|variant| variant == id)) {
            Some(weighted) => Err(ConfigurationError::FunctionIsVariant {
                function: id.clone(),
                weighted: weighted.function_id.clone(),
            }),
            None => Ok(()),
        }
    }

    fn doubts(&self) -> Vec<Doubt> {
        let of_name = doubts::of_name("functionId", self.function_id.as_str());
        of_name
            .into_iter()
            .chain(doubts::of_provider(&self.provider))
            .collect()
    }

    fn change(change: &Change<Self>) -> AnyChange<'_> {
        AnyChange::Function(change)
    }
}

fn missing_variant(missing: Option<&FunctionId>) -> Result<(), ConfigurationError> {
    missing.map_or(Ok(()), |id| {
        let function = id.clone();
        Err(ConfigurationError::MissingVariant { function })
    })
}

fn is_subscribed(id: &FunctionId, snapshot: &Snapshot) -> bool {
    let mut subscriptions = snapshot.subscriptions.values();
    subscriptions.any(|stored| stored.resource.function_id == *id)
}

/// Whether the authorizer of something is there, and one that can be asked.
pub(super) fn authorizer_exists(
    id: Option<&FunctionId>,
    snapshot: &Snapshot,
) -> Result<(), ConfigurationError> {
    match id {
        Some(id) => match snapshot.functions.get(id) {
            None => Err(ConfigurationError::MissingAuthorizer),
            Some(authorizer) => check_use(&authorizer.resource, None, snapshot),
        },
        None => Ok(()),
    }
}

impl Configured for Cors {
    fn collection(snapshot: &Snapshot) -> &Collection<Self> {
        &snapshot.cors
    }

    fn collection_mut(snapshot: &mut Snapshot) -> &mut Collection<Self> {
        &mut snapshot.cors
    }

    fn check_create(&self, _snapshot: &Snapshot, _rules: &SpaceRules) -> Result<(), ConfigurationError> {
        Ok(())
    }

    fn check_update(
        &self,
        stored: &Self,
        _snapshot: &Snapshot,
        _rules: &SpaceRules,
    ) -> Result<(), ConfigurationError> {
        match stored.changed_field(self) {
            Some(field) => Err(ConfigurationError::Immutable {
                kind: Kind::Cors,
                field,
            }),
            None => Ok(()),
        }
    }

    fn check_delete(
        _id: &CorsId,
        _snapshot: &Snapshot,
        _rules: &SpaceRules,
    ) -> Result<(), ConfigurationError> {
        Ok(())
    }

    fn doubts(&self) -> Vec<Doubt> {
        doubts::of_cors(self)
    }

    fn routed_path(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn change(change: &Change<Self>) -> AnyChange<'_> {
        AnyChange::Cors(change)
    }
}

//! What a change of each kind of resource must keep, in the order in which faults are answered
//! (docs/contract.md §1.10).

use super::{AnyChange, Change, Collection, ConfigurationError, Configured, Snapshot, SpaceRules};
use crate::ids::{CorsId, EventTypeName, FunctionId, SubscriptionId};
use crate::resource::{Cors, EventType, Function, Kind, PathMode, Subscription, SubscriptionType};

impl Configured for EventType {
    fn collection(snapshot: &Snapshot) -> &Collection<Self> {
        &snapshot.event_types
    }

    fn collection_mut(snapshot: &mut Snapshot) -> &mut Collection<Self> {
        &mut snapshot.event_types
    }

    fn check_create(&self, snapshot: &Snapshot, _rules: &SpaceRules) -> Result<(), ConfigurationError> {
        match &self.authorizer_id {
            Some(id) if !snapshot.functions.contains_key(id) => Err(ConfigurationError::MissingAuthorizer),
            _ => Ok(()),
        }
    }

    fn check_update(
        &self,
        _stored: &Self,
        snapshot: &Snapshot,
        rules: &SpaceRules,
    ) -> Result<(), ConfigurationError> {
        self.check_create(snapshot, rules)
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

    fn check_create(&self, _snapshot: &Snapshot, _rules: &SpaceRules) -> Result<(), ConfigurationError> {
        Ok(())
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
        id: &FunctionId,
        snapshot: &Snapshot,
        _rules: &SpaceRules,
    ) -> Result<(), ConfigurationError> {
        if snapshot
            .subscriptions
            .values()
            .any(|stored| stored.resource.function_id == *id)
        {
            return Err(ConfigurationError::FunctionInUse);
        }
        let mut event_types = snapshot.event_types.values().map(|stored| &stored.resource);
        match event_types.find(|event_type| event_type.authorizer_id.as_ref() == Some(id)) {
            Some(event_type) => Err(ConfigurationError::FunctionIsAuthorizer {
                function: id.clone(),
                event_type: event_type.name.clone(),
            }),
            None => Ok(()),
        }
    }

    fn change(change: &Change<Self>) -> AnyChange<'_> {
        AnyChange::Function(change)
    }
}

impl Configured for Subscription {
    fn collection(snapshot: &Snapshot) -> &Collection<Self> {
        &snapshot.subscriptions
    }

    fn collection_mut(snapshot: &mut Snapshot) -> &mut Collection<Self> {
        &mut snapshot.subscriptions
    }

    fn check_create(&self, snapshot: &Snapshot, rules: &SpaceRules) -> Result<(), ConfigurationError> {
        match snapshot.path_mode(rules.defaults) {
            PathMode::Specific => snapshot.path_forms.check(self)?,
            PathMode::Strict if self.r#type == SubscriptionType::Async => {}
            PathMode::Strict => {
                let paths = &snapshot.sync_paths;
                paths.check(self.event_type.as_str(), &self.method, &self.path)?;
            }
        }
        if !snapshot.event_types.contains_key(&self.event_type) {
            let id = self.event_type.to_string();
            return Err(ConfigurationError::MissingReference {
                kind: Kind::EventType,
                id,
            });
        }
        function_exists(&self.function_id, snapshot)
    }

    fn check_update(
        &self,
        stored: &Self,
        snapshot: &Snapshot,
        _rules: &SpaceRules,
    ) -> Result<(), ConfigurationError> {
        if let Some(field) = stored.changed_field(self) {
            return Err(ConfigurationError::Immutable {
                kind: Kind::Subscription,
                field,
            });
        }
        function_exists(&self.function_id, snapshot)
    }

    fn check_delete(
        _id: &SubscriptionId,
        _snapshot: &Snapshot,
        _rules: &SpaceRules,
    ) -> Result<(), ConfigurationError> {
        Ok(())
    }

    fn references(&self) -> Vec<(Kind, &str)> {
        vec![
            (Kind::EventType, self.event_type.as_str()),
            (Kind::Function, self.function_id.as_str()),
        ]
    }

    fn renamed(mut self, stored: &Self) -> Result<Self, ConfigurationError> {
        match stored.changed_field(&self) {
            Some(field @ ("Type" | "EventType")) => Err(ConfigurationError::Immutable {
                kind: Kind::Subscription,
                field,
            }),
            Some(_) => {
                self.subscription_id = self.derived_id();
                Ok(self)
            }
            None => Ok(self),
        }
    }

    fn moves(&self, stored: &Self) -> bool {
        stored.changed_field(self).is_some()
    }

    fn routed_path(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn index(snapshot: &mut Snapshot, before: Option<&Self>, after: Option<&Self>) {
        if let Some(gone) = before {
            snapshot.path_forms.remove(gone);
        }
        if let Some(new) = after {
            snapshot.path_forms.insert(new);
        }
        let is_sync = |subscription: &&Self| subscription.r#type == SubscriptionType::Sync;
        if let Some(gone) = before.filter(is_sync) {
            snapshot
                .sync_paths
                .remove(gone.event_type.as_str(), &gone.method, &gone.path);
        }
        if let Some(new) = after.filter(is_sync) {
            snapshot
                .sync_paths
                .insert(new.event_type.as_str(), &new.method, &new.path);
        }
    }

    fn change(change: &Change<Self>) -> AnyChange<'_> {
        AnyChange::Subscription(change)
    }
}

fn function_exists(id: &FunctionId, snapshot: &Snapshot) -> Result<(), ConfigurationError> {
    if snapshot.functions.contains_key(id) {
        Ok(())
    } else {
        Err(ConfigurationError::MissingReference {
            kind: Kind::Function,
            id: id.to_string(),
        })
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

    fn routed_path(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn change(change: &Change<Self>) -> AnyChange<'_> {
        AnyChange::Cors(change)
    }
}

//! What a change of each kind of resource must keep, in the order in which faults are answered
//! (docs/contract.md §1.10).

use super::{AnyChange, Change, Collection, ConfigurationError, Configured, Snapshot};
use crate::ids::{CorsId, EventTypeName, FunctionId, SubscriptionId};
use crate::resource::{Cors, EventType, Function, Kind, Subscription, SubscriptionType};

impl Configured for EventType {
    fn collection(snapshot: &Snapshot) -> &Collection<Self> {
        &snapshot.event_types
    }

    fn collection_mut(snapshot: &mut Snapshot) -> &mut Collection<Self> {
        &mut snapshot.event_types
    }

    fn check_create(&self, snapshot: &Snapshot) -> Result<(), ConfigurationError> {
        authorizer_exists(self.authorizer_id.as_ref(), snapshot)
    }

    fn check_update(&self, _stored: &Self, snapshot: &Snapshot) -> Result<(), ConfigurationError> {
        self.check_create(snapshot)
    }

    fn check_delete(id: &EventTypeName, snapshot: &Snapshot) -> Result<(), ConfigurationError> {
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

    fn check_create(&self, _snapshot: &Snapshot) -> Result<(), ConfigurationError> {
        Ok(())
    }

    fn check_update(&self, _stored: &Self, snapshot: &Snapshot) -> Result<(), ConfigurationError> {
        if self.provider.only_authorizes() && is_subscribed(&self.function_id, snapshot) {
            return Err(ConfigurationError::OnlyAuthorizes(self.function_id.clone()));
        }
        Ok(())
    }

    fn check_delete(id: &FunctionId, snapshot: &Snapshot) -> Result<(), ConfigurationError> {
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
        match subscriptions.find(|it| it.authorizer_id.as_ref() == Some(id)) {
            Some(subscription) => Err(ConfigurationError::FunctionAuthorizesSubscription {
                function: id.clone(),
                subscription: subscription.subscription_id.clone(),
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

    fn check_create(&self, snapshot: &Snapshot) -> Result<(), ConfigurationError> {
        if self.r#type == SubscriptionType::Sync {
            snapshot
                .sync_paths
                .check(self.event_type.as_str(), &self.method, &self.path)?;
        }
        if !snapshot.event_types.contains_key(&self.event_type) {
            let id = self.event_type.to_string();
            return Err(ConfigurationError::MissingReference {
                kind: Kind::EventType,
                id,
            });
        }
        function_takes_events(&self.function_id, snapshot)?;
        authorizer_exists(self.authorizer_id.as_ref(), snapshot)
    }

    fn check_update(&self, stored: &Self, snapshot: &Snapshot) -> Result<(), ConfigurationError> {
        if let Some(field) = stored.changed_field(self) {
            return Err(ConfigurationError::Immutable {
                kind: Kind::Subscription,
                field,
            });
        }
        function_takes_events(&self.function_id, snapshot)?;
        authorizer_exists(self.authorizer_id.as_ref(), snapshot)
    }

    fn check_delete(_id: &SubscriptionId, _snapshot: &Snapshot) -> Result<(), ConfigurationError> {
        Ok(())
    }

    fn references(&self) -> Vec<(Kind, &str)> {
        let mut references = vec![
            (Kind::EventType, self.event_type.as_str()),
            (Kind::Function, self.function_id.as_str()),
        ];
        // One that is its own authorizer is referred to once.
        let authorizer = self.authorizer_id.as_ref().filter(|id| **id != self.function_id);
        references.extend(authorizer.map(|id| (Kind::Function, id.as_str())));
        references
    }

    fn routed_path(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn index(snapshot: &mut Snapshot, before: Option<&Self>, after: Option<&Self>) {
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

fn is_subscribed(id: &FunctionId, snapshot: &Snapshot) -> bool {
    let mut subscriptions = snapshot.subscriptions.values();
    subscriptions.any(|stored| stored.resource.function_id == *id)
}

fn function_takes_events(id: &FunctionId, snapshot: &Snapshot) -> Result<(), ConfigurationError> {
    match snapshot.functions.get(id) {
        Some(stored) if stored.resource.provider.only_authorizes() => {
            Err(ConfigurationError::OnlyAuthorizes(id.clone()))
        }
        Some(_) => Ok(()),
        None => Err(ConfigurationError::MissingReference {
            kind: Kind::Function,
            id: id.to_string(),
        }),
    }
}

fn authorizer_exists(id: Option<&FunctionId>, snapshot: &Snapshot) -> Result<(), ConfigurationError> {
    match id {
        Some(id) if !snapshot.functions.contains_key(id) => Err(ConfigurationError::MissingAuthorizer),
        _ => Ok(()),
    }
}

impl Configured for Cors {
    fn collection(snapshot: &Snapshot) -> &Collection<Self> {
        &snapshot.cors
    }

    fn collection_mut(snapshot: &mut Snapshot) -> &mut Collection<Self> {
        &mut snapshot.cors
    }

    fn check_create(&self, _snapshot: &Snapshot) -> Result<(), ConfigurationError> {
        Ok(())
    }

    fn check_update(&self, stored: &Self, _snapshot: &Snapshot) -> Result<(), ConfigurationError> {
        match stored.changed_field(self) {
            Some(field) => Err(ConfigurationError::Immutable {
                kind: Kind::Cors,
                field,
            }),
            None => Ok(()),
        }
    }

    fn check_delete(_id: &CorsId, _snapshot: &Snapshot) -> Result<(), ConfigurationError> {
        Ok(())
    }

    fn routed_path(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn change(change: &Change<Self>) -> AnyChange<'_> {
        AnyChange::Cors(change)
    }
}

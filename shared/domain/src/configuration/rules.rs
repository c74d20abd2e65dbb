//! What a change of each kind of resource must keep, in the order in which faults are answered
//! (docs/contract.md §1.10).

use super::{AnyChange, Change, Collection, ConfigurationError, Configured, Snapshot, SpaceRules};
use crate::doubts::{self, Doubt};
use crate::event::HTTP_REQUEST;
use crate::ids::{CorsId, EventTypeName, FunctionId, SubscriptionId};
use crate::resource::{Cors, EventType, Function, Kind, PathMode, Subscription, SubscriptionType};

impl Configured for EventType {
    fn collection(snapshot: &Snapshot) -> &Collection<Self> {
        &snapshot.event_types
    }

    fn collection_mut(snapshot: &mut Snapshot) -> &mut Collection<Self> {
        &mut snapshot.event_types
    }

    fn check_create(&self, snapshot: &Snapshot, rules: &SpaceRules) -> Result<(), ConfigurationError> {
        authorizer_exists(self.authorizer_id.as_ref(), snapshot)?;
        rules.schemas.check(self, None, snapshot)
    }

    fn check_update(
        &self,
        stored: &Self,
        snapshot: &Snapshot,
        rules: &SpaceRules,
    ) -> Result<(), ConfigurationError> {
        authorizer_exists(self.authorizer_id.as_ref(), snapshot)?;
        rules.schemas.check(self, Some(stored), snapshot)
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
        if self.provider.only_authorizes() && is_subscribed(&self.function_id, snapshot) {
            return Err(ConfigurationError::OnlyAuthorizes(self.function_id.clone()));
        }
        if self.provider.passes_requests_on() && !stored.provider.passes_requests_on() {
            self.users_take_requests(snapshot)?;
        }
        Ok(())
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

impl Function {
    /// Whether those who use a function can bear that it gets requests from now on.
    fn users_take_requests(&self, snapshot: &Snapshot) -> Result<(), ConfigurationError> {
        for user in snapshot.subscriptions.values() {
            if user.resource.function_id == self.function_id {
                check_request_mode(self, Some(&user.resource))?;
            }
        }
        let event_types = snapshot.event_types.values();
        let subscriptions = snapshot.subscriptions.values();
        let mut authorizers = event_types
            .map(|event_type| &event_type.resource.authorizer_id)
            .chain(subscriptions.map(|subscription| &subscription.resource.authorizer_id));
        if authorizers.any(|authorizer| authorizer.as_ref() == Some(&self.function_id)) {
            return check_request_mode(self, None);
        }
        Ok(())
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
        function_fits(self, snapshot)?;
        authorizer_exists(self.authorizer_id.as_ref(), snapshot)
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
        function_fits(self, snapshot)?;
        authorizer_exists(self.authorizer_id.as_ref(), snapshot)
    }

    fn check_delete(
        _id: &SubscriptionId,
        _snapshot: &Snapshot,
        _rules: &SpaceRules,
    ) -> Result<(), ConfigurationError> {
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

    fn doubts(&self) -> Vec<Doubt> {
        doubts::of_path(&self.path).into_iter().collect()
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

/// Whether the function of a subscription is there, and one that can be called for it.
fn function_fits(subscription: &Subscription, snapshot: &Snapshot) -> Result<(), ConfigurationError> {
    let id = &subscription.function_id;
    match snapshot.functions.get(id) {
        Some(stored) if stored.resource.provider.only_authorizes() => {
            Err(ConfigurationError::OnlyAuthorizes(id.clone()))
        }
        Some(function) => check_request_mode(&function.resource, Some(subscription)),
        None => Err(ConfigurationError::MissingReference {
            kind: Kind::Function,
            id: id.to_string(),
        }),
    }
}

fn authorizer_exists(id: Option<&FunctionId>, snapshot: &Snapshot) -> Result<(), ConfigurationError> {
    match id {
        Some(id) => match snapshot.functions.get(id) {
            None => Err(ConfigurationError::MissingAuthorizer),
            Some(authorizer) => check_request_mode(&authorizer.resource, None),
        },
        None => Ok(()),
    }
}

/// A function that gets requests as they came can answer requests; there is none in a queue, and none for an authorizer.
fn check_request_mode(
    function: &Function,
    subscription: Option<&Subscription>,
) -> Result<(), ConfigurationError> {
    let has_request = subscription.is_some_and(|subscription| {
        subscription.r#type == SubscriptionType::Sync && subscription.event_type.as_str() == HTTP_REQUEST
    });
    if function.provider.passes_requests_on() && !has_request {
        return Err(ConfigurationError::NotPassthrough {
            function: function.function_id.clone(),
        });
    }
    Ok(())
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
        doubts::of_path(&self.path).into_iter().collect()
    }

    fn routed_path(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn change(change: &Change<Self>) -> AnyChange<'_> {
        AnyChange::Cors(change)
    }
}

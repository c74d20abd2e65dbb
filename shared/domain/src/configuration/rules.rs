//! What a change of each kind of resource must keep, in the order in which faults are answered
//! (docs/contract.md §1.10).

use super::hook_rules::is_no_hook;
use super::{AnyChange, Change, Collection, ConfigurationError, Configured, Snapshot, SpaceRules};
use crate::doubts::{self, Doubt};
use crate::event::HTTP_REQUEST;
use crate::ids::{CorsId, EventTypeName, FunctionId};
use crate::resource::{Cors, EventType, Function, Kind, Subscription, SubscriptionType};

impl Configured for EventType {
    fn collection(snapshot: &Snapshot) -> &Collection<Self> {
        &snapshot.event_types
    }

    fn collection_mut(snapshot: &mut Snapshot) -> &mut Collection<Self> {
        &mut snapshot.event_types
    }

    fn check_create(&self, snapshot: &Snapshot, _rules: &SpaceRules) -> Result<(), ConfigurationError> {
        authorizer_exists(self.authorizer_id.as_ref(), snapshot)?;
        self.check_hooks(snapshot)
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
        self.stays_a_hook(snapshot)
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
            Some(authorizer) => check_request_mode(&authorizer.resource, None),
        },
        None => Ok(()),
    }
}

/// A function that gets requests as they came can answer requests; there is none in a queue, and none for an authorizer.
pub(super) fn check_request_mode(
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
    let is_transformed = |subscription: &Subscription| {
        subscription.transform.is_some() || subscription.answer_transform.is_some()
    };
    if function.provider.passes_requests_on() && subscription.is_some_and(is_transformed) {
        return Err(ConfigurationError::TransformOfPassthrough {
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

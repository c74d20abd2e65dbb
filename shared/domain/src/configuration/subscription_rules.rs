//! What a change of a subscription must keep: that its function and its event type are there, that sync paths do not
//! conflict, and that its filters are no larger than is taken.

use super::rules::{authorizer_exists, check_request_mode};
use super::{
    AnyChange, Change, Collection, ConfigurationError, Configured, PathConflict, Snapshot, SpaceRules,
};
use crate::doubts::{self, Doubt};
use crate::ids::SubscriptionId;
use crate::resource::{InvalidCause, InvalidResource, Kind, PathMode, Subscription, SubscriptionType};
use crate::type_pattern::TypePattern;

impl Configured for Subscription {
    fn collection(snapshot: &Snapshot) -> &Collection<Self> {
        &snapshot.subscriptions
    }

    fn collection_mut(snapshot: &mut Snapshot) -> &mut Collection<Self> {
        &mut snapshot.subscriptions
    }

    fn check_create(&self, snapshot: &Snapshot, rules: &SpaceRules) -> Result<(), ConfigurationError> {
        let paths = &snapshot.sync_paths;
        match snapshot.path_mode(rules.defaults) {
            PathMode::Specific => snapshot.path_forms.check(self, paths.count(self))?,
            PathMode::Strict if self.r#type == SubscriptionType::Async => {}
            PathMode::Strict => paths.check(self)?,
        }
        check_filters(self, None, snapshot, rules)?;
        // A pattern is for types that may come later.
        let is_pattern = TypePattern::of(self.event_type.as_str()).is_some();
        if !is_pattern && !snapshot.event_types.contains_key(&self.event_type) {
            let id = self.event_type.to_string();
            return Err(ConfigurationError::MissingReference {
                kind: Kind::EventType,
                id,
            });
        }
        function_fits(self, snapshot)?;
        authorizer_exists(self.authorizer_id.as_ref(), snapshot)?;
        self.check_hooks(snapshot)
    }

    fn check_update(
        &self,
        stored: &Self,
        snapshot: &Snapshot,
        rules: &SpaceRules,
    ) -> Result<(), ConfigurationError> {
        if let Some(field) = stored.changed_field(self) {
            return Err(ConfigurationError::Immutable {
                kind: Kind::Subscription,
                field,
            });
        }
        if self.answers_all() && !stored.answers_all() && snapshot.sync_paths.count(self).without_filters > 0
        {
            return Err(PathConflict::Route(self.path.clone()).into());
        }
        check_filters(self, Some(stored), snapshot, rules)?;
        function_fits(self, snapshot)?;
        authorizer_exists(self.authorizer_id.as_ref(), snapshot)?;
        self.check_hooks(snapshot)
    }

    fn check_delete(
        _id: &SubscriptionId,
        _snapshot: &Snapshot,
        _rules: &SpaceRules,
    ) -> Result<(), ConfigurationError> {
        Ok(())
    }

    fn references(&self) -> Vec<(Kind, &str)> {
        let mut references = vec![(Kind::Function, self.function_id.as_str())];
        if TypePattern::of(self.event_type.as_str()).is_none() {
            references.insert(0, (Kind::EventType, self.event_type.as_str()));
        }
        // One that is its own authorizer is referred to once.
        let authorizer = self.authorizer_id.as_ref().filter(|id| **id != self.function_id);
        references.extend(authorizer.map(|id| (Kind::Function, id.as_str())));
        references
    }

    fn doubts(&self) -> Vec<Doubt> {
        doubts::of_path(&self.path).into_iter().collect()
    }

    fn notices(&self) -> Vec<String> {
        let is_unindexed = self.filters.as_ref().is_some_and(|filters| !filters.is_indexed());
        is_unindexed.then(|| UNINDEXED.to_owned()).into_iter().collect()
    }

    fn renamed(mut self, stored: &Self) -> Result<Self, ConfigurationError> {
        // A patch is read as values, whose text may be another although they are the same.
        if let (Some(own), Some(before)) = (&self.filters, &stored.filters)
            && own.is_same(before)
        {
            self.filters = Some(before.clone());
        }
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
            snapshot.sync_paths.remove(gone);
        }
        if let Some(new) = after.filter(is_sync) {
            snapshot.sync_paths.insert(new);
        }
        snapshot.unindexed_filters += after.map_or(0, unindexed);
        snapshot.unindexed_filters -= before.map_or(0, unindexed);
        let broken = |subscription| usize::from(is_broken(subscription));
        snapshot.broken_filters += after.map_or(0, broken);
        snapshot.broken_filters -= before.map_or(0, broken);
    }

    fn change(change: &Change<Self>) -> AnyChange<'_> {
        AnyChange::Subscription(change)
    }
}

/// What is told of filters that events do not find.
const UNINDEXED: &str = "unindexed: the filters require no value, prefix or suffix that events could be found by, \
                         so that they are tried for every event on their path (--max-unindexed-filters)";

/// Whether a subscription has filters that do not compile.
pub(super) fn is_broken(subscription: &Subscription) -> bool {
    let filters = subscription.filters.as_ref();
    filters.is_some_and(|filters| filters.compiled().is_err())
}

/// 1 for a subscription whose filters events do not find.
fn unindexed(subscription: &Subscription) -> usize {
    let filters = subscription.filters.as_ref();
    usize::from(filters.is_some_and(|filters| !filters.is_indexed()))
}

/// Refuses filters that are larger than is taken, and more than may be of those that events do not find. What is stored may
/// stay.
fn check_filters(
    subscription: &Subscription,
    stored: Option<&Subscription>,
    snapshot: &Snapshot,
    rules: &SpaceRules,
) -> Result<(), ConfigurationError> {
    let Some(filters) = &subscription.filters else {
        return Ok(());
    };
    if stored.is_some_and(|stored| stored.filters.as_ref() == Some(filters)) {
        return Ok(());
    }
    filters.check(&rules.filters).map_err(|error| InvalidResource {
        kind: Kind::Subscription,
        cause: InvalidCause::Filters(error),
    })?;
    let others = snapshot.unindexed_filters - stored.map_or(0, unindexed);
    if unindexed(subscription) > 0 && others >= rules.max_unindexed_filters {
        return Err(ConfigurationError::TooManyUnindexed {
            limit: rules.max_unindexed_filters,
        });
    }
    Ok(())
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

//! What a change of a subscription must keep: that its function and its event type are there, that sync paths do not
//! conflict, and that its filters are no larger than is taken.

use super::function_uses::check_use;
use super::rules::authorizer_exists;
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
        let limit = rules.max_authorizers_per_route;
        snapshot.route_authorizers.check(self, None, limit)?;
        self.check_hooks(None, snapshot, rules)
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
        let limit = rules.max_authorizers_per_route;
        snapshot.route_authorizers.check(self, Some(stored), limit)?;
        self.check_hooks(Some(stored), snapshot, rules)
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
            snapshot.route_authorizers.remove(gone);
        }
        if let Some(new) = after {
            snapshot.path_forms.insert(new);
            snapshot.route_authorizers.insert(new);
        }
        snapshot.hook_chains.change_subscription(before, after);
        let is_sync = |subscription: &&Self| subscription.r#type == SubscriptionType::Sync;
        if let Some(gone) = before.filter(is_sync) {
            snapshot.sync_paths.remove(gone);
        }
        if let Some(new) = after.filter(is_sync) {
            snapshot.sync_paths.insert(new);
        }
        snapshot.unindexed_filters += after.map_or(0, unindexed);
        snapshot.unindexed_filters -= before.map_or(0, unindexed);
        let broken = |subscription: &Self| usize::from(subscription.has_broken_filters());
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
        Some(function) => check_use(&function.resource, Some(subscription), snapshot),
        None => Err(ConfigurationError::MissingReference {
            kind: Kind::Function,
            id: id.to_string(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::FilterLimits;
    use crate::resource::{EventType, Function, Resource};

    fn decode<R: Resource>(body: &str) -> R {
        R::decode(&"default".into(), None, body.as_bytes()).unwrap()
    }

    fn subscription(kind: &str, function: &str, filters: &str) -> Subscription {
        decode(&format!(
            r#"{{"type":"{kind}","eventType":"e","functionId":"{function}","filters":{filters}}}"#
        ))
    }

    fn space(rules: &SpaceRules) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for id in ["f", "g"] {
            let body = format!(r#"{{"functionId":"{id}","type":"http","provider":{{"url":"http://x"}}}}"#);
            snapshot.create::<Function>(decode(&body), 0, rules).unwrap();
        }
        let event_type = decode::<EventType>(r#"{"name":"e"}"#);
        snapshot.create(event_type, 0, rules).unwrap();
        snapshot
    }

    const INDEXED: &str = r#"[{"exact":{"a":"b"}}]"#;
    const UNINDEXED: &str = r#"[{"not":{"exact":{"a":"b"}}}]"#;

    #[test]
    fn filters_that_events_do_not_find_are_counted() {
        let rules = SpaceRules {
            max_unindexed_filters: 1,
            ..SpaceRules::default()
        };
        let mut snapshot = space(&rules);
        for filters in [INDEXED, UNINDEXED] {
            let subscription = subscription("async", "f", filters);
            assert_eq!(subscription.notices().is_empty(), filters == INDEXED);
            snapshot.create(subscription, 1, &rules).unwrap();
        }
        let another = subscription("async", "g", UNINDEXED);
        let refused = snapshot.create(another.clone(), 1, &rules).unwrap_err();
        assert_eq!(refused, ConfigurationError::TooManyUnindexed { limit: 1 });
        // The one that is there may stay one of them, and make room.
        let mut changed = subscription("async", "f", UNINDEXED);
        for filters in [r#"[{"not":{"exact":{"a":"c"}}}]"#, INDEXED] {
            changed.filters = subscription("async", "f", filters).filters;
            snapshot.update(changed.clone(), &rules).unwrap();
        }
        snapshot.create(another.clone(), 1, &rules).unwrap();
        assert!(
            snapshot
                .update(subscription("async", "f", UNINDEXED), &rules)
                .is_err()
        );
        snapshot
            .delete::<Subscription>(&another.subscription_id, &rules)
            .unwrap();
        assert_eq!(snapshot.unindexed_filters, 0);
    }

    #[test]
    fn what_is_stored_may_be_larger_than_is_taken_now() {
        let small = SpaceRules {
            filters: FilterLimits {
                max_bytes: 10,
                ..FilterLimits::default()
            },
            ..SpaceRules::default()
        };
        let mut snapshot = space(&small);
        let subscription = subscription("async", "f", INDEXED);
        let refused = snapshot.create(subscription.clone(), 1, &small).unwrap_err();
        let text = refused.to_string();
        assert!(
            text.starts_with("Subscription doesn't validate. Validation error: filters"),
            "{text}"
        );
        snapshot
            .create(subscription.clone(), 1, &SpaceRules::default())
            .unwrap();
        let mut paused = subscription;
        paused.paused = true;
        snapshot.update(paused, &small).unwrap();
    }

    #[test]
    fn one_sync_subscription_without_filters_answers() {
        let rules = SpaceRules::default();
        for mode in [PathMode::Strict, PathMode::Specific] {
            let rules = SpaceRules {
                defaults: crate::configuration::SpaceDefaults {
                    paths: mode,
                    ..rules.defaults
                },
                ..rules
            };
            let mut snapshot = space(&rules);
            let plain = subscription("sync", "f", "[]");
            let filtered = subscription("sync", "g", INDEXED);
            snapshot.create(filtered.clone(), 1, &rules).unwrap();
            snapshot.create(plain.clone(), 2, &rules).unwrap();
            let mut without = filtered.clone();
            without.filters = None;
            let refused = snapshot.update(without.clone(), &rules).unwrap_err();
            assert!(
                matches!(refused, ConfigurationError::PathConflict(_)),
                "{refused}"
            );
            snapshot
                .delete::<Subscription>(&plain.subscription_id, &rules)
                .unwrap();
            snapshot.update(without, &rules).unwrap();
            // Its id is another, and the slot is taken all the same.
            let refused = snapshot.create(plain, 3, &rules).unwrap_err();
            assert!(
                matches!(refused, ConfigurationError::PathConflict(_)),
                "{refused}"
            );
        }
    }

    #[test]
    fn patterns_need_no_registered_type() {
        let rules = SpaceRules::default();
        let mut snapshot = space(&rules);
        let body = r#"{"type":"async","eventType":"order.*","functionId":"f"}"#;
        let subscription = decode::<Subscription>(body);
        assert_eq!(subscription.references(), [(Kind::Function, "f")]);
        snapshot.create(subscription, 1, &rules).unwrap();
        let body = r#"{"type":"async","eventType":"order.created","functionId":"f"}"#;
        assert!(snapshot.create::<Subscription>(decode(body), 1, &rules).is_err());
        // What only patterns stand for may go.
        let event_type = decode::<EventType>(r#"{"name":"order.created"}"#);
        snapshot.create(event_type, 1, &rules).unwrap();
        snapshot
            .delete::<EventType>(&"order.created".into(), &rules)
            .unwrap();
    }
}

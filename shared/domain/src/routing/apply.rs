//! Carrying single changes of a snapshot over into the index.

use std::sync::Arc;

use super::filtered_slots::Standing;
use super::{HooksOf, PathOwnership, PathRoutes, Paths, RoutingTable};
use crate::configuration::{Change, Stored};
use crate::event::SYSTEM_PREFIX;
use crate::ids::{EventTypeName, Space};
use crate::persistent_map::PersistentMap;
use crate::resource::{
    Cors, EventType, Function, Hook, PathMode, SpaceSettings, Subscription, SubscriptionType,
};
use crate::type_pattern::TypePattern;

impl RoutingTable {
    pub(super) fn route_function(&mut self, change: &Change<Function>) {
        let is_limited = |stored: &Option<Stored<Function>>| {
            stored.as_ref().is_some_and(|it| it.resource.rate_limit.is_some())
        };
        self.limited_functions += usize::from(is_limited(&change.after));
        self.limited_functions -= usize::from(is_limited(&change.before));
        if let Some(Stored { resource, .. }) = &change.after {
            let functions = self.functions.entry(resource.space.clone()).or_default();
            functions.insert(resource.function_id.clone(), resource.clone());
        } else if let Some(Stored { resource, .. }) = &change.before {
            remove_from(&mut self.functions, &resource.space, &resource.function_id);
        }
    }

    pub(super) fn route_event_type(&mut self, change: &Change<EventType>) {
        self.change_hooks(change, |it| (&it.space, HooksOf::EventType(&it.name), &it.hooks));
        if let Some(Stored { resource, .. }) = &change.before {
            remove_from(&mut self.authorizers, &resource.space, &resource.name);
            remove_from(&mut self.event_types, &resource.space, &resource.name);
            self.validated.remove(resource);
        }
        if let Some(Stored { resource, .. }) = &change.after {
            let event_types = self.event_types.entry(resource.space.clone()).or_default();
            event_types.insert(resource.name.clone(), ());
            self.validated.add(resource);
        }
        if let Some(Stored { resource, .. }) = &change.after
            && let Some(authorizer) = &resource.authorizer_id
        {
            let authorizers = self.authorizers.entry(resource.space.clone()).or_default();
            authorizers.insert(resource.name.clone(), authorizer.clone());
        }
    }

    pub(super) fn route_subscription(&mut self, change: &Change<Subscription>) {
        self.change_hooks(change, |it| {
            (&it.space, HooksOf::Subscription(&it.subscription_id), &it.hooks)
        });
        if let Some(stored) = &change.before {
            let resource = &stored.resource;
            self.modes.unsubscribed(&resource.space);
            if resource.filters.is_none() {
                self.remove_from_path(resource);
            } else {
                self.filters -= 1;
                let standing = self.filtered.remove(stored);
                self.stand(&standing);
            }
            if resource.authorizer_id.is_some() {
                remove_from(
                    &mut self.own_authorizers,
                    &resource.space,
                    &resource.subscription_id,
                );
            }
            if resource.r#type == SubscriptionType::Async {
                self.system_subscriptions -= usize::from(is_system(&resource.event_type));
                remove_from(&mut self.queued, &resource.space, &resource.subscription_id);
            }
        }
        if let Some(stored) = &change.after {
            let resource = &stored.resource;
            self.modes.subscribed(&resource.space);
            if resource.filters.is_none() {
                self.put_on_path(stored);
            } else {
                self.filters += 1;
                let standing = self.filtered.add(stored);
                self.stand(&standing);
            }
            if let Some(authorizer) = &resource.authorizer_id {
                let authorizers = self.own_authorizers.entry(resource.space.clone()).or_default();
                authorizers.insert(resource.subscription_id.clone(), authorizer.clone());
            }
            if resource.r#type == SubscriptionType::Async {
                self.system_subscriptions += usize::from(is_system(&resource.event_type));
                let queued = self.queued.entry(resource.space.clone()).or_default();
                queued.insert(resource.subscription_id.clone(), resource.clone());
            }
        }
    }

    fn put_on_path(&mut self, stored: &Stored<Subscription>) {
        let resource = &stored.resource;
        let mode = self.modes.paths(&resource.space);
        self.paths.change(&resource.space, &resource.path, |routes| {
            routes.subscribe(stored, mode);
        });
    }

    fn remove_from_path(&mut self, resource: &Subscription) {
        let mode = self.modes.paths(&resource.space);
        self.paths.change(&resource.space, &resource.path, |routes| {
            routes.unsubscribe(resource, mode);
        });
    }

    /// Puts the subscription that stands for a slot from now on in the place of the one that did.
    fn stand(&mut self, standing: &Standing) {
        let Standing { before, after } = standing;
        let is_same = |one: &Stored<Subscription>, other: &Stored<Subscription>| {
            Arc::ptr_eq(&one.resource, &other.resource)
        };
        if let (Some(before), Some(after)) = (before, after)
            && is_same(before, after)
        {
            return;
        }
        if let Some(before) = before {
            self.remove_from_path(&before.resource);
        }
        if let Some(after) = after {
            self.put_on_path(after);
        }
    }

    pub(super) fn route_cors(&mut self, change: &Change<Cors>) {
        if let Some(Stored { resource, .. }) = &change.before {
            let mode = self.modes.paths(&resource.space);
            self.paths.change(&resource.space, &resource.path, |routes| {
                routes.cors.remove(resource, mode);
            });
        }
        if let Some(stored) = &change.after {
            let resource = &stored.resource;
            let mode = self.modes.paths(&resource.space);
            self.paths.change(&resource.space, &resource.path, |routes| {
                routes.cors.add(stored, mode);
            });
        }
    }
}

/// Whether an event type is one of the gateway's own.
fn is_system(event_type: &EventTypeName) -> bool {
    event_type.as_str().starts_with(SYSTEM_PREFIX)
}

impl RoutingTable {
    /// Takes over settings. What stands on paths stays where it is.
    pub(super) fn set_modes(&mut self, change: &Change<SpaceSettings>) {
        self.change_hooks(change, |it| (&it.space, HooksOf::Space, &it.hooks));
        if let Some(Stored { resource, .. }) = &change.after {
            self.keys.set(&resource.space, Some(resource));
            self.tenants.set(&resource.space, Some(resource));
            self.plans.set(&resource.space, Some(resource));
            self.modes.set(&resource.space, Some(resource));
        } else if let Some(Stored { resource, .. }) = &change.before {
            self.keys.set(&resource.space, None);
            self.tenants.set(&resource.space, None);
            self.plans.set(&resource.space, None);
            self.modes.set(&resource.space, None);
        }
    }
}

impl RoutingTable {
    /// Takes over the hooks of a resource, which may have another id than before.
    fn change_hooks<R>(
        &mut self,
        change: &Change<R>,
        hooks: impl Fn(&R) -> (&Space, HooksOf<'_>, &Vec<Hook>),
    ) {
        if let Some(Stored { resource, .. }) = &change.before {
            let (space, of, before) = hooks(resource);
            self.hooks.replace(space, &of, before, &[]);
        }
        if let Some(Stored { resource, .. }) = &change.after {
            let (space, of, after) = hooks(resource);
            self.hooks.replace(space, &of, &[], after);
        }
    }
}

impl Paths {
    /// Changes what stands on a path of a space. Nothing happens where the path is not the space's.
    fn change(&mut self, space: &Space, path: &str, change: impl FnOnce(&mut PathRoutes)) {
        match self {
            Self::Shared(routes) => change(routes),
            Self::BySpace(_) if !PathOwnership::BySpace.allows(space, path) => {}
            Self::BySpace(spaces) => {
                let routes = spaces.entry(space.clone()).or_default();
                change(routes);
                if routes.is_empty() {
                    spaces.remove(space);
                }
            }
        }
    }
}

impl PathRoutes {
    fn is_empty(&self) -> bool {
        self.subscriptions.is_empty() && self.cors.is_empty() && self.patterns.is_none()
    }

    fn subscribe(&mut self, stored: &Stored<Subscription>, mode: PathMode) {
        let event_type = &stored.resource.event_type;
        if let Some(pattern) = TypePattern::of(event_type.as_str()) {
            let patterns = Arc::make_mut(self.patterns.get_or_insert_default());
            patterns.subscribe(pattern, stored, mode);
            return;
        }
        let routes = self.subscriptions.entry(event_type.clone()).or_default();
        routes.subscribe(stored, mode);
    }

    fn unsubscribe(&mut self, subscription: &Subscription, mode: PathMode) {
        if let Some(pattern) = TypePattern::of(subscription.event_type.as_str()) {
            if let Some(patterns) = &mut self.patterns {
                Arc::make_mut(patterns).unsubscribe(pattern, subscription, mode);
            }
            self.patterns.take_if(|patterns| patterns.is_empty());
            return;
        }
        if let Some(routes) = self.subscriptions.get_mut(&subscription.event_type) {
            routes.unsubscribe(subscription, mode);
            if routes.is_empty() {
                self.subscriptions.remove(&subscription.event_type);
            }
        }
    }
}

fn remove_from<K, V>(spaces: &mut PersistentMap<Space, PersistentMap<K, V>>, space: &Space, key: &K)
where
    K: Clone + Eq + std::hash::Hash,
    V: Clone,
{
    if let Some(map) = spaces.get_mut(space) {
        map.remove(key);
        if map.is_empty() {
            spaces.remove(space);
        }
    }
}

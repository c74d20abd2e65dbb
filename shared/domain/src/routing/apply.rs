//! Carrying single changes of a snapshot over into the index.

use super::{PathOwnership, PathRoutes, Paths, RoutingTable};
use crate::configuration::{Change, Stored};
use crate::ids::Space;
use crate::persistent_map::PersistentMap;
use crate::resource::{Cors, EventType, Function, PathMode, SpaceSettings, Subscription, SubscriptionType};

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
        if let Some(Stored { resource, .. }) = &change.before {
            remove_from(&mut self.authorizers, &resource.space, &resource.name);
            self.validated.remove(resource);
        }
        if let Some(Stored { resource, .. }) = &change.after {
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
        if let Some(Stored { resource, .. }) = &change.before {
            self.modes.unsubscribed(&resource.space);
            let mode = self.modes.paths(&resource.space);
            self.paths.change(&resource.space, &resource.path, |routes| {
                routes.unsubscribe(resource, mode);
            });
            if resource.authorizer_id.is_some() {
                remove_from(
                    &mut self.own_authorizers,
                    &resource.space,
                    &resource.subscription_id,
                );
            }
            if resource.r#type == SubscriptionType::Async {
                remove_from(&mut self.queued, &resource.space, &resource.subscription_id);
            }
        }
        if let Some(stored) = &change.after {
            let resource = &stored.resource;
            self.modes.subscribed(&resource.space);
            let mode = self.modes.paths(&resource.space);
            self.paths.change(&resource.space, &resource.path, |routes| {
                routes.subscribe(stored, mode);
            });
            if let Some(authorizer) = &resource.authorizer_id {
                let authorizers = self.own_authorizers.entry(resource.space.clone()).or_default();
                authorizers.insert(resource.subscription_id.clone(), authorizer.clone());
            }
            if resource.r#type == SubscriptionType::Async {
                let queued = self.queued.entry(resource.space.clone()).or_default();
                queued.insert(resource.subscription_id.clone(), resource.clone());
            }
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

impl RoutingTable {
    /// Takes over settings. What stands on paths stays where it is.
    pub(super) fn set_modes(&mut self, change: &Change<SpaceSettings>) {
        if let Some(Stored { resource, .. }) = &change.after {
            self.modes.set(&resource.space, Some(resource));
        } else if let Some(Stored { resource, .. }) = &change.before {
            self.modes.set(&resource.space, None);
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
        self.subscriptions.is_empty() && self.cors.is_empty()
    }

    fn subscribe(&mut self, stored: &Stored<Subscription>, mode: PathMode) {
        let event_type = &stored.resource.event_type;
        let routes = self.subscriptions.entry(event_type.clone()).or_default();
        routes.subscribe(stored, mode);
    }

    fn unsubscribe(&mut self, subscription: &Subscription, mode: PathMode) {
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

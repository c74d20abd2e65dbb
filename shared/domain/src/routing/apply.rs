//! Carrying single changes of a snapshot over into the index.

use super::{MethodRoutes, PathOwnership, PathRoutes, Paths, RoutingTable};
use crate::configuration::{Change, Stored};
use crate::ids::Space;
use crate::persistent_map::PersistentMap;
use crate::resource::{Cors, EventType, Function, Subscription, SubscriptionType};

impl RoutingTable {
    pub(super) fn route_function(&mut self, change: &Change<Function>) {
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
            self.paths.change(&resource.space, &resource.path, |routes| {
                routes.unsubscribe(resource);
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
            self.paths
                .change(&resource.space, &resource.path, |routes| routes.subscribe(stored));
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
            self.paths.change(&resource.space, &resource.path, |routes| {
                routes.remove_cors(resource);
            });
        }
        if let Some(stored) = &change.after {
            let resource = &stored.resource;
            self.paths
                .change(&resource.space, &resource.path, |routes| routes.add_cors(stored));
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

    fn subscribe(&mut self, stored: &Stored<Subscription>) {
        let subscription = &stored.resource;
        let methods = self
            .subscriptions
            .entry(subscription.event_type.clone())
            .or_default();
        methods.change(&subscription.method, |routes| routes.subscribe(stored));
    }

    fn unsubscribe(&mut self, subscription: &Subscription) {
        let Some(methods) = self.subscriptions.get_mut(&subscription.event_type) else {
            return;
        };
        let Some(routes) = methods.get_mut(subscription.method.as_str()) else {
            return;
        };
        routes.unsubscribe(subscription);
        if routes.sync.is_empty() && routes.asynchronous.is_empty() {
            methods.remove(subscription.method.as_str());
            if methods.is_empty() {
                self.subscriptions.remove(&subscription.event_type);
            }
        }
    }

    fn add_cors(&mut self, stored: &Stored<Cors>) {
        let cors = &stored.resource;
        let tree = self.cors.entry(cors.method.as_str().into()).or_default();
        tree.insert(&cors.path, stored);
    }

    fn remove_cors(&mut self, cors: &Cors) {
        let Some(tree) = self.cors.get_mut(cors.method.as_str()) else {
            return;
        };
        tree.remove(cors);
        if tree.is_empty() {
            self.cors.remove(cors.method.as_str());
        }
    }
}

impl MethodRoutes {
    fn subscribe(&mut self, stored: &Stored<Subscription>) {
        let subscription = &stored.resource;
        match subscription.r#type {
            SubscriptionType::Sync => self.sync.insert(&subscription.path, stored),
            SubscriptionType::Async => self.asynchronous.change(&subscription.path, |slot| {
                let rank = |stored: &Stored<Subscription>| (stored.created, stored.resource.space.clone());
                let at = slot.partition_point(|other| rank(other) <= rank(stored));
                slot.insert(at, stored.clone());
            }),
        }
    }

    fn unsubscribe(&mut self, subscription: &Subscription) {
        match subscription.r#type {
            SubscriptionType::Sync => self.sync.remove(subscription),
            SubscriptionType::Async => {
                let path = subscription.path.as_str();
                if let Some(slot) = self.asynchronous.get_mut(path) {
                    slot.retain(|other| !is_same(&other.resource, subscription));
                    if slot.is_empty() {
                        self.asynchronous.remove(path);
                    }
                }
            }
        }
    }
}

fn is_same(a: &Subscription, b: &Subscription) -> bool {
    a.subscription_id == b.subscription_id && a.space == b.space
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

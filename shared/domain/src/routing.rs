//! The compiled index that serves events: which subscriptions, functions, authorizers and CORS configurations a
//! request concerns. Lookups touch memory only and allocate nothing.
//!
//! A table is a persistent value: a copy costs nothing and a change shares everything it does not touch, so that
//! one write costs the same whether a space has ten subscriptions or ten thousand.

use std::sync::Arc;

use imbl::HashMap;

use crate::configuration::{Change, Configured, Snapshot, Stored};
use crate::ids::{EventTypeName, FunctionId, Space};
use crate::resource::{Cors, EventType, Function, Subscription, SubscriptionType};

mod path_tree;
mod replace;
#[cfg(test)]
mod tests;

use path_tree::PathTree;
pub use path_tree::path_parameters;

/// The compiled index of one space or of all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RoutingTable {
    functions: HashMap<Space, HashMap<FunctionId, Arc<Function>>>,
    authorizers: HashMap<Space, HashMap<EventTypeName, FunctionId>>,
    subscriptions: HashMap<EventTypeName, HashMap<Arc<str>, MethodRoutes>>,
    cors: HashMap<Arc<str>, PathTree<Cors>>,
}

/// The subscriptions to one event type with one method.
#[derive(Debug, Clone, Default, PartialEq)]
struct MethodRoutes {
    sync: PathTree<Subscription>,
    /// By the literal path, in the order of creation.
    asynchronous: HashMap<Arc<str>, Vec<Stored<Subscription>>>,
}

/// The subscriptions an event reaches.
#[derive(Debug, Clone, Copy)]
pub struct Routes<'a> {
    /// The one whose function answers the caller.
    pub sync: Option<&'a Arc<Subscription>>,
    /// Those that get the event through the queue, in the order of creation.
    pub asynchronous: &'a [Stored<Subscription>],
}

impl Routes<'_> {
    /// Whether the event reaches nobody.
    pub fn is_empty(&self) -> bool {
        self.sync.is_none() && self.asynchronous.is_empty()
    }
}

impl RoutingTable {
    /// Builds the index of some spaces.
    pub fn compile<'a>(snapshots: impl IntoIterator<Item = &'a Snapshot>) -> Self {
        let mut table = Self::default();
        for snapshot in snapshots {
            table.add_all::<Function>(snapshot);
            table.add_all::<EventType>(snapshot);
            table.add_all::<Subscription>(snapshot);
            table.add_all::<Cors>(snapshot);
        }
        table
    }

    fn add_all<R: Configured>(&mut self, snapshot: &Snapshot) {
        for stored in snapshot.iter::<R>() {
            self.apply(&Change {
                before: None,
                after: Some(stored.clone()),
            });
        }
    }

    /// Carries over a change of a snapshot.
    pub fn apply<R: Configured>(&mut self, change: &Change<R>) {
        R::route(self, change);
    }

    /// The subscriptions for an event type, method and path (CONTRACT.md §2.2). The path is compared as it was
    /// sent, percent-encoding included.
    pub fn routes(&self, event_type: &str, method: &str, path: &str) -> Routes<'_> {
        let found = self
            .subscriptions
            .get(event_type)
            .and_then(|methods| methods.get(method));
        Routes {
            sync: found.and_then(|routes| routes.sync.find(path)),
            asynchronous: found
                .and_then(|routes| routes.asynchronous.get(path))
                .map_or(&[], Vec::as_slice),
        }
    }

    /// A registered function.
    pub fn function(&self, space: &Space, id: &FunctionId) -> Option<&Arc<Function>> {
        self.functions.get(space)?.get(id)
    }

    /// The authorizer of an event type as registered in a space.
    pub fn authorizer(&self, space: &Space, event_type: &str) -> Option<&FunctionId> {
        self.authorizers.get(space)?.get(event_type)
    }

    /// The CORS configuration for a method and path: the very path first, then the pattern created first (Q46).
    pub fn cors(&self, method: &str, path: &str) -> Option<&Arc<Cors>> {
        self.cors.get(method)?.find(path)
    }

    /// Another space's subscription on the sync slot of this one, created earlier (Q10).
    pub fn shadowing(&self, subscription: &Subscription) -> Option<&Arc<Subscription>> {
        let routes = self
            .subscriptions
            .get(&subscription.event_type)?
            .get(subscription.method.as_str())?;
        let first = routes.sync.find(&subscription.path)?;
        (first.space != subscription.space).then_some(first)
    }

    pub(crate) fn route_function(&mut self, change: &Change<Function>) {
        if let Some(Stored { resource, .. }) = &change.after {
            let functions = self.functions.entry(resource.space.clone()).or_default();
            functions.insert(resource.function_id.clone(), resource.clone());
        } else if let Some(Stored { resource, .. }) = &change.before {
            remove_from(&mut self.functions, &resource.space, &resource.function_id);
        }
    }

    pub(crate) fn route_event_type(&mut self, change: &Change<EventType>) {
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

    pub(crate) fn route_subscription(&mut self, change: &Change<Subscription>) {
        if let Some(stored) = &change.before {
            self.remove_subscription(&stored.resource);
        }
        if let Some(stored) = &change.after {
            self.add_subscription(stored);
        }
    }

    fn add_subscription(&mut self, stored: &Stored<Subscription>) {
        let subscription = &stored.resource;
        let methods = self
            .subscriptions
            .entry(subscription.event_type.clone())
            .or_default();
        let routes = methods.entry(subscription.method.as_str().into()).or_default();
        match subscription.r#type {
            SubscriptionType::Sync => routes.sync.insert(&subscription.path, stored),
            SubscriptionType::Async => {
                let slot = routes
                    .asynchronous
                    .entry(subscription.path.as_str().into())
                    .or_default();
                let rank = |stored: &Stored<Subscription>| (stored.created, stored.resource.space.clone());
                let at = slot.partition_point(|other| rank(other) <= rank(stored));
                slot.insert(at, stored.clone());
            }
        }
    }

    fn remove_subscription(&mut self, subscription: &Subscription) {
        let Some(methods) = self.subscriptions.get_mut(&subscription.event_type) else {
            return;
        };
        let Some(routes) = methods.get_mut(subscription.method.as_str()) else {
            return;
        };
        match subscription.r#type {
            SubscriptionType::Sync => routes.sync.remove(subscription),
            SubscriptionType::Async => {
                let path = subscription.path.as_str();
                if let Some(slot) = routes.asynchronous.get_mut(path) {
                    slot.retain(|other| !is_same(&other.resource, subscription));
                    if slot.is_empty() {
                        routes.asynchronous.remove(path);
                    }
                }
            }
        }
        if routes.sync.is_empty() && routes.asynchronous.is_empty() {
            methods.remove(subscription.method.as_str());
            if methods.is_empty() {
                self.subscriptions.remove(&subscription.event_type);
            }
        }
    }

    pub(crate) fn route_cors(&mut self, change: &Change<Cors>) {
        if let Some(Stored { resource, .. }) = &change.before
            && let Some(tree) = self.cors.get_mut(resource.method.as_str())
        {
            tree.remove(resource);
            if tree.is_empty() {
                self.cors.remove(resource.method.as_str());
            }
        }
        if let Some(stored) = &change.after {
            let tree = self
                .cors
                .entry(stored.resource.method.as_str().into())
                .or_default();
            tree.insert(&stored.resource.path, stored);
        }
    }
}

fn is_same(a: &Subscription, b: &Subscription) -> bool {
    a.subscription_id == b.subscription_id && a.space == b.space
}

fn remove_from<K, V>(spaces: &mut HashMap<Space, HashMap<K, V>>, space: &Space, key: &K)
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

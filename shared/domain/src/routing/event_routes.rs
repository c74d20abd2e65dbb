//! The subscriptions to one event type, by method and path.

use std::sync::Arc;

use super::by_name::ByName;
use super::groups::Groups;
use super::path_tree::{PathTree, comes_before};
use super::subscribers::{Routes, Subscribers};
use crate::configuration::Stored;
use crate::resource::{PathMode, Subscription, SubscriptionType};
use crate::validation::ANY_METHOD;

/// The subscriptions to one event type.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct EventRoutes {
    methods: ByName<MethodRoutes>,
    /// Those to any method.
    any: Option<Arc<MethodRoutes>>,
}

/// The subscriptions to one event type with one method.
#[derive(Debug, Clone, Default, PartialEq)]
struct MethodRoutes {
    /// Of spaces whose paths are strict.
    sync: PathTree<Subscription>,
    /// Of those by the literal path, in the order of creation.
    asynchronous: ByName<Vec<Stored<Subscription>>>,
    /// Of spaces whose most specific path wins, if there are such.
    specific: Option<Arc<SpecificRoutes>>,
}

/// The subscriptions of spaces whose most specific path wins.
#[derive(Debug, Clone, Default, PartialEq)]
struct SpecificRoutes {
    sync: PathTree<Subscription>,
    asynchronous: PathTree<Subscription>,
}

impl EventRoutes {
    /// What a request reaches. `is_of_one_space` says that nothing here is of more than one.
    pub(super) fn find(&self, method: &str, path: &str, is_of_one_space: bool) -> Routes<'_> {
        let routes = match self.methods.get(method) {
            Some(routes) => routes.find(path, is_of_one_space),
            None => Routes::default(),
        };
        if self.any.is_none() && method != "HEAD" {
            return routes;
        }
        self.with_others(routes, method, path, is_of_one_space)
    }

    /// Also what a request reaches by another method than its own: one of its own comes before GET for HEAD, and that
    /// before any.
    fn with_others<'a>(
        &'a self,
        mut routes: Routes<'a>,
        method: &str,
        path: &str,
        is_of_one_space: bool,
    ) -> Routes<'a> {
        let get = self.methods.get("GET").filter(|_| method == "HEAD");
        if let Some(get) = get.and_then(|get| get.specific.as_deref()) {
            routes.add_less_specific(get.find(path, is_of_one_space));
        }
        if let Some(any) = &self.any {
            routes.add_less_specific(any.find(path, is_of_one_space));
        }
        routes
    }

    /// The methods by which a path is reached, in the order of the alphabet, and the subscriptions there.
    pub(super) fn on_path(&self, path: &str) -> (Vec<String>, Vec<&Stored<Subscription>>) {
        let (mut methods, mut subscriptions) = (Vec::new(), Vec::new());
        for (method, routes) in self.methods.iter() {
            let found = routes.find(path, false);
            if found.is_empty() {
                continue;
            }
            methods.push(method.to_owned());
            let is_specific = |routes: &SpecificRoutes| !routes.find(path, false).is_empty();
            if method == "GET" && routes.specific.as_deref().is_some_and(is_specific) {
                methods.push("HEAD".to_owned());
            }
            subscriptions.extend(found.asynchronous.iter());
            subscriptions.extend(routes.sync_on(path));
        }
        methods.sort_unstable();
        methods.dedup();
        (methods, subscriptions)
    }

    /// Whether a path is reached with a method. `None` where nothing has the method.
    pub(super) fn reaches(&self, method: &str, path: &str) -> Option<bool> {
        let routes = self.methods.get(method).or(self.any.as_deref())?;
        Some(!routes.find(path, false).is_empty())
    }

    /// The sync subscription on the very path of another, of its space and with its method, that has no filters.
    pub(super) fn without_filters(&self, other: &Subscription) -> Option<&Arc<Subscription>> {
        let routes = match other.method.as_str() {
            ANY_METHOD => self.any.as_deref(),
            method => self.methods.get(method),
        }?;
        let specific = routes
            .specific
            .iter()
            .flat_map(|specific| specific.sync.at(&other.path));
        let is_it = |stored: &&Stored<Subscription>| {
            let it = &stored.resource;
            it.filters.is_none() && it.space == other.space && it.path == other.path
        };
        let mut all = routes.sync.at(&other.path).iter().chain(specific);
        all.find(is_it).map(|stored| &stored.resource)
    }

    /// The first sync subscription on a path of strict spaces, with the very method.
    pub(super) fn first_strict(&self, method: &str, path: &str) -> Option<&Arc<Subscription>> {
        let routes = match method {
            ANY_METHOD => self.any.as_deref(),
            method => self.methods.get(method),
        };
        Some(&routes?.sync.find(path)?.resource)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.methods.is_empty() && self.any.is_none()
    }

    pub(super) fn subscribe(&mut self, stored: &Stored<Subscription>, mode: PathMode) {
        let method = &stored.resource.method;
        if method == ANY_METHOD {
            Arc::make_mut(self.any.get_or_insert_default()).subscribe(stored, mode);
        } else {
            self.methods
                .change(method, |routes| routes.subscribe(stored, mode));
        }
    }

    pub(super) fn unsubscribe(&mut self, subscription: &Subscription, mode: PathMode) {
        let method = subscription.method.as_str();
        if method == ANY_METHOD {
            if let Some(any) = &mut self.any {
                Arc::make_mut(any).unsubscribe(subscription, mode);
            }
            self.any.take_if(|any| any.is_empty());
        } else if let Some(routes) = self.methods.get_mut(method) {
            routes.unsubscribe(subscription, mode);
            if routes.is_empty() {
                self.methods.remove(method);
            }
        }
    }
}

impl<'a> Routes<'a> {
    /// Adds what is found by a less specific method: it counts where there is nothing by the one before.
    fn add_less_specific(&mut self, other: Routes<'a>) {
        if self.is_empty() {
            *self = other;
            return;
        }
        self.sync = self.sync.or(other.sync);
        self.asynchronous.add_other_spaces(&other.asynchronous);
    }
}

impl MethodRoutes {
    fn find(&self, path: &str, is_of_one_space: bool) -> Routes<'_> {
        let sync = self.sync.find(path);
        let mut routes = Routes {
            sync: sync.map(|stored| &stored.resource),
            asynchronous: Subscribers::on_one_path(self.asynchronous.get(path).map_or(&[], Vec::as_slice)),
            named_by: None,
            next_sync: Vec::new(),
        };
        if let Some(specific) = &self.specific {
            specific.add_to(&mut routes, sync, path, is_of_one_space);
        }
        routes
    }

    /// All sync subscriptions that may answer on a path.
    fn sync_on(&self, path: &str) -> impl Iterator<Item = &Stored<Subscription>> {
        let specific = self
            .specific
            .as_ref()
            .and_then(|specific| specific.sync(path, false).lowest());
        self.sync.find(path).into_iter().chain(specific)
    }

    fn is_empty(&self) -> bool {
        self.sync.is_empty() && self.asynchronous.is_empty() && self.specific.is_none()
    }

    fn subscribe(&mut self, stored: &Stored<Subscription>, mode: PathMode) {
        let subscription = &stored.resource;
        let path = &subscription.path;
        match (mode, subscription.r#type) {
            (PathMode::Specific, r#type) => {
                let specific = Arc::make_mut(self.specific.get_or_insert_default());
                specific.tree_mut(r#type).insert(path, stored);
            }
            (PathMode::Strict, SubscriptionType::Sync) => self.sync.insert(path, stored),
            (PathMode::Strict, SubscriptionType::Async) => self.asynchronous.change(path, |slot| {
                let rank = |stored: &Stored<Subscription>| (stored.created, stored.resource.space.clone());
                let at = slot.partition_point(|other| rank(other) <= rank(stored));
                slot.insert(at, stored.clone());
            }),
        }
    }

    fn unsubscribe(&mut self, subscription: &Subscription, mode: PathMode) {
        match (mode, subscription.r#type) {
            (PathMode::Specific, r#type) => {
                if let Some(specific) = &mut self.specific {
                    Arc::make_mut(specific).tree_mut(r#type).remove(subscription);
                }
                self.specific.take_if(|specific| specific.is_empty());
            }
            (PathMode::Strict, SubscriptionType::Sync) => self.sync.remove(subscription),
            (PathMode::Strict, SubscriptionType::Async) => {
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

impl SpecificRoutes {
    fn find(&self, path: &str, is_of_one_space: bool) -> Routes<'_> {
        let mut routes = Routes::default();
        self.add_to(&mut routes, None, path, is_of_one_space);
        routes
    }

    /// Adds what a request reaches here to what it reaches of strict spaces. Between spaces the earliest created answers.
    fn add_to<'a>(
        &'a self,
        routes: &mut Routes<'a>,
        strict: Option<&'a Stored<Subscription>>,
        path: &str,
        is_of_one_space: bool,
    ) {
        let mut asynchronous = Groups::new(is_of_one_space);
        self.asynchronous.groups(path, &mut asynchronous);
        routes
            .asynchronous
            .add(asynchronous.first(), asynchronous.others());
        let own = self.sync(path, is_of_one_space).lowest();
        if let Some(own) = own.filter(|own| strict.is_none_or(|strict| comes_before(*own, strict))) {
            routes.sync = Some(&own.resource);
        }
        let first = asynchronous.first().first();
        routes.named_by = first.map(|stored| &stored.resource);
    }

    fn sync(&self, path: &str, is_of_one_space: bool) -> Groups<'_, Subscription> {
        let mut groups = Groups::new(is_of_one_space);
        self.sync.groups(path, &mut groups);
        groups
    }

    fn tree_mut(&mut self, r#type: SubscriptionType) -> &mut PathTree<Subscription> {
        match r#type {
            SubscriptionType::Sync => &mut self.sync,
            SubscriptionType::Async => &mut self.asynchronous,
        }
    }

    fn is_empty(&self) -> bool {
        self.sync.is_empty() && self.asynchronous.is_empty()
    }
}

fn is_same(a: &Subscription, b: &Subscription) -> bool {
    a.subscription_id == b.subscription_id && a.space == b.space
}

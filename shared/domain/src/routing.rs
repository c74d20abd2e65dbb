//! The compiled index that serves events: which subscriptions, functions, authorizers and CORS configurations a
//! request concerns. Lookups touch memory only and allocate nothing.
//!
//! A table is a persistent value: a copy costs nothing and a change shares everything it does not touch, so that
//! one write costs the same whether a space has ten subscriptions or ten thousand.
//!
//! Where spaces own their paths ([`PathOwnership::BySpace`]) each has routes of its own, and a lookup begins with those of
//! the space that the path belongs to: nothing of any other can be found.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::configuration::{AnyChange, Change, Configured, Snapshot, SpaceRules};
use crate::ids::{EventTypeName, FunctionId, Space, SubscriptionId};
use crate::persistent_map::PersistentMap;
use crate::resource::{ApiKey, Cors, EventType, Function, HookPoint, SpaceSettings, Subscription, Tenant};
use crate::type_pattern::TypePattern;

mod admission;
mod apply;
mod by_name;
mod cors_routes;
mod event_routes;
mod filtered_slots;
mod foreign;
mod groups;
mod hooks;
mod keys;
mod nearest;
mod ownership;
mod path_tree;
mod plans;
mod replace;
mod selection;
mod space_modes;
mod space_plans;
mod subscribers;
mod tenants;
#[cfg(test)]
mod tests;
mod type_patterns;
mod validated;

use cors_routes::CorsRoutes;
use event_routes::EventRoutes;
pub use filtered_slots::FilteredSlot;
use filtered_slots::FilteredSlots;
pub use foreign::{ForeignPath, foreign_paths};
pub use hooks::RoutedHook;
use hooks::{Hooks, HooksOf};
use keys::Keys;
pub use keys::{KeyRefusal, Sending, may_send};
pub use nearest::{NearestMiss, UnmatchedAnswer};
pub use ownership::PathOwnership;
use ownership::owner;
pub use path_tree::path_parameters;
pub(crate) use path_tree::{pattern_matches, specific_pattern_matches};
pub use selection::Passed;
use space_modes::SpaceModes;
use space_plans::SpacePlans;
pub use subscribers::{Routes, Subscribers};
use tenants::Tenants;
use type_patterns::TypePatterns;
use validated::Validated;
pub use validated::ValidatedType;

/// The compiled index of one space or of all.
#[derive(Debug, Clone, PartialEq)]
pub struct RoutingTable {
    functions: PersistentMap<Space, PersistentMap<FunctionId, Arc<Function>>>,
    /// How many of them have a limit of calls.
    limited_functions: usize,
    /// How many async subscriptions there are to the gateway's own events.
    system_subscriptions: usize,
    authorizers: PersistentMap<Space, PersistentMap<EventTypeName, FunctionId>>,
    /// The event types that are registered: who subscribes to a pattern gets events of these.
    event_types: PersistentMap<Space, PersistentMap<EventTypeName, ()>>,
    /// Authorizers of subscriptions that have one of their own; only spaces that have such.
    own_authorizers: PersistentMap<Space, PersistentMap<SubscriptionId, FunctionId>>,
    /// Event types whose events are checked, by the name that those of several spaces may have.
    validated: Validated,
    paths: Paths,
    /// The subscriptions with filters. On the paths one stands for all of a slot.
    filtered: FilteredSlots,
    /// How many there are of them, those that do not compile included.
    filters: usize,
    modes: SpaceModes,
    /// The async subscriptions once more, for deliveries that know theirs by its id: also those that get no events
    /// because their path is another space's, for what was accepted before.
    queued: PersistentMap<Space, PersistentMap<SubscriptionId, Arc<Subscription>>>,
    /// Functions that are here with secrets which nobody could decrypt; only spaces that have such.
    sealed: PersistentMap<Space, BTreeSet<FunctionId>>,
    hooks: Hooks,
    keys: Keys,
    tenants: Tenants,
    plans: SpacePlans,
    /// Steps that the filters of a subscription or a hook may take for one event.
    filter_steps: usize,
}

/// What stands on the paths, by whose they are.
#[derive(Debug, Clone, PartialEq)]
enum Paths {
    Shared(PathRoutes),
    /// Only spaces that have something on a path of theirs.
    BySpace(PersistentMap<Space, PathRoutes>),
}

/// What stands on paths.
#[derive(Debug, Clone, Default, PartialEq)]
struct PathRoutes {
    subscriptions: PersistentMap<EventTypeName, EventRoutes>,
    /// Those to event types by pattern, if there are such.
    patterns: Option<Arc<TypePatterns>>,
    cors: CorsRoutes,
}

impl PathRoutes {
    /// What is subscribed to events of that very name, type or pattern.
    fn to(&self, event_type: &str) -> Option<&EventRoutes> {
        match TypePattern::of(event_type) {
            None => self.subscriptions.get(event_type),
            Some(pattern) => self.patterns.as_ref()?.get(pattern),
        }
    }

    /// What is subscribed to events of a type, by its name and by patterns.
    fn of_type<'r, 'e>(&'r self, event_type: &'e str) -> impl Iterator<Item = &'r EventRoutes> + use<'r, 'e> {
        let patterns = self.patterns.iter().flat_map(|patterns| patterns.of(event_type));
        self.subscriptions.get(event_type).into_iter().chain(patterns)
    }
}

impl Paths {
    /// What may stand on a path.
    fn on(&self, path: &str) -> Option<&PathRoutes> {
        match self {
            Self::Shared(routes) => Some(routes),
            Self::BySpace(spaces) => spaces.get(owner(path)),
        }
    }
}

impl Paths {
    /// Whether what stands on a path is of one space.
    fn is_by_space(&self) -> bool {
        matches!(self, Self::BySpace(_))
    }
}

impl RoutingTable {
    /// The index of no space.
    pub fn new(rules: impl Into<SpaceRules>) -> Self {
        let rules = rules.into();
        Self {
            functions: PersistentMap::default(),
            limited_functions: 0,
            system_subscriptions: 0,
            authorizers: PersistentMap::default(),
            event_types: PersistentMap::default(),
            filtered: FilteredSlots::default(),
            filters: 0,
            own_authorizers: PersistentMap::default(),
            validated: Validated::default(),
            modes: SpaceModes::new(&rules),
            paths: match rules.paths {
                PathOwnership::Shared => Paths::Shared(PathRoutes::default()),
                PathOwnership::BySpace => Paths::BySpace(PersistentMap::default()),
            },
            queued: PersistentMap::default(),
            sealed: PersistentMap::default(),
            hooks: Hooks::default(),
            keys: Keys::default(),
            tenants: Tenants::default(),
            plans: SpacePlans::new(rules.plans),
            filter_steps: rules.filters.max_steps,
        }
    }

    /// Builds the index of some spaces.
    pub fn compile<'a>(
        rules: impl Into<SpaceRules>,
        snapshots: impl IntoIterator<Item = &'a Snapshot>,
    ) -> Self {
        let mut table = Self::new(rules);
        for snapshot in snapshots {
            // First: they say how the others stand on their paths.
            table.add_all::<SpaceSettings>(snapshot);
            table.add_all::<Function>(snapshot);
            table.add_all::<EventType>(snapshot);
            table.add_all::<Subscription>(snapshot);
            table.add_all::<Cors>(snapshot);
            table.add_all::<ApiKey>(snapshot);
            table.add_all::<Tenant>(snapshot);
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

    /// Carries over a change of a snapshot. One of settings that says otherwise how paths stand side by side moves nothing:
    /// that is for [`Self::replace`].
    pub fn apply<R: Configured>(&mut self, change: &Change<R>) {
        match R::change(change) {
            AnyChange::EventType(change) => self.route_event_type(change),
            AnyChange::Function(change) => self.route_function(change),
            AnyChange::Subscription(change) => self.route_subscription(change),
            AnyChange::Cors(change) => self.route_cors(change),
            AnyChange::Space(change) => self.set_modes(change),
            AnyChange::Key(change) => self.keys.apply(change),
            AnyChange::Tenant(change) => self.tenants.apply(change),
        }
    }

    /// The subscriptions for an event type, method and path (docs/contract.md §2.2). The path is compared as it was
    /// sent, percent-encoding included. Where [`Self::has_filters`], [`Self::select`] says which of them an event reaches:
    /// one stands for all that have filters and all else in common.
    pub fn routes(&self, event_type: &str, method: &str, path: &str) -> Routes<'_> {
        let Some(on_path) = self.paths.on(path) else {
            return Routes::default();
        };
        let routes = match on_path.subscriptions.get(event_type) {
            Some(found) => found.find(method, path, self.paths.is_by_space()),
            None => Routes::default(),
        };
        match &on_path.patterns {
            None => routes,
            Some(patterns) => self.with_patterns(patterns, routes, event_type, (method, path)),
        }
    }

    /// Also what is subscribed to by pattern. Only types that are registered in the space of a subscription reach it.
    fn with_patterns<'a>(
        &'a self,
        patterns: &'a TypePatterns,
        mut routes: Routes<'a>,
        event_type: &str,
        (method, path): (&str, &str),
    ) -> Routes<'a> {
        let is_registered = |subscription: &Subscription| {
            let known = self.event_types.get(&subscription.space);
            known.is_some_and(|known| known.contains_key(event_type))
        };
        for found in patterns.of(event_type) {
            let found = found.find(method, path, self.paths.is_by_space());
            routes.add_pattern(&found, is_registered);
        }
        routes
    }

    /// The space that a path belongs to, if it has anything on a path; none where spaces share their paths.
    pub fn owner(&self, path: &str) -> Option<&Space> {
        match &self.paths {
            Paths::Shared(_) => None,
            Paths::BySpace(spaces) => spaces.get_key_value(owner(path)).map(|(space, _)| space),
        }
    }

    /// A registered function.
    pub fn function(&self, space: &Space, id: &FunctionId) -> Option<&Arc<Function>> {
        self.functions.get(space)?.get(id)
    }

    /// Whether the secrets of a function are not what they should be because they could not be decrypted: it must not be
    /// called with them.
    pub fn is_sealed(&self, space: &Space, id: &FunctionId) -> bool {
        self.sealed.get(space).is_some_and(|sealed| sealed.contains(id))
    }

    /// Says which functions of a space are sealed.
    pub fn set_sealed(&mut self, space: &Space, functions: &BTreeSet<FunctionId>) {
        if functions.is_empty() {
            self.sealed.remove(space);
        } else {
            self.sealed.insert(space.clone(), functions.clone());
        }
    }

    /// An async subscription.
    pub fn subscription(&self, space: &Space, id: &SubscriptionId) -> Option<&Arc<Subscription>> {
        self.queued.get(space)?.get(id)
    }

    /// Whether more than one space has async subscriptions.
    pub fn is_shared(&self) -> bool {
        self.queued.len() > 1
    }

    /// Who is asked before an event of a type goes to a subscription: its own authorizer, or else that of the event type
    /// as registered in its space.
    pub fn authorizer(
        &self,
        space: &Space,
        subscription: &SubscriptionId,
        event_type: &str,
    ) -> Option<&FunctionId> {
        if self.has_own_authorizers()
            && let Some(own) = self.own_authorizers.get(space)
            && let Some(authorizer) = own.get(subscription)
        {
            return Some(authorizer);
        }
        self.authorizers.get(space)?.get(event_type)
    }

    /// Whether any function has a limit of calls, so that it is worth a look.
    pub fn has_limited_functions(&self) -> bool {
        self.limited_functions > 0
    }

    /// Whether anybody gets the gateway's own events, so that it is worth a look who.
    pub fn has_system_subscribers(&self) -> bool {
        self.system_subscriptions > 0
    }

    /// Whether any subscription has an authorizer of its own, so that subscribers of a space can have different ones.
    pub fn has_own_authorizers(&self) -> bool {
        !self.own_authorizers.is_empty()
    }

    /// Whether anybody has a hook at a point, so that it is worth a look.
    pub fn has_hooks(&self, point: HookPoint) -> bool {
        self.hooks.has(point)
    }

    /// The hooks that an event of a type meets at a point, in their order: those of the space, those of the event type, and
    /// those of the subscription where one is named.
    pub fn hooks<'t>(
        &'t self,
        point: HookPoint,
        space: &Space,
        event_type: &str,
        subscription: Option<&SubscriptionId>,
    ) -> impl Iterator<Item = &'t RoutedHook> + use<'t> {
        self.hooks.at(point, space, event_type, subscription)
    }

    /// Whether any subscription has hooks of its own.
    pub fn has_own_hooks(&self) -> bool {
        self.hooks.has_any_of_subscriptions()
    }

    /// The hooks at a point that a subscription has of its own.
    pub fn own_hooks<'t>(
        &'t self,
        point: HookPoint,
        space: &Space,
        subscription: &SubscriptionId,
    ) -> impl Iterator<Item = &'t RoutedHook> + use<'t> {
        self.hooks.of_subscription(point, space, subscription)
    }

    /// Whether events of any type are checked against a schema, so that it is worth a look.
    pub fn has_validated_types(&self) -> bool {
        !self.validated.is_empty()
    }

    /// The event types of that name whose events are checked on a path. Where spaces share their paths, those of all.
    pub fn validated_types(&self, event_type: &str, path: &str) -> impl Iterator<Item = &ValidatedType> {
        let ownership = if self.paths.is_by_space() {
            PathOwnership::BySpace
        } else {
            PathOwnership::Shared
        };
        self.validated.on(event_type, ownership, path)
    }

    /// The CORS configuration for a method and path: the very path first, then the pattern created first (Q46), or the most
    /// specific pattern where a space has it so.
    pub fn cors(&self, method: &str, path: &str) -> Option<&Arc<Cors>> {
        self.paths
            .on(path)?
            .cors
            .find(method, path, self.paths.is_by_space())
    }

    /// Another space's subscription on the sync slot of this one, created earlier (Q10). None where spaces own their
    /// paths.
    pub fn shadowing(&self, subscription: &Subscription) -> Option<&Arc<Subscription>> {
        let routes = self
            .paths
            .on(&subscription.path)?
            .subscriptions
            .get(&subscription.event_type)?;
        let first = routes.first_strict(&subscription.method, &subscription.path)?;
        (first.space != subscription.space).then_some(first)
    }
}

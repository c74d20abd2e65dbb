//! The resources of a space as one immutable value, and the rules every change of them must keep
//! (docs/contract.md §1.10): references exist, nothing in use is deleted, sync paths do not conflict.

use std::sync::Arc;

use imbl::OrdMap;

use crate::doubts::Doubt;
use crate::resource::{
    ApiKey, Cors, EventType, Function, Kind, MetadataFilter, PathMode, Resource, SpaceSettings, Subscription,
    Tenant,
};

mod changes;
mod creation;
mod error;
mod function_uses;
mod hook_chains;
mod hook_rules;
mod key_rules;
mod measured;
mod path_forms;
mod plan;
mod route_authorizers;
mod rules;
mod schema_bound;
mod schema_rules;
mod settings_rules;
mod snapshot_bytes;
mod space_checks;
mod space_rules;
mod subscription_rules;
mod sync_paths;
mod tenant_rules;

pub use changes::ResourceChange;
pub use creation::created_from;
pub use error::ConfigurationError;
use hook_chains::HookChains;
use measured::Measured;
use path_forms::PathForms;
pub use plan::{Plan, PlanError, PlanOptions, SET_LABEL, StepLimit, Wanted, WantedSpace, plan};
use route_authorizers::RouteAuthorizers;
pub use schema_bound::SchemaBound;
pub use space_rules::{FilterLimits, SchemaBounds, SpaceDefaults, SpaceRules};
pub use sync_paths::{PathConflict, SyncPaths};

/// A stored resource and its place in the order of creation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored<R> {
    /// The resource.
    pub resource: Arc<R>,
    /// Rank in the order of creation over all spaces: the lower, the earlier. Microseconds since the Unix epoch.
    pub created: u64,
}

/// The resources of one kind in a space, by id.
pub type Collection<R> = OrdMap<<R as Resource>::Id, Stored<R>>;

/// All resources of a space. Cloning is cheap: copies share what they have in common.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    event_types: Collection<EventType>,
    functions: Collection<Function>,
    subscriptions: Collection<Subscription>,
    cors: Collection<Cors>,
    /// None or one.
    settings: Collection<SpaceSettings>,
    keys: Collection<ApiKey>,
    /// None or one, and none in a space.
    tenants: Collection<Tenant>,
    sync_paths: SyncPaths,
    path_forms: PathForms,
    /// How many subscriptions have filters that events do not find.
    unindexed_filters: usize,
    /// How many have filters that do not compile.
    broken_filters: usize,
    route_authorizers: RouteAuthorizers,
    hook_chains: HookChains,
    /// Bytes of all versions of all schemas.
    schema_bytes: usize,
    /// How many bytes all of it has, where that was asked.
    measured: Measured,
}

/// A change that keeps every rule: what was there before and what is there now, under another id where it moved.
#[derive(Debug, Clone)]
pub struct Change<R> {
    /// The resource as it was; `None` when it is new.
    pub before: Option<Stored<R>>,
    /// The resource as it is; `None` when it is gone.
    pub after: Option<Stored<R>>,
}

impl<R: Resource> Change<R> {
    /// Whether the resource has another id than before.
    pub fn has_moved(&self) -> bool {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => before.resource.id() != after.resource.id(),
            _ => false,
        }
    }
}

/// A change of a resource of any kind.
#[derive(Debug, Clone, Copy)]
pub enum AnyChange<'c> {
    /// Of an event type.
    EventType(&'c Change<EventType>),
    /// Of a function.
    Function(&'c Change<Function>),
    /// Of a subscription.
    Subscription(&'c Change<Subscription>),
    /// Of a CORS configuration.
    Cors(&'c Change<Cors>),
    /// Of the settings of a space.
    Space(&'c Change<SpaceSettings>),
    /// Of a key.
    Key(&'c Change<ApiKey>),
    /// Of a tenant.
    Tenant(&'c Change<Tenant>),
}

/// A resource with its rules towards the others of its space.
pub trait Configured: Resource {
    /// It as an event type, if it is one: those have schemas, which are compared before they are stored.
    fn as_event_type(&self) -> Option<&EventType> {
        None
    }

    /// Where a snapshot keeps this kind.
    fn collection(snapshot: &Snapshot) -> &Collection<Self>;

    /// Where a snapshot keeps this kind, to change it.
    fn collection_mut(snapshot: &mut Snapshot) -> &mut Collection<Self>;

    /// Rules of a new resource, its id being free.
    fn check_create(&self, snapshot: &Snapshot, rules: &SpaceRules) -> Result<(), ConfigurationError>;

    /// Rules of a replacement of `stored`.
    fn check_update(
        &self,
        stored: &Self,
        snapshot: &Snapshot,
        rules: &SpaceRules,
    ) -> Result<(), ConfigurationError>;

    /// Rules of a removal; whether there is anything to remove is checked afterwards.
    fn check_delete(id: &Self::Id, snapshot: &Snapshot, rules: &SpaceRules)
    -> Result<(), ConfigurationError>;

    /// A patched resource under the id that follows from its members. Refuses what a patch cannot change either. Of most kinds
    /// the id stays.
    fn renamed(self, stored: &Self) -> Result<Self, ConfigurationError> {
        let _ = stored;
        Ok(self)
    }

    /// The same with what its sender left to the gateway, and what is from now on as it is today.
    #[must_use]
    fn completed(self, stored: Option<&Self>, snapshot: &Snapshot, rules: &SpaceRules) -> Self {
        let _ = (stored, snapshot, rules);
        self
    }

    /// Whether it differs from a stored one in what an update must not change, so that it has to take its place.
    fn moves(&self, stored: &Self) -> bool {
        let _ = stored;
        false
    }

    /// The resources of its space that it refers to, by kind and id.
    fn references(&self) -> Vec<(Kind, &str)> {
        Vec::new()
    }

    /// What of it cannot work although it is taken.
    fn doubts(&self) -> Vec<Doubt> {
        Vec::new()
    }

    /// What its sender is told of it although it works.
    fn notices(&self) -> Vec<String> {
        Vec::new()
    }

    /// The path whose requests it is about, of kinds that stand on one.
    fn routed_path(&self) -> Option<&str> {
        None
    }

    /// Keeps what a snapshot derives from this kind up to date.
    fn index(snapshot: &mut Snapshot, before: Option<&Self>, after: Option<&Self>) {
        let _ = (snapshot, before, after);
    }

    /// A change of a resource of this kind, with the kind told.
    fn change(change: &Change<Self>) -> AnyChange<'_>;
}

impl Snapshot {
    /// One resource.
    pub fn get<R: Configured>(&self, id: &R::Id) -> Result<Arc<R>, ConfigurationError> {
        self.get_stored::<R>(id).map(|stored| stored.resource.clone())
    }

    /// One resource with its place in the order of creation.
    pub fn get_stored<R: Configured>(&self, id: &R::Id) -> Result<&Stored<R>, ConfigurationError> {
        self.stored::<R>(id).ok_or_else(|| not_found::<R>(id))
    }

    /// The resources of a kind whose labels pass, in descending order of their ids (docs/contract.md §1.3).
    pub fn list<R: Configured>(&self, filter: &MetadataFilter) -> Vec<Arc<R>> {
        let listed = self.list_stored::<R>(filter);
        listed.map(|stored| stored.resource.clone()).collect()
    }

    /// The same with their places in the order of creation.
    pub fn list_stored<R: Configured>(&self, filter: &MetadataFilter) -> impl Iterator<Item = &Stored<R>> {
        let passing = |stored: &&Stored<R>| filter.matches(stored.resource.metadata());
        R::collection(self).values().rev().filter(passing)
    }

    /// All resources of a kind, in ascending order of their ids.
    pub fn iter<R: Configured>(&self) -> impl Iterator<Item = &Stored<R>> {
        R::collection(self).values()
    }

    /// How many resources of a kind there are.
    pub fn count<R: Configured>(&self) -> usize {
        R::collection(self).len()
    }

    /// Whether there is nothing in the space.
    pub fn is_empty(&self) -> bool {
        self.event_types.is_empty()
            && self.functions.is_empty()
            && self.subscriptions.is_empty()
            && self.cors.is_empty()
            && self.settings.is_empty()
            && self.keys.is_empty()
            && self.tenants.is_empty()
    }

    /// The subscriptions that get no events because their stored filters do not compile. As long as there are none, nothing
    /// is looked at.
    pub fn broken_filters(&self) -> impl Iterator<Item = &Stored<Subscription>> {
        let is_broken = |stored: &&Stored<Subscription>| stored.resource.has_broken_filters();
        let all = (self.broken_filters > 0).then(|| self.subscriptions.values());
        all.into_iter().flatten().filter(is_broken)
    }

    /// The settings of the space, if it has any of its own.
    pub fn settings(&self) -> Option<&SpaceSettings> {
        self.settings.values().next().map(|stored| &*stored.resource)
    }

    /// Which paths may stand side by side in it.
    pub fn path_mode(&self, defaults: SpaceDefaults) -> PathMode {
        let own = self.settings().and_then(|settings| settings.paths);
        own.unwrap_or(defaults.paths)
    }

    /// Adds a new resource, by what the gateway allows its spaces.
    pub fn create<R: Configured>(
        &mut self,
        resource: R,
        created: u64,
        rules: &SpaceRules,
    ) -> Result<Change<R>, ConfigurationError> {
        if self.stored::<R>(resource.id()).is_some() {
            return Err(ConfigurationError::AlreadyExists {
                kind: R::KIND,
                id: resource.id().to_string(),
            });
        }
        let resource = resource.completed(None, self, rules);
        resource.check_create(self, rules)?;
        rules.check_room::<R>(self)?;
        let after = Stored {
            resource: Arc::new(resource),
            created,
        };
        self.put(after.clone(), rules)?;
        Ok(Change {
            before: None,
            after: Some(after),
        })
    }

    /// Replaces a resource.
    pub fn update<R: Configured>(
        &mut self,
        resource: R,
        rules: &SpaceRules,
    ) -> Result<Change<R>, ConfigurationError> {
        let id = resource.id();
        let before = self.stored::<R>(id).cloned().ok_or_else(|| not_found::<R>(id))?;
        let resource = resource.completed(Some(&before.resource), self, rules);
        resource.check_update(&before.resource, self, rules)?;
        let after = Stored {
            resource: Arc::new(resource),
            created: before.created,
        };
        self.put(after.clone(), rules)?;
        Ok(Change {
            before: Some(before),
            after: Some(after),
        })
    }

    /// Puts a resource in the place of one that may have another id: what an update must not change may be otherwise. As long
    /// as that is not so, it is an update. One that is refused leaves everything as it was.
    pub fn relocate<R: Configured>(
        &mut self,
        id: &R::Id,
        resource: R,
        created: u64,
        rules: &SpaceRules,
    ) -> Result<Change<R>, ConfigurationError> {
        let before = self.stored::<R>(id).cloned().ok_or_else(|| not_found::<R>(id))?;
        if !resource.moves(&before.resource) {
            return self.update(resource, rules);
        }
        let is_same = resource.id() == id;
        let mut moved = self.clone();
        moved.remove::<R>(id);
        // Whoever stays on its slot keeps its place before others.
        let rank = if is_same { before.created } else { created };
        let Change { after, .. } = moved.create(resource, rank, rules)?;
        *self = moved;
        Ok(Change {
            before: Some(before),
            after,
        })
    }

    /// Removes a resource.
    pub fn delete<R: Configured>(
        &mut self,
        id: &R::Id,
        rules: &SpaceRules,
    ) -> Result<Change<R>, ConfigurationError> {
        R::check_delete(id, self, rules)?;
        let before = self.remove::<R>(id).ok_or_else(|| not_found::<R>(id))?;
        Ok(Change {
            before: Some(before),
            after: None,
        })
    }

    /// Puts in a resource that was checked when it was first written, as when a store is opened.
    pub fn insert<R: Configured>(&mut self, stored: Stored<R>) {
        let resource = stored.resource.clone();
        let before = R::collection_mut(self).insert(resource.id().clone(), stored);
        let replaced = before.as_ref().map(|stored| &*stored.resource);
        self.measured.replace(replaced, Some(&*resource));
        R::index(
            self,
            before.as_ref().map(|stored| &*stored.resource),
            Some(&resource),
        );
    }

    /// Takes out a resource whose removal was checked when it was first made, as when a log of changes is followed.
    pub fn remove<R: Configured>(&mut self, id: &R::Id) -> Option<Stored<R>> {
        let before = R::collection_mut(self).remove(id)?;
        self.measured.replace(Some(&*before.resource), None);
        R::index(self, Some(&before.resource), None);
        Some(before)
    }

    fn stored<R: Configured>(&self, id: &R::Id) -> Option<&Stored<R>> {
        R::collection(self).get(id)
    }
}

fn not_found<R: Resource>(id: &R::Id) -> ConfigurationError {
    ConfigurationError::NotFound {
        kind: R::KIND,
        id: id.to_string(),
    }
}

#[cfg(test)]
mod tests;

//! The resources of a space as one immutable value, and the rules every change of them must keep
//! (docs/contract.md §1.10): references exist, nothing in use is deleted, sync paths do not conflict.

use std::sync::Arc;

use imbl::OrdMap;

use crate::ids::{EventTypeName, FunctionId, Space};
use crate::resource::{
    Cors, EventType, Function, InvalidResource, Kind, MetadataFilter, Resource, Subscription, quoted,
};

mod rules;
mod space_rules;
mod sync_paths;

pub use rules::Configured;
pub use space_rules::SpaceRules;
pub use sync_paths::{PathConflict, SyncPaths};

/// Why a configuration request cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigurationError {
    /// The body is not a valid resource.
    #[error(transparent)]
    Invalid(#[from] InvalidResource),
    /// The resource of the URL does not exist.
    #[error("{} {} not found.", .kind.title(), quoted(.id))]
    NotFound {
        /// Kind that was looked for.
        kind: Kind,
        /// Id that was looked for.
        id: String,
    },
    /// A resource that the body refers to does not exist.
    #[error("{} {} not found.", .kind.title(), quoted(.id))]
    MissingReference {
        /// Kind that is referred to.
        kind: Kind,
        /// Id that is referred to.
        id: String,
    },
    /// The authorizer of an event type does not exist.
    #[error("Authorizer function doesn't exists.")]
    MissingAuthorizer,
    /// There is one with that id already.
    #[error("{} {} already {}.", .kind.title(), quoted(.id), if *.kind == Kind::Function { "registered" } else { "exists" })]
    AlreadyExists {
        /// Kind of the resource.
        kind: Kind,
        /// Its id.
        id: String,
    },
    /// An event type cannot go while subscriptions refer to it.
    #[error("Event type cannot be deleted because there are subscriptions using it.")]
    EventTypeInUse,
    /// A function cannot go while subscriptions refer to it.
    #[error("Function cannot be deleted because it's subscribed to a least one event.")]
    FunctionInUse,
    /// A function cannot go while an event type has it as its authorizer.
    #[error(
        "Function {function} cannot be deleted because is used as an authorizer for {event_type} event type."
    )]
    FunctionIsAuthorizer {
        /// The function.
        function: FunctionId,
        /// The event type.
        event_type: EventTypeName,
    },
    /// An update changes a field that must stay.
    #[error("Invalid update. '{field}' of existing {} cannot be updated.", if *.kind == Kind::Cors { "CORS configuration" } else { "subscription" })]
    Immutable {
        /// Kind of the resource.
        kind: Kind,
        /// Name of the field.
        field: &'static str,
    },
    /// A sync path cannot live beside those of the space.
    #[error("Subscription path conflict: {0}")]
    PathConflict(#[from] PathConflict),
    /// The path is one of another space, where spaces own their paths.
    #[error(
        "{} on path {} is refused: this gateway gives each space its own paths, and those of space {} are {} and all \
         below. Use {} instead. PUT cannot move what was stored on another path: delete it and create it anew.",
        .kind.title(), quoted(.path), quoted(.space.as_str()), quoted(&format!("/{space}")),
        quoted(&format!("/{space}{path}"))
    )]
    ForeignPath {
        /// Kind of the resource.
        kind: Kind,
        /// Its space.
        space: Space,
        /// Its path.
        path: String,
    },
    /// The space has as many resources of that kind as it may have.
    #[error(
        "The space has its {limit} {}s, which are the most it may have: delete one first.", .kind.title()
    )]
    TooMany {
        /// Kind of the resource.
        kind: Kind,
        /// Most that a space may have.
        limit: usize,
    },
}

/// A stored resource and its place in the order of creation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored<R> {
    /// The resource.
    pub resource: Arc<R>,
    /// Rank in the order of creation over all spaces: the lower, the earlier.
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
    sync_paths: SyncPaths,
}

/// A change that keeps every rule: what was there before and what is there now.
#[derive(Debug, Clone)]
pub struct Change<R> {
    /// The resource as it was; `None` when it is new.
    pub before: Option<Stored<R>>,
    /// The resource as it is; `None` when it is gone.
    pub after: Option<Stored<R>>,
}

impl Snapshot {
    /// One resource.
    pub fn get<R: Configured>(&self, id: &R::Id) -> Result<Arc<R>, ConfigurationError> {
        self.stored::<R>(id)
            .map(|stored| stored.resource.clone())
            .ok_or_else(|| not_found::<R>(id))
    }

    /// The resources of a kind whose labels pass, in descending order of their ids (docs/contract.md §1.3).
    pub fn list<R: Configured>(&self, filter: &MetadataFilter) -> Vec<Arc<R>> {
        let passing = |stored: &&Stored<R>| filter.matches(stored.resource.metadata());
        R::collection(self)
            .values()
            .rev()
            .filter(passing)
            .map(|stored| stored.resource.clone())
            .collect()
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
    }

    /// Adds a new resource.
    pub fn create<R: Configured>(
        &mut self,
        resource: R,
        created: u64,
    ) -> Result<Change<R>, ConfigurationError> {
        if self.stored::<R>(resource.id()).is_some() {
            return Err(ConfigurationError::AlreadyExists {
                kind: R::KIND,
                id: resource.id().to_string(),
            });
        }
        resource.check_create(self)?;
        let after = Stored {
            resource: Arc::new(resource),
            created,
        };
        self.insert(after.clone());
        Ok(Change {
            before: None,
            after: Some(after),
        })
    }

    /// Replaces a resource.
    pub fn update<R: Configured>(&mut self, resource: R) -> Result<Change<R>, ConfigurationError> {
        let id = resource.id();
        let before = self.stored::<R>(id).cloned().ok_or_else(|| not_found::<R>(id))?;
        resource.check_update(&before.resource, self)?;
        let after = Stored {
            resource: Arc::new(resource),
            created: before.created,
        };
        self.insert(after.clone());
        Ok(Change {
            before: Some(before),
            after: Some(after),
        })
    }

    /// Removes a resource.
    pub fn delete<R: Configured>(&mut self, id: &R::Id) -> Result<Change<R>, ConfigurationError> {
        R::check_delete(id, self)?;
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
        R::index(
            self,
            before.as_ref().map(|stored| &*stored.resource),
            Some(&resource),
        );
    }

    /// Takes out a resource whose removal was checked when it was first made, as when a log of changes is followed.
    pub fn remove<R: Configured>(&mut self, id: &R::Id) -> Option<Stored<R>> {
        let before = R::collection_mut(self).remove(id)?;
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

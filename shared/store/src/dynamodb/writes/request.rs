//! What a writer is asked for.

use domain::configuration::{Change, ConfigurationError, Configured, Snapshot, SpaceRules};
use domain::ids::Space;

use crate::dynamodb::change::Edit;

/// What is asked for.
pub(in super::super) enum WriteRequest<R: Configured> {
    /// A new resource, at a place in the order of creation if it was created before.
    Create(R, Option<u64>),
    /// Another one in place of that with the same id.
    Update(R),
    /// One less, if it passes a check.
    Delete(Space, R::Id, Option<Check<R>>),
    /// What a revision makes of one, in its place, under whatever id.
    Relocate(Space, R::Id, Replacement<R>),
    /// What a revision makes of one, or of there being none.
    Put(Space, R::Id, Revision<R>),
    /// What an amendment makes of one, if it makes anything of it.
    Amend(Space, R::Id, Amendment<R>),
}

/// Refuses what must not go as it is at the time of the write.
pub(in super::super) type Check<R> = Box<dyn Fn(&R) -> Result<(), ConfigurationError> + Send + Sync>;

/// Makes of a resource as it is at the time of the write what is to take its place.
pub(in super::super) type Replacement<R> = Box<dyn Fn(&R) -> Result<R, ConfigurationError> + Send + Sync>;

/// Makes of a resource as it is at the time of the write, or of there being none, what it is to be.
pub(in super::super) type Revision<R> =
    Box<dyn Fn(Option<&R>) -> Result<R, ConfigurationError> + Send + Sync>;

/// Makes of a resource as it is at the time of the write what it is to be; `None` where it is to stay as it is.
pub(in super::super) type Amendment<R> =
    Box<dyn Fn(&R) -> Result<Option<R>, ConfigurationError> + Send + Sync>;

impl<R: Configured> WriteRequest<R> {
    /// The space that it is about.
    pub(super) fn space(&self) -> &Space {
        match self {
            Self::Create(resource, _) | Self::Update(resource) => resource.space(),
            Self::Delete(space, _, _)
            | Self::Relocate(space, _, _)
            | Self::Put(space, _, _)
            | Self::Amend(space, _, _) => space,
        }
    }

    /// The resource that it is about.
    pub(super) fn id(&self) -> &R::Id {
        match self {
            Self::Create(resource, _) | Self::Update(resource) => resource.id(),
            Self::Delete(_, id, _)
            | Self::Relocate(_, id, _)
            | Self::Put(_, id, _)
            | Self::Amend(_, id, _) => id,
        }
    }

    /// What it makes of a state, if the rules allow it; `created` is the rank of a new resource. `None` where there is
    /// nothing to change.
    pub(super) fn decide(
        &self,
        snapshot: &mut Snapshot,
        created: u64,
        rules: &SpaceRules,
    ) -> Result<Option<Change<R>>, ConfigurationError> {
        match self {
            Self::Create(resource, before) => {
                let created = match before {
                    Some(before) if *before > created => {
                        return Err(ConfigurationError::CreatedInFuture { kind: R::KIND });
                    }
                    before => before.unwrap_or(created),
                };
                snapshot.create(resource.clone(), created, rules)
            }
            Self::Update(resource) => snapshot.update(resource.clone(), rules),
            Self::Delete(_, id, check) => {
                if let Some(check) = check {
                    check(&*snapshot.get::<R>(id)?)?;
                }
                snapshot.delete(id, rules)
            }
            Self::Relocate(_, id, revise) => {
                let revised = revise(&*snapshot.get::<R>(id)?)?;
                snapshot.relocate(id, revised, created, rules)
            }
            Self::Put(_, id, revise) => match snapshot.get::<R>(id).ok() {
                Some(stored) => snapshot.update(revise(Some(&*stored))?, rules),
                None => snapshot.create(revise(None)?, created, rules),
            },
            Self::Amend(_, id, amend) => match amend(&*snapshot.get::<R>(id)?)? {
                Some(amended) => snapshot.update(amended, rules),
                None => return Ok(None),
            },
        }
        .map(Some)
    }

    /// What it did, once it is decided.
    pub(super) fn edit(&self, change: &Change<R>) -> Edit<R> {
        match &change.after {
            Some(stored) if change.has_moved() => Edit::Move(self.id().clone(), stored.clone()),
            Some(stored) => Edit::Put(stored.clone()),
            None => Edit::Remove(self.id().clone()),
        }
    }
}

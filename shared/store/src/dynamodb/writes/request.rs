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
    /// What an amendment makes of one, if it makes anything of it.
    Amend(Space, R::Id, Amendment<R>),
}

/// Refuses what must not go as it is at the time of the write.
pub(in super::super) type Check<R> = Box<dyn Fn(&R) -> Result<(), ConfigurationError> + Send + Sync>;

/// Makes of a resource as it is at the time of the write what it is to be; `None` where it is to stay as it is.
pub(in super::super) type Amendment<R> =
    Box<dyn Fn(&R) -> Result<Option<R>, ConfigurationError> + Send + Sync>;

impl<R: Configured> WriteRequest<R> {
    /// The space that it is about.
    pub(super) fn space(&self) -> &Space {
        match self {
            Self::Create(resource, _) | Self::Update(resource) => resource.space(),
            Self::Delete(space, _, _) | Self::Amend(space, _, _) => space,
        }
    }

    /// The resource that it is about.
    pub(super) fn id(&self) -> &R::Id {
        match self {
            Self::Create(resource, _) | Self::Update(resource) => resource.id(),
            Self::Delete(_, id, _) | Self::Amend(_, id, _) => id,
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
                let change = snapshot.create(resource.clone(), created)?;
                rules.check_size::<R>(snapshot)?;
                Ok(change)
            }
            Self::Update(resource) => snapshot.update(resource.clone()),
            Self::Delete(_, id, check) => {
                if let Some(check) = check {
                    check(&*snapshot.get::<R>(id)?)?;
                }
                snapshot.delete(id)
            }
            Self::Amend(_, id, amend) => match amend(&*snapshot.get::<R>(id)?)? {
                Some(amended) => snapshot.update(amended),
                None => return Ok(None),
            },
        }
        .map(Some)
    }

    /// What it did, once it is decided.
    pub(super) fn edit(&self, change: &Change<R>) -> Edit<R> {
        match &change.after {
            Some(stored) => Edit::Put(stored.clone()),
            None => Edit::Remove(self.id().clone()),
        }
    }
}

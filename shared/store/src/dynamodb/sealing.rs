//! Where the secrets of functions are encrypted and decrypted: on their way to the table and back.

use std::sync::Arc;

use domain::configuration::{Configured, Snapshot, Stored};
use domain::ids::Space;
use domain::resource::Function;
use futures_util::{StreamExt as _, stream};

use super::change::{Edit, Operation, SpaceChange};
use super::items::Key;
use super::table::Table;
use crate::encryption::{Seal, SealError, Sealed, SealingKey, has_secrets};
use crate::error::StoreError;

/// How many data keys are asked for at once.
const PARALLEL_KEYS: usize = 8;

impl Table {
    /// A change as it is to be stored.
    pub(super) async fn close<R: Configured>(&self, edit: Edit<R>) -> Result<Sealed<Edit<R>>, StoreError> {
        // What has secrets does not move.
        let (Some(keys), Edit::Put(stored)) = (&self.keys, &edit) else {
            return Ok(Sealed {
                value: edit,
                seal: None,
            });
        };
        if !has_secrets(&*stored.resource) {
            return Ok(Sealed {
                value: edit,
                seal: None,
            });
        }
        let space = stored.resource.space();
        let failed = |err| StoreError::sealed(key_of(&*stored.resource), err);
        let key = keys.sealing(space).await.map_err(failed)?;
        let mut resource = R::clone(&stored.resource);
        key.close(&mut resource).map_err(failed)?;
        Ok(Sealed {
            value: Edit::Put(Stored {
                resource: Arc::new(resource),
                created: stored.created,
            }),
            seal: Some(key.seal().clone()),
        })
    }

    /// What encrypts the secrets of a snapshot, if it has any and they are to be encrypted.
    pub(super) async fn snapshot_key(
        &self,
        space: &Space,
        snapshot: &Snapshot,
    ) -> Result<Option<Arc<SealingKey>>, StoreError> {
        let has_secrets = |function: &Stored<Function>| has_secrets(&*function.resource);
        match &self.keys {
            Some(keys) if snapshot.iter::<Function>().any(has_secrets) => {
                let key = keys.sealing(space).await;
                key.map(Some)
                    .map_err(|err| StoreError::sealed(space.as_str(), err))
            }
            _ => Ok(None),
        }
    }

    /// The key that a seal names; `at` says whose it is in errors.
    pub(super) async fn key(
        &self,
        space: &Space,
        seal: &Seal,
        at: &str,
    ) -> Result<Arc<SealingKey>, StoreError> {
        let key = match &self.keys {
            Some(keys) => keys.opening(space, seal).await,
            None => Err(SealError::NoKey("a data key of KMS")),
        };
        key.map_err(|err| StoreError::sealed(at, err))
    }

    /// A resource as it was before it was stored.
    pub(super) async fn open<R: Configured>(
        &self,
        sealed: Sealed<Stored<R>>,
    ) -> Result<Stored<R>, StoreError> {
        let Sealed { value, seal } = sealed;
        let Some(seal) = seal else { return Ok(value) };
        let at = key_of(&*value.resource);
        let key = self.key(value.resource.space(), &seal, &at).await?;
        opened(&key, &value, &at)
    }

    /// All of them, in their order.
    pub(super) async fn open_all<R: Configured>(
        &self,
        sealed: Vec<Sealed<Stored<R>>>,
    ) -> Vec<Result<Stored<R>, StoreError>> {
        let opening = stream::iter(sealed).map(|sealed| self.open(sealed));
        opening.buffered(PARALLEL_KEYS).collect().await
    }

    /// A change as it was before it was stored.
    pub(super) async fn open_change(&self, mut change: SpaceChange) -> Result<SpaceChange, StoreError> {
        if let (Some(seal), Operation::Function(Edit::Put(stored))) = (&change.seal, &change.operation) {
            let at = key_of(&*stored.resource);
            let key = self.key(&change.space, seal, &at).await?;
            change.operation = Operation::Function(Edit::Put(opened(&key, stored, &at)?));
            change.seal = None;
        }
        Ok(change)
    }
}

/// A stored resource, its secrets opened.
pub(super) fn opened<R: Configured>(
    key: &SealingKey,
    stored: &Stored<R>,
    at: &str,
) -> Result<Stored<R>, StoreError> {
    let mut resource = R::clone(&stored.resource);
    key.open(&mut resource)
        .map_err(|err| StoreError::sealed(at, err))?;
    Ok(Stored {
        resource: Arc::new(resource),
        created: stored.created,
    })
}

fn key_of<R: Configured>(resource: &R) -> String {
    Key::resource(resource.space(), R::KIND, resource.id().as_ref()).to_string()
}

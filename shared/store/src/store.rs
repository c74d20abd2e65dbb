//! The handle that the rest of the gateway holds, whatever keeps the resources.

use std::sync::Arc;

use domain::configuration::Configured;
use domain::ids::Space;
use domain::resource::{Kind, MetadataFilter};
use domain::routing::RoutingTable;

use crate::embedded::Embedded;
use crate::error::StoreError;

/// A configuration store. Clones are handles to the same one.
#[derive(Debug, Clone)]
pub enum Store {
    /// Files in a folder of this machine.
    Embedded(Embedded),
}

#[expect(
    clippy::unused_async,
    reason = "a store that is not on this machine has to wait for every answer"
)]
impl Store {
    /// One resource.
    pub async fn get<R: Configured>(&self, space: &Space, id: &R::Id) -> Result<Arc<R>, StoreError> {
        match self {
            Self::Embedded(store) => Ok(store.get(space, id)?),
        }
    }

    /// The resources of a kind whose labels pass, in descending order of their ids (CONTRACT.md §1.3).
    pub async fn list<R: Configured>(
        &self,
        space: &Space,
        filter: &MetadataFilter,
    ) -> Result<Vec<Arc<R>>, StoreError> {
        match self {
            Self::Embedded(store) => Ok(store.list(space, filter)),
        }
    }

    /// Adds a new resource. Like every write, it is on disk and in effect for events when this returns, and a caller
    /// that stops waiting does not stop it.
    pub async fn create<R: Configured>(&self, resource: R) -> Result<Arc<R>, StoreError> {
        match self {
            Self::Embedded(store) => store.create(resource).await,
        }
    }

    /// Replaces a resource.
    pub async fn update<R: Configured>(&self, resource: R) -> Result<Arc<R>, StoreError> {
        match self {
            Self::Embedded(store) => store.update(resource).await,
        }
    }

    /// Removes a resource.
    pub async fn delete<R: Configured>(&self, space: &Space, id: &R::Id) -> Result<(), StoreError> {
        match self {
            Self::Embedded(store) => store.delete::<R>(space, id).await,
        }
    }

    /// How many resources of each kind each space has, by space (CONTRACT.md §5). A space without any is not listed.
    pub async fn counts(&self) -> Result<Vec<(Space, Kind, usize)>, StoreError> {
        match self {
            Self::Embedded(store) => Ok(store.counts()),
        }
    }

    /// The index of all spaces as it is now. Takes no lock: this is asked for every event.
    pub fn routing_table(&self) -> Arc<RoutingTable> {
        match self {
            Self::Embedded(store) => store.routing_table(),
        }
    }
}

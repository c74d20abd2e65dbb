//! The handle that the rest of the gateway holds, whatever keeps the resources.

use std::sync::Arc;

use domain::audit::Author;
use domain::configuration::{ConfigurationError, Configured, Snapshot, SpaceRules, StepLimit, Stored};
use domain::ids::{Space, SubscriptionId};
use domain::resource::{EventType, Kind, MetadataFilter, Subscription};
use domain::routing::RoutingTable;
use domain::space_version::SpaceVersion;

use crate::audit::AuditPage;
use crate::dynamodb::{DynamoDb, PauseRequest, STEP_LIMIT};
use crate::embedded::Embedded;
use crate::error::{StoreError, if_there};
use crate::routes_state::RoutesState;
use crate::space_state::SpaceState;
use crate::subscription_removal::SubscriptionRemoval;
use crate::written::Written;

mod buckets;
mod usage;

/// A configuration store. Clones are handles to the same one.
#[derive(Debug, Clone)]
pub enum Store {
    /// Files in a folder of this machine.
    Embedded(Embedded),
    /// A table of Amazon `DynamoDB`, shared by many processes.
    DynamoDb(DynamoDb),
}

impl Store {
    /// What spaces may have.
    pub fn rules(&self) -> &SpaceRules {
        match self {
            Self::Embedded(store) => store.rules(),
            Self::DynamoDb(store) => store.rules(),
        }
    }

    /// A handle to the same store whose writes are on behalf of somebody, as the records of changes tell. Without one they
    /// are those of the gateway itself.
    #[must_use]
    pub fn on_behalf_of(&self, author: Author) -> Self {
        match self {
            Self::Embedded(store) => Self::Embedded(store.on_behalf_of(author)),
            Self::DynamoDb(store) => Self::DynamoDb(store.on_behalf_of(author)),
        }
    }

    /// The newest records of the changes of a space, or those that led to versions before one.
    pub async fn audit(
        &self,
        space: &Space,
        before: Option<u64>,
        limit: usize,
    ) -> Result<AuditPage, StoreError> {
        match self {
            Self::Embedded(store) => store.audit(space, before, limit).await,
            Self::DynamoDb(store) => store.audit(space, before, limit).await,
        }
    }

    /// One resource.
    pub async fn get<R: Configured>(&self, space: &Space, id: &R::Id) -> Result<Arc<R>, StoreError> {
        match self {
            Self::Embedded(store) => Ok(store.get(space, id)?),
            Self::DynamoDb(store) => store.get(space, id).await,
        }
    }

    /// The resources of a kind whose labels pass, in descending order of their ids (docs/contract.md §1.3).
    pub async fn list<R: Configured>(
        &self,
        space: &Space,
        filter: &MetadataFilter,
    ) -> Result<Vec<Arc<R>>, StoreError> {
        match self {
            Self::Embedded(store) => Ok(store.list(space, filter)),
            Self::DynamoDb(store) => store.list(space, filter).await,
        }
    }

    /// One resource with its place in the order of creation.
    pub async fn get_stored<R: Configured>(
        &self,
        space: &Space,
        id: &R::Id,
    ) -> Result<Stored<R>, StoreError> {
        match self {
            Self::Embedded(store) => Ok(store.get_stored(space, id)?),
            Self::DynamoDb(store) => store.get_stored(space, id).await,
        }
    }

    /// As [`Store::list`], with their places in the order of creation.
    pub async fn list_stored<R: Configured>(
        &self,
        space: &Space,
        filter: &MetadataFilter,
    ) -> Result<Vec<Stored<R>>, StoreError> {
        match self {
            Self::Embedded(store) => Ok(store.list_stored(space, filter)),
            Self::DynamoDb(store) => store.list_stored(space, filter).await,
        }
    }

    /// A space with everything in it, as it is at one moment.
    pub async fn space_state(&self, space: &Space) -> Result<SpaceState, StoreError> {
        match self {
            Self::Embedded(store) => Ok(store.space_state(space)),
            Self::DynamoDb(store) => store.space_state(space).await,
        }
    }

    /// How much of a space can be changed at once; `None` where that is any number of resources.
    pub fn step_limit(&self) -> Option<StepLimit> {
        match self {
            Self::Embedded(_) => None,
            Self::DynamoDb(_) => Some(STEP_LIMIT),
        }
    }

    /// Makes of a space in one state what is to be in it, all of it at once and for good, within [`Self::step_limit`]. The
    /// rules have to be kept by then. `None` where the space is in another state by now: then nothing is changed.
    pub async fn replace(
        &self,
        before: SpaceState,
        after: Snapshot,
    ) -> Result<Option<Written<SpaceState>>, StoreError> {
        match self {
            Self::Embedded(store) => {
                let made = store.replace(before, after).await?;
                Ok(made.map(Written::in_effect))
            }
            Self::DynamoDb(store) => store.replace(before, after).await,
        }
    }

    /// Adds a new resource. Like every write, it is stored for good when this returns, and a caller that stops
    /// waiting does not stop it. It is in effect for events at once (embedded), or within the bound of
    /// [`crate::DynamoDbSettings`].
    pub async fn create<R: Configured>(&self, resource: R) -> Result<Written<Arc<R>>, StoreError> {
        self.create_at(resource, None).await
    }

    /// The same for a resource that was created before, at this place in the order of creation.
    pub async fn create_at<R: Configured>(
        &self,
        resource: R,
        created: Option<u64>,
    ) -> Result<Written<Arc<R>>, StoreError> {
        self.rules().check_path(&resource)?;
        match self {
            Self::Embedded(store) => store.create(resource, created).await.map(Written::in_effect),
            Self::DynamoDb(store) => store.create(resource, created).await,
        }
    }

    /// Replaces a resource.
    pub async fn update<R: Configured>(&self, resource: R) -> Result<Written<Arc<R>>, StoreError> {
        self.rules().check_path(&resource)?;
        match self {
            Self::Embedded(store) => store.update(resource).await.map(Written::in_effect),
            Self::DynamoDb(store) => store.update(resource).await,
        }
    }

    /// Replaces a resource, with the secrets that it has at that moment in the place of every mask.
    pub async fn update_masked<R: Configured>(&self, resource: R) -> Result<Written<Arc<R>>, StoreError> {
        self.rules().check_path(&resource)?;
        let (space, id) = (resource.space().clone(), resource.id().clone());
        let keep = move |stored: &R| {
            let mut kept = resource.clone();
            kept.keep_masked(Some(stored))?;
            Ok(kept)
        };
        self.revise(&space, &id, keep).await
    }

    /// Replaces a resource by what a revision makes of it as it is at that moment, whatever else is changed at the same
    /// time. A revision that refuses leaves it as it is. It may be asked more than once, and only its last word counts; it
    /// must not change space or id.
    pub async fn revise<R: Configured>(
        &self,
        space: &Space,
        id: &R::Id,
        revise: impl Fn(&R) -> Result<R, ConfigurationError> + Send + Sync + 'static,
    ) -> Result<Written<Arc<R>>, StoreError> {
        let rules = *self.rules();
        let revise = move |stored: &R| {
            let revised = revise(stored)?;
            rules.check_path(&revised)?;
            Ok(revised)
        };
        match self {
            Self::Embedded(store) => store.revise(space, id, revise).await.map(Written::in_effect),
            Self::DynamoDb(store) => store.revise(space, id, revise).await,
        }
    }

    /// The same, where the revision may change the id, and what an update must not change: the old resource goes in the very
    /// step in which the new one comes.
    pub async fn relocate<R: Configured>(
        &self,
        space: &Space,
        id: &R::Id,
        revise: impl Fn(&R) -> Result<R, ConfigurationError> + Send + Sync + 'static,
    ) -> Result<Written<Arc<R>>, StoreError> {
        let rules = *self.rules();
        let revise = move |stored: &R| {
            let revised = revise(stored)?;
            rules.check_path(&revised)?;
            Ok(revised)
        };
        match self {
            Self::Embedded(store) => store.relocate(space, id, revise).await.map(Written::in_effect),
            Self::DynamoDb(store) => store.relocate(space, id, revise).await,
        }
    }

    /// Makes of a resource, or of there being none, what a revision says, as [`Self::revise`] does.
    pub async fn put<R: Configured>(
        &self,
        space: &Space,
        id: &R::Id,
        revise: impl Fn(Option<&R>) -> Result<R, ConfigurationError> + Send + Sync + 'static,
    ) -> Result<Written<Arc<R>>, StoreError> {
        let rules = *self.rules();
        let revise = move |stored: Option<&R>| {
            let revised = revise(stored)?;
            rules.check_path(&revised)?;
            Ok(revised)
        };
        match self {
            Self::Embedded(store) => store.put(space, id, revise).await.map(Written::in_effect),
            Self::DynamoDb(store) => store.put(space, id, revise).await,
        }
    }

    /// Removes a resource.
    pub async fn delete<R: Configured>(&self, space: &Space, id: &R::Id) -> Result<Written<()>, StoreError> {
        match self {
            Self::Embedded(store) => store.delete::<R>(space, id).await.map(Written::in_effect),
            Self::DynamoDb(store) => store.delete::<R>(space, id).await,
        }
    }

    /// Removes a resource that passes a check as it is at that moment. The check may be asked more than once.
    pub async fn delete_checked<R: Configured>(
        &self,
        space: &Space,
        id: &R::Id,
        check: impl Fn(&R) -> Result<(), ConfigurationError> + Send + Sync + 'static,
    ) -> Result<Written<()>, StoreError> {
        match self {
            Self::Embedded(store) => store
                .delete_checked(space, id, check)
                .await
                .map(Written::in_effect),
            Self::DynamoDb(store) => store.delete_checked(space, id, check).await,
        }
    }

    /// Removes a subscription and the CORS configuration that belongs to it, if there is one. In the embedded store that is
    /// one change; in a table the two go one after the other, and nothing goes that the check refuses.
    pub async fn delete_with_cors(
        &self,
        space: &Space,
        id: &SubscriptionId,
        removal: SubscriptionRemoval,
    ) -> Result<Written<()>, StoreError> {
        match self {
            Self::Embedded(store) => {
                let removed = store.delete_with_cors(space, id, removal).await;
                removed.map(Written::in_effect)
            }
            Self::DynamoDb(store) => removal.one_by_one(store, space, id).await,
        }
    }

    /// Pauses a subscription, whatever else of it is changed at the same time. Says whether this did it: not where it
    /// is gone or paused already, nor where this process only asks for it ([`crate::DynamoDbSettings`]).
    pub async fn pause_subscription(
        &self,
        space: &Space,
        id: &SubscriptionId,
        reason: &str,
    ) -> Result<bool, StoreError> {
        if let Self::DynamoDb(store) = self
            && store.pauses_by_request()
        {
            let request = PauseRequest {
                space: space.clone(),
                subscription: id.clone(),
                reason: reason.to_owned(),
            };
            store.request_pause(&request).await?;
            return Ok(false);
        }
        let reason = reason.to_owned();
        let pause = move |subscription: &Subscription| {
            Ok((!subscription.paused).then(|| Subscription {
                paused: true,
                paused_reason: Some(reason.clone()),
                ..subscription.clone()
            }))
        };
        let amended = match self {
            Self::Embedded(store) => store.amend(space, id, pause).await,
            Self::DynamoDb(store) => store.amend(space, id, pause).await,
        };
        Ok(if_there(amended)?.unwrap_or_default())
    }

    /// Whether resources can be read now. Asks a shared store for one that is hardly there.
    pub async fn check_readable(&self) -> Result<(), StoreError> {
        let Self::DynamoDb(store) = self else {
            return Ok(());
        };
        let found = store
            .get::<EventType>(&Space::or_default(""), &"readyz".into())
            .await;
        if_there(found).map(|_| ())
    }

    /// How many resources of each kind each space has, by space (docs/contract.md §5). A space without any is not listed.
    pub async fn counts(&self) -> Result<Vec<(Space, Kind, usize)>, StoreError> {
        match self {
            Self::Embedded(store) => Ok(store.counts()),
            Self::DynamoDb(store) => store.counts().await,
        }
    }

    /// The index of all spaces, as recent as the store promises and holding at least the given states, if there are
    /// such. Touches memory only, but where a shared store has to be asked whether there is anything newer.
    pub async fn routing_table(&self, at_least: &[SpaceVersion]) -> Result<Arc<RoutingTable>, StoreError> {
        match self {
            Self::Embedded(store) => Ok(store.routing_table()),
            Self::DynamoDb(store) => store.routing_table(at_least).await,
        }
    }

    /// How recent the index is that this process has, with so many of its spaces at the most. Asks nobody.
    pub fn routes_state(&self, most: usize) -> RoutesState {
        match self {
            Self::Embedded(_) => RoutesState::AlwaysNewest,
            Self::DynamoDb(store) => store.routes_state(most),
        }
    }

    /// The index of all spaces with everything in it that was written before this is called. A shared store is asked.
    pub async fn newest_routing_table(&self) -> Result<Arc<RoutingTable>, StoreError> {
        match self {
            Self::Embedded(store) => Ok(store.routing_table()),
            Self::DynamoDb(store) => store.newest_routing_table().await,
        }
    }
}

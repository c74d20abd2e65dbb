//! The store in a table of Amazon DynamoDB.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clocks::TimeSource;
use domain::audit::Author;
use domain::configuration::{ConfigurationError, Configured, Snapshot, SpaceRules, Stored};
use domain::ids::Space;
use domain::resource::{Kind, MetadataFilter};
use domain::routing::RoutingTable;
use domain::space_version::SpaceVersion;

use crate::audit::AuditLimits;
use crate::encryption::{DataKeys, KmsKey};
use crate::error::StoreError;
use crate::routes_state::RoutesState;
use crate::space_state::SpaceState;
use crate::written::Written;
use freshness::Freshness;
use items::SpaceRecord;
use routes::Routes;
use table::Table;
use writes::{TableWriter, WriteRequest};

mod audit;
mod buckets;
mod change;
mod codec;
mod dead_letters;
mod deduplication;
mod freshness;
mod items;
mod load;
mod opened;
mod pauses;
mod publication;
mod publisher;
mod routes;
mod sealing;
mod space_snapshot;
mod table;
mod tail;
mod usage;
mod write_attempts;
mod writes;

pub use change::{Edit, Operation, SpaceChange};
pub use deduplication::{Claim, ClaimToken, DEDUPLICATION_WINDOW};
pub(crate) use items::STEP_LIMIT;
pub use items::{CHANGE, NEWEST_CHANGE, PAUSE, PAUSE_REQUEST};
pub use pauses::PauseRequest;
pub use publisher::{PublishFailure, SnapshotPublisher};
pub use tail::StreamTail;

/// Which table holds the configuration and how recent routes have to be.
#[derive(Debug, Clone)]
pub struct DynamoDbSettings {
    /// Name of the table.
    pub table: String,
    /// Age from which a routing table is confirmed alongside the request that it serves.
    pub revalidate_after: Duration,
    /// Age from which a routing table is confirmed before it serves a request.
    pub max_staleness: Duration,
    /// Longest time that a write may take, retries of lost races included.
    pub write_timeout: Duration,
    /// Key of KMS that secrets are encrypted with; without it they are stored as they are.
    pub kms: Option<KmsKey>,
    /// What spaces may have.
    pub rules: SpaceRules,
    /// Whether pauses of subscriptions whose functions are gone are only asked for, and carried out by what follows the
    /// stream of the table.
    pub pauses_by_request: bool,
    /// How long the table keeps dead letters, to a day or two; `None` until they are deleted.
    pub dead_letter_max_age: Option<Duration>,
    /// What is kept of the records of changes; `None` where none are made.
    pub audit: Option<AuditLimits>,
    /// How long the table keeps what spaces use, to a day or two.
    pub usage_age: Duration,
}

/// A store in DynamoDB. Clones are handles to the same one.
#[derive(Debug, Clone)]
pub struct DynamoDb(Arc<TableStore>, Arc<Author>);

#[derive(Debug)]
struct TableStore {
    table: Table,
    /// The same, for calls that a request waits for.
    impatient: Table,
    clock: TimeSource,
    write_timeout: Duration,
    rules: SpaceRules,
    pauses_by_request: bool,
    dead_letter_max_age: Option<Duration>,
    usage_age: Duration,
    writer: Arc<TableWriter>,
    routes: Arc<Routes>,
}

impl DynamoDb {
    /// A store in a table. Does no I/O.
    pub fn new(client: aws_sdk_dynamodb::Client, settings: DynamoDbSettings) -> Self {
        Self::with_clock(client, settings, TimeSource::default())
    }

    /// A store that takes the time from elsewhere.
    pub fn with_clock(
        client: aws_sdk_dynamodb::Client,
        settings: DynamoDbSettings,
        clock: TimeSource,
    ) -> Self {
        let DynamoDbSettings {
            table: name,
            kms,
            write_timeout,
            rules,
            audit,
            ..
        } = settings;
        let keys = kms.map(|key| DataKeys::new(key, &name));
        let table = Table { client, name, keys };
        let writer = Arc::new(TableWriter::new(
            table.clone(),
            clock.clone(),
            (write_timeout, audit),
            rules,
        ));
        let freshness = Freshness {
            revalidate_after: settings.revalidate_after,
            max_staleness: settings.max_staleness,
        };
        let routes = Arc::new(Routes::new(&table, freshness, clock.clone(), settings.rules));
        let store = TableStore {
            impatient: table.impatient(),
            table,
            clock,
            write_timeout,
            rules,
            pauses_by_request: settings.pauses_by_request,
            dead_letter_max_age: settings.dead_letter_max_age,
            usage_age: settings.usage_age,
            writer,
            routes,
        };
        Self(Arc::new(store), Arc::new(Author::gateway()))
    }

    /// The same store, whose writes are on behalf of somebody.
    pub(crate) fn on_behalf_of(&self, author: Author) -> Self {
        Self(self.0.clone(), Arc::new(author))
    }

    /// What publishes the snapshots of this store's spaces.
    pub fn publisher(&self) -> SnapshotPublisher {
        SnapshotPublisher::new(self.0.table.clone())
    }

    pub(crate) fn rules(&self) -> &SpaceRules {
        &self.0.rules
    }

    pub(crate) async fn get<R: Configured>(&self, space: &Space, id: &R::Id) -> Result<Arc<R>, StoreError> {
        Ok(self.get_stored::<R>(space, id).await?.resource)
    }

    pub(crate) async fn get_stored<R: Configured>(
        &self,
        space: &Space,
        id: &R::Id,
    ) -> Result<Stored<R>, StoreError> {
        let found = self.0.table.resource::<R>(space, id).await?;
        let not_found = || ConfigurationError::NotFound {
            kind: R::KIND,
            id: id.to_string(),
        };
        Ok(found.ok_or_else(not_found)?)
    }

    pub(crate) async fn list<R: Configured>(
        &self,
        space: &Space,
        filter: &MetadataFilter,
    ) -> Result<Vec<Arc<R>>, StoreError> {
        let listed = self.list_stored::<R>(space, filter).await?;
        Ok(listed.into_iter().map(|stored| stored.resource).collect())
    }

    pub(crate) async fn list_stored<R: Configured>(
        &self,
        space: &Space,
        filter: &MetadataFilter,
    ) -> Result<Vec<Stored<R>>, StoreError> {
        let mut listed = self.0.table.resources::<R>(space).await?;
        listed.retain(|stored| filter.matches(stored.resource.metadata()));
        listed.sort_unstable_by(|one, other| other.resource.id().cmp(one.resource.id()));
        Ok(listed)
    }

    pub(crate) async fn create<R: Configured>(
        &self,
        resource: R,
        created: Option<u64>,
    ) -> Result<Written<Arc<R>>, StoreError> {
        let id = resource.id().clone();
        let written = self
            .0
            .writer
            .write(&self.1, WriteRequest::Create(resource, created))
            .await?;
        written.resource(&id)
    }

    pub(crate) async fn update<R: Configured>(&self, resource: R) -> Result<Written<Arc<R>>, StoreError> {
        let id = resource.id().clone();
        let written = self
            .0
            .writer
            .write(&self.1, WriteRequest::Update(resource))
            .await?;
        written.resource(&id)
    }

    pub(crate) async fn revise<R: Configured>(
        &self,
        space: &Space,
        id: &R::Id,
        revise: impl Fn(&R) -> Result<R, ConfigurationError> + Send + Sync + 'static,
    ) -> Result<Written<Arc<R>>, StoreError> {
        let revise = move |stored: &R| revise(stored).map(Some);
        let request = WriteRequest::Amend(space.clone(), id.clone(), Box::new(revise));
        self.0.writer.write(&self.1, request).await?.resource(id)
    }

    pub(crate) async fn relocate<R: Configured>(
        &self,
        space: &Space,
        id: &R::Id,
        revise: impl Fn(&R) -> Result<R, ConfigurationError> + Send + Sync + 'static,
    ) -> Result<Written<Arc<R>>, StoreError> {
        // Only the last word of the revision counts, and says where the resource is then.
        let new_id = Arc::new(Mutex::new(id.clone()));
        let last = new_id.clone();
        let revise = move |stored: &R| {
            let revised = revise(stored)?;
            revised
                .id()
                .clone_into(&mut last.lock().unwrap_or_else(PoisonError::into_inner));
            Ok(revised)
        };
        let request = WriteRequest::Relocate(space.clone(), id.clone(), Box::new(revise));
        let written = self.0.writer.write(&self.1, request).await?;
        let new_id = new_id.lock().unwrap_or_else(PoisonError::into_inner).clone();
        written.resource(&new_id)
    }

    pub(crate) async fn put<R: Configured>(
        &self,
        space: &Space,
        id: &R::Id,
        revise: impl Fn(Option<&R>) -> Result<R, ConfigurationError> + Send + Sync + 'static,
    ) -> Result<Written<Arc<R>>, StoreError> {
        let request = WriteRequest::Put(space.clone(), id.clone(), Box::new(revise));
        self.0.writer.write(&self.1, request).await?.resource(id)
    }

    pub(crate) async fn delete<R: Configured>(
        &self,
        space: &Space,
        id: &R::Id,
    ) -> Result<Written<()>, StoreError> {
        let request = WriteRequest::<R>::Delete(space.clone(), id.clone(), None);
        let Written { version, .. } = self.0.writer.write(&self.1, request).await?;
        Ok(Written { value: (), version })
    }

    pub(crate) async fn delete_checked<R: Configured>(
        &self,
        space: &Space,
        id: &R::Id,
        check: impl Fn(&R) -> Result<(), ConfigurationError> + Send + Sync + 'static,
    ) -> Result<Written<()>, StoreError> {
        let request = WriteRequest::Delete(space.clone(), id.clone(), Some(Box::new(check)));
        let Written { version, .. } = self.0.writer.write(&self.1, request).await?;
        Ok(Written { value: (), version })
    }

    /// Says whether the amendment made anything of the resource.
    pub(crate) async fn amend<R: Configured>(
        &self,
        space: &Space,
        id: &R::Id,
        amend: impl Fn(&R) -> Result<Option<R>, ConfigurationError> + Send + Sync + 'static,
    ) -> Result<bool, StoreError> {
        // One read tells most that come too late; a write needs the whole space.
        if amend(&*self.get::<R>(space, id).await?)?.is_none() {
            return Ok(false);
        }
        let request = WriteRequest::Amend(space.clone(), id.clone(), Box::new(amend));
        let Written { version, .. } = self.0.writer.write(&self.1, request).await?;
        Ok(version.is_some())
    }

    pub(crate) async fn space_state(&self, space: &Space) -> Result<SpaceState, StoreError> {
        self.0.writer.space_state(space).await
    }

    pub(crate) async fn replace(
        &self,
        before: SpaceState,
        after: Snapshot,
    ) -> Result<Option<Written<SpaceState>>, StoreError> {
        self.0.writer.replace(&self.1, before, after).await
    }

    pub(crate) async fn counts(&self) -> Result<Vec<(Space, Kind, usize)>, StoreError> {
        let records = self.0.table.versions().await?;
        let occupied = records.into_iter().filter(|record| !record.counts.is_empty());
        Ok(occupied
            .flat_map(|SpaceRecord { space, counts, .. }| {
                counts
                    .iter()
                    .map(move |(kind, count)| (space.clone(), kind, count))
            })
            .collect())
    }

    pub(crate) async fn routing_table(
        &self,
        at_least: &[SpaceVersion],
    ) -> Result<Arc<RoutingTable>, StoreError> {
        self.0.routes.recent(at_least).await
    }

    pub(crate) fn routes_state(&self, most: usize) -> RoutesState {
        self.0.routes.state(most)
    }

    pub(crate) async fn newest_routing_table(&self) -> Result<Arc<RoutingTable>, StoreError> {
        self.0.routes.newest().await
    }
}

impl Written<Snapshot> {
    /// The resource that was written.
    fn resource<R: Configured>(self, id: &R::Id) -> Result<Written<Arc<R>>, StoreError> {
        Ok(Written {
            value: self.value.get::<R>(id)?,
            version: self.version,
        })
    }
}

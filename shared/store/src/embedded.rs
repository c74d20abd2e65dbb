//! The store in a folder of this machine: everything is in memory, and every change is on disk before it counts.

use std::fmt;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use arc_swap::ArcSwap;
use domain::audit::Author;
use domain::configuration::{ConfigurationError, Configured, Snapshot, SpaceRules, Stored};
use domain::ids::{Space, SubscriptionId};
use domain::resource::{Cors, Kind, MetadataFilter, Subscription};
use domain::routing::RoutingTable;
use tokio::sync::oneshot;

use crate::audit::AuditPage;
use crate::broken_filters::warn_of_broken_filters;
use crate::error::{OpenError, StoreError};
use crate::foreign_paths::warn_of_foreign_paths;
use crate::space_state::SpaceState;
use crate::subscription_removal::SubscriptionRemoval;
use buckets::Buckets;
use draft::Draft;
use engine::Engine;
use settings::oldest_usage;
use state::EmbeddedState;
use writer::{BatchOutcome, Job, Task, WriterThread};

mod buckets;
mod draft;
mod engine;
mod settings;
mod state;
mod usage;
mod writer;

pub use settings::{EmbeddedSettings, USUAL_USAGE_AGE};

/// An embedded store. Clones are handles to the same one; the last to go waits until what was asked for is written.
#[derive(Clone)]
pub struct Embedded(Arc<FolderStore>, Arc<Author>);

struct FolderStore {
    state: Arc<ArcSwap<EmbeddedState>>,
    rules: SpaceRules,
    usage_age: Duration,
    buckets: Buckets,
    jobs: Option<mpsc::Sender<Task>>,
    writer: Option<JoinHandle<()>>,
    /// Held apart from the engine's own lock, which goes whenever the engine is reopened after a failure.
    _lock: File,
}

impl Embedded {
    /// Opens the store, or makes an empty one. Reads everything before it returns; call it before serving.
    pub fn open(settings: EmbeddedSettings) -> Result<Self, OpenError> {
        let directory = settings.directory.clone();
        let unusable = |source: std::io::Error| OpenError::Unusable {
            directory: directory.clone(),
            source: source.into(),
        };
        create_directory(&directory).map_err(unusable)?;
        let lock = lock(&directory).map_err(|err| match err {
            TryLockError::WouldBlock => OpenError::InUse {
                directory: directory.clone(),
            },
            TryLockError::Error(err) => unusable(err),
        })?;
        Engine::create_if_missing(&settings)?;
        let mut engine = Engine::open(&settings)?;
        let state = EmbeddedState::load(&engine, &settings).inspect_err(|err| {
            if let StoreError::Corrupt { key, source } = err {
                tracing::error!(key, error = %source, "stored configuration cannot be read");
            }
        })?;
        engine.raise_format(&settings, state.format)?;
        engine.trim_audit(&settings)?;
        engine
            .trim_usage(oldest_usage(settings.usage_age))
            .map_err(|err| OpenError::Unusable {
                directory: directory.clone(),
                source: err.into(),
            })?;
        let (rules, usage_age) = (settings.rules, settings.usage_age);
        warn_of_foreign_paths(rules.paths, state.spaces.values());
        warn_of_broken_filters(state.spaces.values());
        let state = Arc::new(ArcSwap::from_pointee(state));
        let (jobs, waiting) = mpsc::channel();
        let writer = WriterThread::new(settings, engine, state.clone());
        let writer = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer.run(&waiting));
        let writer = Some(writer.map_err(unusable)?);
        let folder = FolderStore {
            state,
            rules,
            usage_age,
            buckets: Buckets::new(),
            jobs: Some(jobs),
            writer,
            _lock: lock,
        };
        Ok(Self(Arc::new(folder), Arc::new(Author::gateway())))
    }

    /// The same store, whose writes are on behalf of somebody.
    pub(crate) fn on_behalf_of(&self, author: Author) -> Self {
        Self(self.0.clone(), Arc::new(author))
    }

    /// Records of the changes of a space. They are read where they are written, between the writes.
    pub(crate) async fn audit(
        &self,
        space: &Space,
        before: Option<u64>,
        limit: usize,
    ) -> Result<AuditPage, StoreError> {
        let (reply, answer) = oneshot::channel();
        let space = space.clone();
        self.send(Task::Read(Box::new(move |engine| {
            let page = engine.ok_or_else(|| StoreError::unavailable(EngineClosed));
            let page = page.and_then(|engine| {
                engine
                    .audit(&space, before, limit)
                    .map_err(StoreError::unavailable)
            });
            // Whoever stopped waiting gets no answer.
            let _ = reply.send(page);
        })))?;
        answer.await.map_err(|_| StoreError::unavailable(WriterStopped))?
    }

    pub(crate) fn rules(&self) -> &SpaceRules {
        &self.0.rules
    }

    /// The buckets of tokens of the process.
    pub(crate) fn buckets(&self) -> &Buckets {
        &self.0.buckets
    }

    pub(crate) fn get<R: Configured>(&self, space: &Space, id: &R::Id) -> Result<Arc<R>, ConfigurationError> {
        self.0.state.load().get(space, id)
    }

    pub(crate) fn list<R: Configured>(&self, space: &Space, filter: &MetadataFilter) -> Vec<Arc<R>> {
        self.0.state.load().list(space, filter)
    }

    pub(crate) fn get_stored<R: Configured>(
        &self,
        space: &Space,
        id: &R::Id,
    ) -> Result<Stored<R>, ConfigurationError> {
        match self.0.state.load().spaces.get(space) {
            Some(snapshot) => snapshot.get_stored::<R>(id).cloned(),
            None => Snapshot::default().get_stored::<R>(id).cloned(),
        }
    }

    pub(crate) fn list_stored<R: Configured>(
        &self,
        space: &Space,
        filter: &MetadataFilter,
    ) -> Vec<Stored<R>> {
        let state = self.0.state.load();
        let snapshot = state.spaces.get(space);
        let listed = snapshot.map(|snapshot| snapshot.list_stored::<R>(filter).cloned().collect());
        listed.unwrap_or_default()
    }

    /// A space as it is now.
    pub(crate) fn space_state(&self, space: &Space) -> SpaceState {
        let state = self.0.state.load();
        SpaceState {
            space: space.clone(),
            snapshot: state.spaces.get(space).cloned().unwrap_or_default(),
            next_created: state.next_rank(),
            version: 0,
        }
    }

    /// Makes of a space in one state what is to be in it; `None` where it is in another by now.
    pub(crate) async fn replace(
        &self,
        before: SpaceState,
        after: Snapshot,
    ) -> Result<Option<SpaceState>, StoreError> {
        let (space, snapshot, made) = (before.space.clone(), before.snapshot.clone(), after.clone());
        let is_made = self
            .write(move |draft| draft.replace(&space, &snapshot, after))
            .await?;
        Ok(is_made.then_some(SpaceState {
            snapshot: made,
            ..before
        }))
    }

    pub(crate) fn counts(&self) -> Vec<(Space, Kind, usize)> {
        self.0.state.load().counts()
    }

    pub(crate) fn routing_table(&self) -> Arc<RoutingTable> {
        self.0.state.load().routes()
    }

    pub(crate) async fn create<R: Configured>(
        &self,
        resource: R,
        created: Option<u64>,
    ) -> Result<Arc<R>, StoreError> {
        self.write(move |draft| draft.create(resource, created)).await
    }

    pub(crate) async fn update<R: Configured>(&self, resource: R) -> Result<Arc<R>, StoreError> {
        self.write(|draft| draft.update(resource)).await
    }

    pub(crate) async fn amend<R: Configured>(
        &self,
        space: &Space,
        id: &R::Id,
        amend: impl FnOnce(&R) -> Result<Option<R>, ConfigurationError> + Send + 'static,
    ) -> Result<bool, StoreError> {
        let (space, id) = (space.clone(), id.clone());
        self.write(move |draft| draft.amend(&space, &id, amend)).await
    }

    pub(crate) async fn revise<R: Configured>(
        &self,
        space: &Space,
        id: &R::Id,
        revise: impl FnOnce(&R) -> Result<R, ConfigurationError> + Send + 'static,
    ) -> Result<Arc<R>, StoreError> {
        let (space, id) = (space.clone(), id.clone());
        self.write(move |draft| {
            let revised = revise(&*draft.state.get::<R>(&space, &id)?)?;
            draft.update(revised)
        })
        .await
    }

    pub(crate) async fn relocate<R: Configured>(
        &self,
        space: &Space,
        id: &R::Id,
        revise: impl FnOnce(&R) -> Result<R, ConfigurationError> + Send + 'static,
    ) -> Result<Arc<R>, StoreError> {
        let (space, id) = (space.clone(), id.clone());
        self.write(move |draft| draft.relocate(&space, &id, revise)).await
    }

    pub(crate) async fn put<R: Configured>(
        &self,
        space: &Space,
        id: &R::Id,
        revise: impl FnOnce(Option<&R>) -> Result<R, ConfigurationError> + Send + 'static,
    ) -> Result<Arc<R>, StoreError> {
        let (space, id) = (space.clone(), id.clone());
        self.write(move |draft| draft.put(&space, &id, revise)).await
    }

    pub(crate) async fn delete_checked<R: Configured>(
        &self,
        space: &Space,
        id: &R::Id,
        check: impl FnOnce(&R) -> Result<(), ConfigurationError> + Send + 'static,
    ) -> Result<(), StoreError> {
        let (space, id) = (space.clone(), id.clone());
        self.write(move |draft| {
            check(&*draft.state.get::<R>(&space, &id)?)?;
            draft.delete::<R>(&space, &id)
        })
        .await
    }

    /// Removes a subscription and the CORS configuration that belongs to it, if there is one: both or none.
    pub(crate) async fn delete_with_cors(
        &self,
        space: &Space,
        id: &SubscriptionId,
        removal: SubscriptionRemoval,
    ) -> Result<(), StoreError> {
        let (space, id) = (space.clone(), id.clone());
        self.write(move |draft| {
            let subscription = draft.state.get::<Subscription>(&space, &id)?;
            if let Some(check) = &removal.check {
                check(&subscription)?;
            }
            let cors_id = (removal.cors)(&subscription);
            let cors = draft.state.get::<Cors>(&space, &cors_id).ok();
            // Neither is refused from here on, which would leave the other gone.
            if cors.is_some_and(|cors| (removal.belongs)(&subscription, &cors)) {
                draft.delete::<Cors>(&space, &cors_id)?;
            }
            draft.delete::<Subscription>(&space, &id)
        })
        .await
    }

    pub(crate) async fn delete<R: Configured>(&self, space: &Space, id: &R::Id) -> Result<(), StoreError> {
        let (space, id) = (space.clone(), id.clone());
        self.write(move |draft| draft.delete::<R>(&space, &id)).await
    }

    /// Has the writer carry out a change; its result is the caller's once the change is on disk and published.
    async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Draft) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let author = self.1.clone();
        let job: Job = Box::new(move |draft| {
            let before = draft.records.len();
            let result = draft.contained(&author, change);
            let records = match &author.made {
                Some(_) => draft.records[before..].to_vec(),
                None => Vec::new(),
            };
            Box::new(move |outcome: &BatchOutcome| {
                let answer = match outcome {
                    Ok(()) => {
                        author.note(records);
                        result
                    }
                    Err(source) => Err(StoreError::Unavailable {
                        source: source.clone(),
                    }),
                };
                // A caller that stopped waiting gets no answer; what it asked for is done all the same.
                let _ = reply.send(answer);
            })
        });
        self.send(Task::Change(job))?;
        answer.await.map_err(|_| StoreError::unavailable(WriterStopped))?
    }

    fn send(&self, task: Task) -> Result<(), StoreError> {
        let stopped = || StoreError::unavailable(WriterStopped);
        let jobs = self.0.jobs.as_ref().ok_or_else(stopped)?;
        jobs.send(task).map_err(|_| stopped())
    }
}

/// The file failed, and could not be opened anew so far.
#[derive(Debug, thiserror::Error)]
#[error("the file is closed after a failure")]
struct EngineClosed;

/// The thread that writes is gone: it panicked.
#[derive(Debug, thiserror::Error)]
#[error("the writer has stopped")]
struct WriterStopped;

impl Drop for FolderStore {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(writer) = self.writer.take() {
            // The lock must outlive the engine. A panic of the writer has been reported where it happened.
            let _ = writer.join();
        }
    }
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded").finish_non_exhaustive()
    }
}

fn create_directory(directory: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

fn lock(directory: &Path) -> Result<File, TryLockError> {
    let path = directory.join("configuration.lock");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(TryLockError::Error)?;
    file.try_lock()?;
    Ok(file)
}

//! The queue in a file of this machine.

mod accounts;
mod bodies;
mod changes;
mod clock;
mod commit;
mod dead_letters;
mod dead_rows;
mod dead_totals;
mod deduplication;
mod diagnosis;
mod dropping;
mod engine;
mod enqueue;
mod function_loads;
mod inbox;
mod jobs;
mod lane;
mod ledger;
mod loading;
mod migration;
mod observed;
mod opening;
mod owner_only;
mod pieces;
mod receipt;
mod receiving;
mod record;
mod redrive;
mod removed;
mod reserve;
mod ring;
mod scan;
mod schedule;
mod settings;
mod settlement;
mod shares;
mod staging;
mod storage;
mod tables;
mod turns;
mod waiting;
mod withdrawal;
mod writer;

#[cfg(test)]
mod tests;

use std::fmt;
use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use clocks::millis;
use domain::delivery::Delivery;
use domain::ids::{FunctionId, Space, SubscriptionId};
use futures_util::future::join_all;
use offload::off_runtime_if_large;
use tokio::sync::oneshot;

use crate::{OpenError, QueueError, Unsent};
use accounts::Claims;
use clock::{Clock, Source};
use engine::Engine;
use enqueue::Parcel;
use jobs::{Job, Send};
use ledger::Ledger;
use opening::EngineOpenError;
use record::{FunctionName, SubscriptionName};
use reserve::{Reserve, is_out_of_space};
use schedule::{Held, Schedule};
use staging::{Requests, Text};
use storage::Storage;
use writer::Writer;

pub use deduplication::DEDUPLICATION_WINDOW;
pub use diagnosis::{LaneInQueue, LaneState, QueueAccount, QueueDiagnosis, QueuedAmount, SpaceInQueue};
pub use dropping::DEAD_LETTERS_DROPPED;
pub use observed::OldestDelivery;
pub(crate) use receipt::EmbeddedReceipt;
pub use settings::{DeadLetterLimits, Durability, EmbeddedSettings, Limits};
pub use shares::{Share, SpaceShares};
pub use waiting::{WaitingLane, WaitingLanes};

/// How much more may be written of what is sent than there was room set aside for, in bytes.
const UNCOUNTED: u64 = 4096;

/// A queue in a file. Clones are handles to the same one; the last to go, receipts and reservations included, waits
/// until what was settled is written.
#[derive(Clone)]
pub struct Embedded(Arc<EmbeddedInner>);

struct EmbeddedInner {
    schedule: Arc<Schedule>,
    jobs: Option<mpsc::Sender<Job>>,
    writer: Option<JoinHandle<()>>,
    /// Held apart from the engine, which goes whenever it is opened anew after a failure.
    _lock: Option<File>,
}

/// Room in a queue.
#[derive(Debug)]
pub struct EmbeddedReservation {
    queue: Embedded,
    room: Held,
}

/// The thread that writes is gone: it panicked.
#[derive(Debug, thiserror::Error)]
#[error("the writer has stopped")]
struct WriterStopped;

impl Embedded {
    /// Opens the queue, or makes an empty one. What was in the hands of workers when it was last used waits again.
    /// Blocks: after a crash, the whole file is checked.
    pub fn open(settings: EmbeddedSettings) -> Result<Self, OpenError> {
        let storage = match settings.directory {
            Some(path) => Storage::Folder {
                path,
                durability: settings.durability,
                reserve_bytes: settings.reserve_bytes,
            },
            None => Storage::memory(),
        };
        Self::open_on(storage, settings.cache_bytes, settings.limits, Source::machine())
    }

    fn open_on(
        storage: Storage,
        cache_bytes: usize,
        limits: Limits,
        clock: Source,
    ) -> Result<Self, OpenError> {
        let (directory, durable) = match &storage {
            Storage::Folder { path, .. } => (path.clone(), true),
            Storage::Shared { durable, .. } => (PathBuf::new(), *durable),
        };
        let unusable = |source: Box<dyn std::error::Error + std::marker::Send + Sync>| OpenError::Unusable {
            directory: directory.clone(),
            source,
        };
        let lock = storage.lock().map_err(|error| match error {
            TryLockError::WouldBlock => OpenError::InUse {
                directory: directory.clone(),
            },
            TryLockError::Error(error) => unusable(error.into()),
        })?;
        let created = Engine::create_if_missing(&storage, cache_bytes);
        created.map_err(|error| unusable(error.into()))?;
        let mut reserve = storage.reserve();
        take_at_start(&mut reserve);
        let mut engine = opening::open(&storage, cache_bytes);
        if matches!(&engine, Err(error) if error.is_out_of_space()) && reserve.release() {
            engine = opening::open(&storage, cache_bytes);
        }
        let engine = engine.map_err(|error| match error {
            EngineOpenError::NewerFormat(found) => OpenError::NewerFormat {
                directory: directory.clone(),
                found,
                known: tables::FORMAT,
            },
            EngineOpenError::Engine(error) => unusable(error.into()),
        })?;
        let ledger = Ledger::load(&engine).map_err(|error| unusable(error.into()))?;
        let last = engine.about(tables::CLOCK_KEY);
        let last = last.map_err(|error| unusable(error.into()))?.unwrap_or(0);
        let schedule = Arc::new(Schedule::new(limits, durable, Clock::new(clock, last)));
        let writer = Writer::new(
            storage,
            cache_bytes,
            engine,
            ledger,
            Arc::clone(&schedule),
            reserve,
        );
        let (jobs, waiting) = mpsc::channel();
        let writer = thread::Builder::new()
            .name("queue-writer".to_owned())
            .spawn(move || writer.run(&waiting));
        Ok(Self(Arc::new(EmbeddedInner {
            schedule,
            jobs: Some(jobs),
            writer: Some(writer.map_err(|error| unusable(error.into()))?),
            _lock: lock,
        })))
    }

    pub(crate) fn reserve<'d>(
        &self,
        deliveries: impl IntoIterator<Item = &'d Delivery>,
        bytes: usize,
    ) -> Result<EmbeddedReservation, QueueError> {
        self.reserve_within(deliveries, bytes, |_| None)
    }

    pub(crate) fn reserve_within<'d>(
        &self,
        deliveries: impl IntoIterator<Item = &'d Delivery>,
        bytes: usize,
        most: impl Fn(&Space) -> Option<usize>,
    ) -> Result<EmbeddedReservation, QueueError> {
        let claims = Claims::of(deliveries, bytes as u64).within(most);
        Ok(EmbeddedReservation {
            queue: self.clone(),
            room: self.0.schedule.hold(claims)?,
        })
    }

    pub(crate) fn waiting_of(&self, space: &Space) -> usize {
        self.0.schedule.waiting_of(space)
    }

    pub(crate) fn set_shared(&self, several: bool) {
        self.0.schedule.set_shared(several);
    }

    pub(crate) fn hold(&self, space: &Space, function: &FunctionId, pause: Duration) {
        let function = FunctionName {
            space: space.clone(),
            id: function.clone(),
        };
        let now = self.0.schedule.clock.now();
        let until = now.saturating_add(millis(pause));
        self.0
            .schedule
            .change(|state| state.turns.hold(&function, until, now));
    }

    pub(crate) fn hold_subscription(&self, space: &Space, subscription: &SubscriptionId, pause: Duration) {
        let subscription = SubscriptionName {
            space: space.clone(),
            id: subscription.clone(),
        };
        let now = self.0.schedule.clock.now();
        let until = now.saturating_add(millis(pause));
        self.0
            .schedule
            .change(|state| state.turns.hold_subscription(subscription, until, now));
    }

    /// Whether something could be queued as far as the file and its disk go. The writer is asked, so that a failure that is
    /// over is seen to be over.
    pub(crate) async fn check_writable(&self) -> Result<(), QueueError> {
        if self.0.schedule.is_closed() {
            return Err(QueueError::Closed);
        }
        self.read(|_| Ok(())).await?;
        if self.0.schedule.is_disk_full.load(Ordering::Relaxed) {
            let source = std::io::Error::from(std::io::ErrorKind::StorageFull);
            return Err(QueueError::Unavailable {
                source: source.into(),
            });
        }
        Ok(())
    }

    pub(crate) fn close(&self) {
        self.0.schedule.close();
    }

    pub(crate) fn backlog(&self) -> usize {
        let waiting = self
            .0
            .schedule
            .look(|state| state.accounts.all().waiting.deliveries);
        usize::try_from(waiting).unwrap_or(usize::MAX)
    }

    /// Writes a text ahead. Where that fails the commit writes it.
    async fn stage(&self, space: &Space, text: &mut Text) {
        if let Some(jobs) = self.0.jobs.clone() {
            let requests = Requests::new(move |request| drop(jobs.send(request.into())));
            text.stage(space, &requests).await;
        }
    }

    /// Hands a job to the writer; `None` when that is gone.
    fn ask(&self, job: Job) -> Option<()> {
        self.0.jobs.as_ref()?.send(job).ok()
    }
}

/// Sets space aside, if there is some.
fn take_at_start(reserve: &mut Reserve) {
    match reserve.take(0) {
        Ok(()) => {}
        Err(error) if is_out_of_space(&error) => {
            tracing::error!(
                "The disk of the delivery queue is full: nothing is accepted until there is room."
            );
        }
        Err(error) => {
            tracing::warn!(%error, "No space can be set aside on the disk of the delivery queue.");
            reserve.give_up();
        }
    }
}

fn stopped() -> QueueError {
    QueueError::Unavailable {
        source: WriterStopped.into(),
    }
}

impl EmbeddedReservation {
    pub(crate) async fn send(self, deliveries: Vec<Delivery>) -> Result<(), Unsent> {
        let Self { queue, mut room } = self;
        if deliveries.is_empty() {
            return Ok(());
        }
        let (count, reserved) = (deliveries.len() as u64, room.claims.total());
        if count > reserved.deliveries {
            let error = QueueError::Full;
            return Err(Unsent { error, deliveries });
        }
        let came_in = reserved.bytes;
        let mut parcel = off_runtime_if_large(came_in, move || Parcel::new(deliveries, came_in)).await;
        // What is written may be more than what came in: an event of headers alone, or of characters that are escaped.
        // That it is a little more counts once it is queued.
        let written = parcel.share * count;
        if written.saturating_sub(came_in) > UNCOUNTED
            && let Err(error) = room.fit(Claims::of(&parcel.deliveries, written))
        {
            let deliveries = parcel.deliveries;
            return Err(Unsent { error, deliveries });
        }
        // All at once: those of a space share its turns.
        join_all(parcel.ahead().map(|(space, text)| queue.stage(space, text))).await;
        let (answer, answered) = oneshot::channel();
        queue
            .ask(Job::Send(Send { parcel, room, answer }))
            .ok_or_else(stopped)?;
        answered.await.map_err(|_| stopped())?
    }
}

impl Drop for EmbeddedInner {
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

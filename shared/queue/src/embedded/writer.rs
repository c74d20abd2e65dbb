//! The one thread that works with the engine. It writes all that waits in one commit, shows it to the workers, and only
//! then answers: what counts as queued is where it is safe.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use super::bodies::Bodies;
use super::engine::Engine;
use super::inbox::{Gathered, Inbox};
use super::jobs::{Batch, Job};
use super::ledger::Ledger;
use super::opening;
use super::reserve::Reserve;
use super::schedule::{Schedule, ScheduleState};
use super::settlement::Settlement;
use super::storage::Storage;
use super::tables::EngineError;
use crate::QueueError;
use failure::{PAUSES, SharedError, WriterFailure, unavailable};
use room::{IDLE, Room};

mod failure;
mod relief;
mod room;

/// How long outcomes are tried to be written once nobody uses the queue any more.
const LAST_TRIES: Duration = Duration::from_secs(5);
/// How long nothing is looked at when nothing comes: dead letters become too old without being asked for.
const LONGEST_IDLE: Duration = Duration::from_mins(1);
/// Files that are smaller than this stay as they are.
const SMALL_FILE: u64 = 64 * 1024 * 1024;
/// A file is mostly empty when it is so many times as large as what is in it.
const MOSTLY_EMPTY: u64 = 8;

/// What the thread works on.
pub(super) struct Writer {
    storage: Storage,
    cache_bytes: usize,
    /// `None` after a failure, until it is opened anew.
    engine: Option<Engine>,
    ledger: Ledger,
    bodies: Bodies,
    schedule: Arc<Schedule>,
    /// Outcomes of deliveries that a failed commit was to write.
    kept: Vec<Settlement>,
    failure: Option<WriterFailure>,
    /// Bytes of the file when it could not be made smaller.
    least_bytes: u64,
    room: Room,
}

impl Writer {
    pub(super) fn new(
        storage: Storage,
        cache_bytes: usize,
        engine: Engine,
        ledger: Ledger,
        schedule: Arc<Schedule>,
        reserve: Reserve,
    ) -> Self {
        let mut writer = Self {
            storage,
            cache_bytes,
            engine: Some(engine),
            ledger,
            bodies: Bodies::default(),
            schedule,
            kept: Vec::new(),
            failure: None,
            least_bytes: 0,
            room: Room::new(reserve),
        };
        writer.show_all();
        writer.compact();
        writer
    }

    /// Works until the other end of the channel is gone and all is written.
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        let mut inbox = Inbox::default();
        loop {
            let mut batch = Batch::default();
            let wait = match &self.failure {
                // Once it is open again and nothing is left to write, the next request shows whether it works.
                Some(_) if self.engine.is_some() && self.kept.is_empty() => {
                    (!inbox.is_empty()).then_some(Duration::ZERO)
                }
                Some(failure) => Some(failure.until.saturating_duration_since(Instant::now())),
                None if !inbox.is_empty() => Some(Duration::ZERO),
                None => self.wait(),
            };
            let gathered = inbox.gather(jobs, &mut batch, wait);
            batch.drops = self.has_to_drop();
            match gathered {
                Gathered::Nothing if self.failure.is_none() && !batch.drops => {
                    if self.wants_compaction() {
                        self.compact();
                    }
                }
                Gathered::Some | Gathered::Nothing => self.carry_out(batch),
                Gathered::Over => return self.finish(),
            }
            if self.room.is_due_from_file() {
                self.compact();
            }
        }
    }

    /// Tries to write what is left.
    fn finish(mut self) {
        let end = Instant::now() + LAST_TRIES;
        while !self.kept.is_empty() && Instant::now() < end {
            let until = self.failure.as_ref().map(|failure| failure.until);
            let wait = until.map(|until| until.saturating_duration_since(Instant::now()));
            std::thread::sleep(wait.unwrap_or_default());
            self.carry_out(Batch::default());
        }
        if !self.kept.is_empty() {
            let deliveries = self.kept.len();
            tracing::error!(
                deliveries,
                "Deliveries that are done with could not be taken out of the queue: they will be made again."
            );
        }
    }

    fn carry_out(&mut self, mut batch: Batch) {
        let paused = self.paused();
        if let (Some(error), None) = (&paused, &self.engine) {
            return self.refuse(batch, error);
        }
        if let Err(error) = self.reopen() {
            let error = self.fail(error);
            return self.refuse(batch, &error);
        }
        if paused.is_some() || self.room.is_missing() {
            batch = self.relieve(batch, paused);
        }
        let is_full = self.room.is_missing();
        self.schedule.is_disk_full.store(is_full, Ordering::Relaxed);
        if self.paused().is_some() {
            self.kept
                .extend(batch.settlements.drain(..).map(Settlement::keep));
        } else {
            batch.settlements.splice(..0, std::mem::take(&mut self.kept));
        }
        let (loads, reads) = (std::mem::take(&mut batch.loads), std::mem::take(&mut batch.reads));
        if !batch.only_reads() {
            self.commit(batch);
        }
        for lane in loads {
            if let Err(error) = self.load(lane) {
                self.fail(Arc::new(error));
                break;
            }
        }
        for read in reads {
            let engine = self.engine.as_ref().ok_or_else(|| self.unavailable());
            if !read(engine.map(|engine| (engine, &self.ledger))) {
                self.engine = None;
            }
        }
    }

    /// Writes a batch that reads nothing, and shows and answers what came of it.
    fn commit(&mut self, batch: Batch) {
        let before = self.room.is_missing().then(|| self.ledger.bytes());
        match self.write(&batch) {
            Ok(done) => {
                batch.publish(done, &self.schedule);
                if let Some(before) = before {
                    self.room.add_freed(before.saturating_sub(self.ledger.bytes()));
                }
                if self.failure.take().is_some() {
                    tracing::info!("The delivery queue can be written again.");
                }
            }
            Err(error) => {
                let error = self.fail(Arc::new(error));
                self.refuse(batch, &error);
                self.recover(&error);
            }
        }
    }

    /// What nothing is written for yet, if anything failed lately.
    fn paused(&self) -> Option<SharedError> {
        let failure = self.failure.as_ref()?;
        (Instant::now() < failure.until).then(|| Arc::clone(&failure.error))
    }

    fn write(&mut self, batch: &Batch) -> Result<super::commit::Done, EngineError> {
        let Some(engine) = &self.engine else {
            return Err(EngineError::PreviousIo);
        };
        let (ledger, bodies, schedule) = (&mut self.ledger, &mut self.bodies, &self.schedule);
        engine.write(|tables| batch.write(tables, ledger, bodies, schedule))
    }

    /// Reads more of a lane.
    fn load(&mut self, lane: u64) -> Result<(), EngineError> {
        match &self.engine {
            Some(engine) => self.schedule.load(engine, &mut self.bodies, lane),
            None => Ok(()),
        }
    }

    /// The engine is of no more use for a while.
    fn fail(&mut self, error: SharedError) -> SharedError {
        self.engine = None;
        let times = self.failure.as_ref().map_or(0, |failure| failure.times);
        if times == 0 {
            let error = &*error as &dyn Error;
            tracing::error!(
                error,
                "The delivery queue cannot be written: nothing more is accepted."
            );
        }
        let pause = PAUSES.pause(times.saturating_add(1), 1.0);
        self.failure = Some(WriterFailure {
            error: Arc::clone(&error),
            times: times.saturating_add(1),
            until: Instant::now() + pause,
        });
        error
    }

    /// Says no to all who wait for an answer, and keeps what nobody else knows.
    fn refuse(&mut self, batch: Batch, error: &SharedError) {
        self.kept
            .extend(batch.settlements.into_iter().map(Settlement::keep));
        for send in batch.sends {
            let _ = send.answer.send(Err(unavailable(error).into()));
        }
        for stage in batch.stages {
            stage.refuse(unavailable(error));
        }
        for clear in batch.clears {
            let _ = clear.answer.send(Err(unavailable(error)));
        }
        for withdrawal in batch.withdrawals {
            let _ = withdrawal.answer.send(Err(unavailable(error)));
        }
        self.schedule.change(ScheduleState::end_claims);
        for read in batch.reads {
            read(Err(unavailable(error)));
        }
    }

    fn unavailable(&self) -> QueueError {
        let previous: SharedError = Arc::new(EngineError::PreviousIo);
        let error = self.failure.as_ref().map(|failure| &failure.error);
        unavailable(error.unwrap_or(&previous))
    }

    /// Opens the engine after a failure. The file decides what was written: it may have taken a commit that it failed
    /// to confirm.
    fn reopen(&mut self) -> Result<(), SharedError> {
        if self.engine.is_some() {
            return Ok(());
        }
        let engine = opening::open(&self.storage, self.cache_bytes)
            .map_err(|error| -> SharedError { Arc::new(error) })?;
        let read = || -> Result<_, EngineError> {
            let ledger = Ledger::load(&engine)?;
            let there = engine.are_there(self.kept.iter().map(|kept| kept.place.key(kept.lane)))?;
            Ok((ledger, there))
        };
        let (ledger, there) = read().map_err(|error| -> SharedError { Arc::new(error) })?;
        self.engine = Some(engine);
        self.ledger = ledger;
        // Numbers of events that were not written are given out again.
        self.bodies = Bodies::default();
        let (kept, written): (Vec<_>, Vec<_>) = std::mem::take(&mut self.kept)
            .into_iter()
            .zip(there)
            .partition(|(_, there)| *there);
        self.kept = kept.into_iter().map(|(settlement, _)| settlement).collect();
        self.schedule.change(|state| {
            for (settlement, _) in &written {
                state.written(settlement);
            }
        });
        self.show_all();
        Ok(())
    }

    /// Shows workers what is in the file; they have it read as they need it.
    fn show_all(&self) {
        self.schedule.show(&self.ledger);
    }

    /// How long the next request is waited for; `None` for as long as it takes.
    fn wait(&self) -> Option<Duration> {
        if self.has_to_drop() {
            return Some(Duration::ZERO);
        }
        if self.wants_compaction() || self.room.is_in_file() {
            return Some(IDLE);
        }
        let end = self.ledger.dead.oldest_end(&self.schedule.limits.dead_letters)?;
        let left = Duration::from_millis(end.saturating_sub(self.schedule.clock.now()));
        Some(left.clamp(IDLE, LONGEST_IDLE))
    }

    /// Whether dead letters are too old or too many.
    fn has_to_drop(&self) -> bool {
        let limits = &self.schedule.limits.dead_letters;
        let dead = &self.ledger.dead;
        dead.is_any_old(limits, self.schedule.clock.now()) || dead.excess(limits).is_some()
    }

    fn wants_compaction(&self) -> bool {
        self.ledger.is_empty() && self.kept.is_empty() && self.is_mostly_empty().unwrap_or(false)
    }

    fn is_mostly_empty(&self) -> Result<bool, EngineError> {
        let Some(engine) = &self.engine else {
            return Ok(false);
        };
        let file = engine.file_bytes()?;
        let used = self.ledger.bytes().saturating_mul(MOSTLY_EMPTY);
        Ok(file > SMALL_FILE && file > used && file > self.least_bytes.saturating_mul(2))
    }

    /// Makes the file smaller if it is mostly empty, or the disk is full.
    fn compact(&mut self) {
        if !self.room.is_in_file() && !self.is_mostly_empty().unwrap_or(false) {
            return;
        }
        self.room.file_is_small();
        let Some(engine) = &mut self.engine else {
            return;
        };
        match engine.compact().and_then(|()| engine.file_bytes()) {
            Ok(bytes) => {
                self.least_bytes = bytes;
                tracing::debug!(bytes, "The file of the delivery queue was made smaller.");
            }
            Err(error) => {
                let error = self.fail(Arc::new(error));
                self.recover(&error);
            }
        }
    }
}

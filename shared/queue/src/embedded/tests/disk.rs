//! A disk in memory that loses power, fills up and fails.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{Error, ErrorKind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use fastrand::Rng;
use redb::StorageBackend;

/// What power cuts keep or lose as a whole.
const SECTOR: usize = 512;
/// What a disk of limited capacity takes for data as a whole.
const BLOCK: usize = 4096;

/// A disk. What was written since the last sync is in its cache.
#[derive(Default)]
pub(in crate::embedded) struct Disk(Mutex<State>);

#[derive(Default)]
struct State {
    /// What is safe.
    safe: Vec<u8>,
    /// What reads see.
    seen: Vec<u8>,
    cached: Vec<Change>,
    /// Operations until this is to be called.
    alarm: Option<(u32, Alarm)>,
    faults: Option<Faults>,
    /// Writes and syncs that were asked for.
    operations: usize,
    /// Bytes that were read and written.
    moved: usize,
    /// Bytes that were written since the last sync, and most of them between two syncs.
    unsynced: usize,
    most_unsynced: usize,
    /// The next sync says that it failed, and this notes it.
    failing_sync: Option<Arc<AtomicBool>>,
    /// Blocks that there are; none is taken before it is written to.
    capacity: Option<usize>,
    /// Blocks that are written to.
    taken: BTreeSet<usize>,
    /// Blocks that are set aside.
    reserved: usize,
}

type Alarm = Box<dyn FnOnce(Image) + Send>;

/// What is on the disk and in its cache at one moment.
#[derive(Clone)]
pub(super) struct Image {
    safe: Vec<u8>,
    cached: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Length(usize),
    Bytes(usize, Vec<u8>),
}

/// When operations fail.
pub(super) struct Faults {
    pub(super) rng: Rng,
    /// Operations that fail from now on.
    pub(super) failing: u32,
    /// One in so many operations begins a row of failures.
    pub(super) one_in: u32,
    /// Whether those that fail have been carried out all the same.
    pub(super) after_the_fact: bool,
}

impl Disk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Takes an image before the operation that comes after so many.
    pub(super) fn image_after(&self, operations: u32, then: impl FnOnce(Image) + Send + 'static) {
        self.state().alarm = Some((operations, Box::new(then)));
    }

    /// Has operations fail, or all succeed.
    pub(super) fn set_faults(&self, faults: Option<Faults>) {
        self.state().faults = faults;
    }

    /// Has every write fail from now on, or none.
    pub(super) fn set_full(&self, full: bool, after_the_fact: bool) {
        self.set_faults(full.then(|| Faults {
            rng: Rng::with_seed(0),
            failing: u32::MAX,
            one_in: u32::MAX,
            after_the_fact,
        }));
    }

    /// Has the next sync say that it failed.
    pub(super) fn fail_sync(&self, failed: Arc<AtomicBool>) {
        self.state().failing_sync = Some(failed);
    }

    /// How many writes and syncs were asked for.
    pub(super) fn operations(&self) -> usize {
        self.state().operations
    }

    /// Most bytes that were written between two syncs since this was last asked.
    pub(super) fn take_most_unsynced(&self) -> usize {
        std::mem::take(&mut self.state().most_unsynced)
    }

    /// How many bytes were read and written since this was last asked.
    pub(super) fn take_moved(&self) -> usize {
        std::mem::take(&mut self.state().moved)
    }

    /// Has the disk take so many bytes in all; it must be empty.
    pub(super) fn set_capacity(&self, bytes: usize) {
        self.state().capacity = Some(bytes / BLOCK);
    }

    /// Gives the disk more room.
    pub(super) fn grow(&self, bytes: usize) {
        let mut state = self.state();
        state.capacity = state.capacity.map(|capacity| capacity + bytes / BLOCK);
    }

    /// Sets bytes aside, if there are as many, and others besides.
    pub(in crate::embedded) fn reserve(&self, bytes: u64, spare: u64) -> Result<(), Error> {
        let blocks = |bytes: u64| usize::try_from(bytes).unwrap() / BLOCK;
        let mut state = self.state();
        let free = state
            .capacity
            .map_or(usize::MAX, |capacity| capacity - state.taken.len());
        if blocks(bytes + spare) > free {
            return Err(full());
        }
        state.reserved = blocks(bytes);
        Ok(())
    }

    fn change(&self, change: Option<Change>) -> Result<(), Error> {
        let mut state = self.state();
        state.operations += 1;
        if let Some(Change::Bytes(_, bytes)) = &change {
            state.moved += bytes.len();
            state.unsynced += bytes.len();
            state.most_unsynced = state.most_unsynced.max(state.unsynced);
        } else if change.is_none() {
            state.unsynced = 0;
        }
        if let Some((left, then)) = state.alarm.take() {
            if left == 0 {
                then(Image {
                    safe: state.safe.clone(),
                    cached: state.cached.clone(),
                });
            } else {
                state.alarm = Some((left - 1, then));
            }
        }
        if change.is_none()
            && let Some(failed) = state.failing_sync.take()
        {
            failed.store(true, Ordering::Relaxed);
            return Err(full());
        }
        let failure = state.faults.as_mut().and_then(Faults::next);
        if let Some(false) = failure {
            return Err(full());
        }
        if let Some(change) = &change {
            state.occupy(change)?;
        }
        match change {
            Some(change) => {
                change.apply(&mut state.seen);
                state.cached.push(change);
            }
            None if failure.is_none() => {
                for change in std::mem::take(&mut state.cached) {
                    change.apply(&mut state.safe);
                }
            }
            // A sync that fails after the fact: what it was for is in the cache still.
            None => {}
        }
        failure.map_or(Ok(()), |_| Err(full()))
    }
}

impl State {
    /// Takes the blocks that a change writes to, and gives back those that it cuts off.
    fn occupy(&mut self, change: &Change) -> Result<(), Error> {
        let Some(capacity) = self.capacity else {
            return Ok(());
        };
        match change {
            Change::Length(length) => self.taken.retain(|block| block * BLOCK < *length),
            Change::Bytes(offset, bytes) => {
                let blocks = offset / BLOCK..(offset + bytes.len()).div_ceil(BLOCK);
                let new: Vec<usize> = blocks.filter(|block| !self.taken.contains(block)).collect();
                if self.taken.len() + self.reserved + new.len() > capacity {
                    return Err(full());
                }
                self.taken.extend(new);
            }
        }
        Ok(())
    }
}

fn full() -> Error {
    Error::from(ErrorKind::StorageFull)
}

impl Faults {
    /// Whether an operation fails, and if so, after the fact.
    fn next(&mut self) -> Option<bool> {
        if self.failing == 0 && self.rng.u32(..self.one_in) == 0 {
            self.failing = self.rng.u32(1..6);
            self.after_the_fact = self.rng.bool();
        }
        if self.failing == 0 {
            return None;
        }
        self.failing = self.failing.saturating_sub(u32::from(self.failing != u32::MAX));
        Some(self.after_the_fact)
    }
}

impl Image {
    /// The disk after the power came back: of what was in the cache, some sectors are there and others are not.
    pub(super) fn after_power_cut(mut self, rng: &mut Rng) -> Disk {
        let share = rng.u8(..=4);
        let kept = |rng: &mut Rng| rng.u8(..4) < share;
        for change in self.cached {
            match change {
                Change::Length(_) => {
                    if kept(rng) {
                        change.apply(&mut self.safe);
                    }
                }
                Change::Bytes(offset, bytes) => {
                    for (index, sector) in bytes.chunks(SECTOR).enumerate() {
                        if kept(rng) {
                            Change::Bytes(offset + index * SECTOR, sector.to_vec()).apply(&mut self.safe);
                        }
                    }
                }
            }
        }
        Disk(Mutex::new(State {
            seen: self.safe.clone(),
            safe: self.safe,
            ..State::default()
        }))
    }
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Length(length) => bytes.resize(*length, 0),
            Self::Bytes(offset, new) => {
                // A sector can be there whose file was to be longer.
                bytes.resize(bytes.len().max(offset + new.len()), 0);
                bytes[*offset..offset + new.len()].copy_from_slice(new);
            }
        }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64, Error> {
        Ok(self.state().seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        let offset = usize::try_from(offset).unwrap();
        let mut state = self.state();
        state.moved += out.len();
        let bytes = state.seen.get(offset..offset + out.len());
        out.copy_from_slice(bytes.ok_or(ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<(), Error> {
        self.change(Some(Change::Length(usize::try_from(len).unwrap())))
    }

    fn sync_data(&self) -> Result<(), Error> {
        self.change(None)
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        self.change(Some(Change::Bytes(
            usize::try_from(offset).unwrap(),
            data.to_vec(),
        )))
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk").finish_non_exhaustive()
    }
}

//! What spaces use, as this process counts it: on the way of an event some additions to atomics, and rows of a store now and then.
//!
//! A row says what was counted of a space in an hour since the process has had to do with it, not what is new: however often it
//! is written, it counts once (`domain::usage`). What was counted since rows were written last goes with the process if nobody
//! lets it end in peace.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use clocks::{epoch_millis, millis};
use domain::event::Event;
use domain::ids::Space;
use domain::system_event::SystemEventType;
use domain::usage::{DAY_HOURS, HOUR_MILLIS, hour_of};
use foldhash::fast::RandomState;
use store::Store;
use targets::ErrorChain;
use tokio::sync::Mutex as TurnMutex;

mod rows;
mod space_usage;
mod told_days;

use rows::Rows;
pub(crate) use space_usage::SpaceUsage;
use told_days::ToldDays;

/// Spaces from which on those that use nothing are looked for.
const SWEEP_FROM: usize = 1024;

/// Time after the end of a day in which the others write what they have counted of it.
const AFTER_A_DAY: Duration = Duration::from_mins(15);

/// Shortest time between two writes of a process that lives on.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);

/// How usage is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageSettings {
    /// Time between two writes; with none a function writes with each invocation.
    pub interval: Duration,
    /// Most rows that are kept in memory, each of a space and an hour.
    pub most_rows: usize,
}

/// What counts the usage of spaces. A handle: clones share everything.
#[derive(Debug, Clone)]
pub struct Usage(Arc<Counting>);

#[derive(Debug)]
struct Counting {
    store: Store,
    interval: Duration,
    spaces: RwLock<HashMap<Space, Arc<SpaceUsage>, RandomState>>,
    /// The hour in which was counted what no row has yet.
    hour: AtomicU64,
    /// When rows were written last, in milliseconds since 1970.
    written: AtomicU64,
    rows: Mutex<Rows>,
    told: Mutex<ToldDays>,
    /// One write at a time, so that an older one never comes after a newer one.
    writing: TurnMutex<()>,
}

/// The day before which all days can be told of, as a number of days since 1970.
pub(crate) fn today(now: u64) -> u64 {
    hour_of(now.saturating_sub(millis(AFTER_A_DAY))) / DAY_HOURS
}

/// Whether the deliveries of an event are usage of a space. The daily report is none, or there would be one each day for ever.
pub(crate) fn is_used(event: &Event) -> bool {
    event.event_type() != SystemEventType::UsageDaily.as_str()
}

impl Usage {
    /// Counted in memory, and written to a store.
    pub fn new(store: Store, settings: UsageSettings) -> Self {
        Self(Arc::new(Counting {
            store,
            interval: settings.interval,
            spaces: RwLock::default(),
            hour: AtomicU64::new(hour_of(epoch_millis())),
            written: AtomicU64::new(0),
            rows: Mutex::new(Rows::new(settings.most_rows)),
            told: Mutex::new(ToldDays::new(settings.most_rows)),
            writing: TurnMutex::default(),
        }))
    }

    /// What is counted of a space.
    pub(crate) fn of(&self, space: &Space) -> Arc<SpaceUsage> {
        let counting = &self.0;
        {
            let spaces = counting.spaces.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(usage) = spaces.get(space) {
                return Arc::clone(usage);
            }
        }
        let mut spaces = counting.spaces.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(spaces.entry(space.clone()).or_default())
    }

    /// What was counted before an invocation of a function on AWS Lambda belongs to the hour of the one before.
    pub(crate) fn begin_invocation(&self) {
        let now = epoch_millis();
        if self.0.hour.load(Ordering::Relaxed) != hour_of(now) {
            self.collect(now);
        }
    }

    /// Whether it is time to write rows.
    pub(crate) fn is_due(&self) -> bool {
        let since = epoch_millis().saturating_sub(self.0.written.load(Ordering::Relaxed));
        since >= millis(self.0.interval)
    }

    /// Waits until it is time to write rows: for the interval, or for the end of the hour.
    pub(crate) async fn pause(&self) {
        let left = HOUR_MILLIS - epoch_millis() % HOUR_MILLIS;
        let pause = self.0.interval.max(SHORTEST_INTERVAL);
        tokio::time::sleep(pause.min(Duration::from_millis(left))).await;
    }

    /// A space of which something was written, and of which it is not known yet whether what it used before today was told; and
    /// today, as a number of days. Each is named once a day.
    pub(crate) fn to_be_told(&self, now: u64) -> Option<(Space, u64)> {
        let today = today(now);
        let mut told = self.0.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.next(today).map(|space| (space, today))
    }

    /// What a space used could not be told on a day on which it was to be.
    pub(crate) fn untold(&self, space: Space, today: u64) {
        let mut told = self.0.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.untold(space, today);
    }

    /// Writes all that was counted by now. What cannot be written is logged, kept, and written with the next.
    pub async fn flush(&self) {
        let counting = &self.0;
        let _turn = counting.writing.lock().await;
        let now = epoch_millis();
        counting.written.store(now, Ordering::Relaxed);
        self.collect(now);
        let unwritten = self.rows().unwritten();
        if unwritten.is_empty() {
            return;
        }
        match counting.store.put_usage(unwritten.clone()).await {
            Ok(()) => {
                self.rows().written(&unwritten, hour_of(now));
                let mut told = counting.told.lock().unwrap_or_else(PoisonError::into_inner);
                told.seen(unwritten.iter().map(|row| &row.space));
            }
            Err(error) => tracing::warn!(
                rows = unwritten.len(), error = %ErrorChain(&error),
                "What spaces use could not be written; it is tried again."
            ),
        }
    }

    /// Writes what was counted by now, and forgets what is known of a space: of what it used no row is written again.
    pub async fn forget(&self, space: &Space) {
        self.flush().await;
        let _turn = self.0.writing.lock().await;
        self.rows().forget(space);
        let mut told = self.0.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.forget(space);
    }

    /// Takes what was counted into rows.
    fn collect(&self, now: u64) {
        let counting = &self.0;
        let mut rows = self.rows();
        let hour = counting.hour.swap(hour_of(now), Ordering::Relaxed);
        let count = {
            let spaces = counting.spaces.read().unwrap_or_else(PoisonError::into_inner);
            for (space, usage) in spaces.iter() {
                if let Some(counted) = usage.take() {
                    rows.add(space, hour, counted);
                }
            }
            spaces.len()
        };
        if count > SWEEP_FROM {
            let mut spaces = counting.spaces.write().unwrap_or_else(PoisonError::into_inner);
            // Nobody can get hold of one while it is looked at.
            spaces.retain(|_, usage| Arc::strong_count(usage) > 1 || !usage.is_unused());
        }
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        // No code that holds the lock can leave it half changed.
        self.0.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;

//! What is counted of one space, between two looks at it.

use std::sync::atomic::{AtomicI64, Ordering};

use domain::event::Event;
use domain::usage::UsageCounts;

/// Counts of a space. What is taken back may have been looked at before, so what comes next can be less than nothing.
#[derive(Debug, Default)]
pub(crate) struct SpaceUsage {
    events: AtomicI64,
    bytes: AtomicI64,
    calls: AtomicI64,
    deliveries: AtomicI64,
    attempts: AtomicI64,
    dead_letters: AtomicI64,
}

/// What was counted: in the order of [`UsageCounts::values`], more or less than before.
pub(super) type Counted = [i64; 6];

impl SpaceUsage {
    /// Counts an event that was taken.
    pub(crate) fn event(&self, event: &Event) {
        add(&self.events, 1);
        add(&self.bytes, event.data_bytes());
    }

    /// Counts an event whose sender waits for the answer of a function.
    pub(crate) fn call(&self, event: &Event) {
        self.event(event);
        add(&self.calls, 1);
    }

    /// Counts deliveries that are about to be queued.
    pub(crate) fn deliveries(&self, count: usize) {
        add(&self.deliveries, count);
    }

    /// Takes back deliveries that were not queued.
    pub(crate) fn not_queued(&self, count: usize) {
        self.deliveries.fetch_sub(signed(count), Ordering::Relaxed);
    }

    /// Counts an attempt that has come to an end.
    pub(crate) fn attempt(&self) {
        add(&self.attempts, 1);
    }

    /// Counts deliveries that were given up.
    pub(crate) fn dead_letters(&self, count: usize) {
        add(&self.dead_letters, count);
    }

    /// What was counted since it was taken last; `None` where nothing was.
    pub(super) fn take(&self) -> Option<Counted> {
        let counted = self.all().map(|count| match count.load(Ordering::Relaxed) {
            0 => 0,
            _ => count.swap(0, Ordering::Relaxed),
        });
        (counted != Counted::default()).then_some(counted)
    }

    /// Whether nothing was counted since then.
    pub(super) fn is_unused(&self) -> bool {
        self.all().iter().all(|count| count.load(Ordering::Relaxed) == 0)
    }

    fn all(&self) -> [&AtomicI64; 6] {
        [
            &self.events,
            &self.bytes,
            &self.calls,
            &self.deliveries,
            &self.attempts,
            &self.dead_letters,
        ]
    }
}

fn add(count: &AtomicI64, more: usize) {
    count.fetch_add(signed(more), Ordering::Relaxed);
}

fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Adds what was counted.
pub(super) fn added(counts: UsageCounts, counted: Counted) -> UsageCounts {
    let mut values = counts.values();
    for (value, more) in values.iter_mut().zip(counted) {
        *value = value.saturating_add_signed(more);
    }
    UsageCounts::of_values(values)
}

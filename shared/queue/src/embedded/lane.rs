//! A lane: the deliveries for one subscription, of which the next ones are in memory.

use std::collections::{BTreeMap, HashSet};

use domain::delivery::Delivery;

use super::record::LaneName;
use super::tables::Place;

/// Most deliveries of a lane that are in memory.
pub(super) const WINDOW: usize = 512;
/// How many are looked at for the oldest one.
const LOOKED_AT: usize = 32;
/// When so few are left, more are read.
const LOW: usize = WINDOW / 4;

/// A delivery in memory.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) delivery: Delivery,
    /// What it counts for in the limits of the queue.
    pub(super) bytes: u64,
    /// What it takes in memory, about.
    pub(super) cost: usize,
    /// Bytes of its event as JSON, about.
    pub(super) event_bytes: usize,
}

/// Bytes of an event that keep a worker of their own, or rather the memory that a worker may take.
const WORKER_BYTES: usize = 1024 * 1024;

impl Entry {
    /// How many workers it counts for when it is in hand: a call has a copy of the event.
    pub(super) fn weight(&self) -> u64 {
        1 + (self.event_bytes / WORKER_BYTES) as u64
    }
}

/// The deliveries for one subscription.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) name: LaneName,
    /// All that stand before `end` and are not out.
    window: BTreeMap<Place, Entry>,
    /// From where on the lane has to be read from the file; `None` when all of it is in memory.
    end: Option<Place>,
    /// Places of deliveries that are in the hands of workers, or whose outcome is not in the file yet.
    out: HashSet<Place>,
    /// What the window takes in memory.
    pub(super) cost: usize,
    /// Whether the writer was asked to read more of it.
    pub(super) loading: bool,
    pub(super) turn: Turn,
}

/// What a lane is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// For something to be put into it or read from the file.
    Nothing,
    /// For a worker.
    Ready,
    /// For a time.
    Until(u64),
    /// For its function to have fewer deliveries in hand.
    Blocked,
    /// To be read from the file, once others of its space are.
    Unread,
}

/// What is next in a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    /// A delivery in memory.
    Here(Place),
    /// Something in the file, due not before this.
    InFile(u64),
    /// Nothing.
    None,
}

impl Lane {
    /// A lane of which nothing is in memory but all from a place on may be in the file.
    pub(super) fn new(name: LaneName, end: Option<Place>, out: HashSet<Place>) -> Self {
        Self {
            name,
            window: BTreeMap::new(),
            end,
            out,
            cost: 0,
            loading: false,
            turn: Turn::Nothing,
        }
    }

    pub(super) fn head(&self) -> Head {
        match (self.window.first_key_value(), self.end) {
            (Some((place, _)), _) => Head::Here(*place),
            (None, Some(end)) => Head::InFile(end.due),
            (None, None) => Head::None,
        }
    }

    /// Whether it is time to read more: little is left, and what follows is due.
    pub(super) fn is_low(&self, now: u64) -> bool {
        self.window.len() <= LOW && !self.loading && self.end.is_some_and(|end| end.due <= now)
    }

    /// When the oldest of the deliveries that are next was accepted.
    pub(super) fn oldest(&self) -> Option<u64> {
        let next = self.window.values().take(LOOKED_AT);
        next.map(|entry| entry.delivery.accepted_at).min()
    }

    /// How many deliveries are in memory.
    pub(super) fn held(&self) -> usize {
        self.window.len()
    }

    /// How many deliveries are in the hands of workers, or have an outcome that is not in the file yet.
    pub(super) fn out(&self) -> usize {
        self.out.len()
    }

    pub(super) fn end(&self) -> Option<Place> {
        self.end
    }

    pub(super) fn into_out(self) -> HashSet<Place> {
        self.out
    }

    /// Puts a delivery into the window that is in the file at this place. The window may be longer than it should
    /// after that.
    pub(super) fn put(&mut self, place: Place, entry: Entry) {
        // One that is out was taken out of the file before it came here.
        if self.end.is_none_or(|end| place < end) && !self.out.contains(&place) {
            self.cost += entry.cost;
            if let Some(before) = self.window.insert(place, entry) {
                self.cost -= before.cost;
            }
        }
    }

    /// Drops the last deliveries from memory until the window is as short and takes as little as this.
    pub(super) fn cut(&mut self, length: usize, cost: usize) {
        while self.window.len() > length || self.cost > cost {
            let Some((place, entry)) = self.window.pop_last() else {
                return;
            };
            self.cost -= entry.cost;
            self.end = Some(place);
        }
    }

    /// Takes in what was read from the file, beginning with the end of the window; `end` is where reading stopped.
    pub(super) fn extend(&mut self, read: Vec<(Place, Entry)>, end: Option<Place>) {
        self.end = end;
        for (place, entry) in read {
            self.put(place, entry);
        }
    }

    /// Takes a delivery out.
    pub(super) fn take(&mut self, place: Place) -> Option<Entry> {
        let entry = self.window.remove(&place)?;
        self.cost -= entry.cost;
        self.out.insert(place);
        Some(entry)
    }

    /// Whether a delivery is in the hands of a worker, or its outcome is not in the file yet.
    pub(super) fn is_out(&self, place: Place) -> bool {
        self.out.contains(&place)
    }

    /// Sees to it that a delivery is handed out to nobody, wherever it is.
    pub(super) fn claim(&mut self, place: Place) {
        if let Some(entry) = self.window.remove(&place) {
            self.cost -= entry.cost;
        }
        self.out.insert(place);
    }

    /// Puts a delivery back that was taken out, unless it has to be read from the file anyway.
    pub(super) fn put_back(&mut self, place: Place, entry: Entry) {
        if self.out.remove(&place) {
            self.put(place, entry);
        }
    }

    /// Forgets a delivery that was taken out: it does not stand at this place any more.
    pub(super) fn forget(&mut self, place: Place) {
        self.out.remove(&place);
    }
}

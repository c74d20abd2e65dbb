//! Whose turn it is: the lanes that have something due go round, so that none keeps another waiting.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use super::lane::{Entry, Head, Lane, Turn};
use super::record::{FunctionName, LaneName, SubscriptionName};
use super::tables::Place;

/// Most bytes of events that all windows hold, about; a single event more where one is larger than that.
const WINDOW_BYTES: usize = 16 * 1024 * 1024;

/// The lanes, and which of them can be served.
#[derive(Debug, Default)]
pub(super) struct Turns {
    lanes: HashMap<u64, Lane>,
    /// Those that may have something due, the next one first.
    ready: VecDeque<u64>,
    /// Those that have something later.
    later: BTreeSet<(u64, u64)>,
    functions: HashMap<FunctionName, FunctionLoad>,
    /// Subscriptions of which nothing is handed out before a time, by the clock of the queue.
    held_subscriptions: HashMap<SubscriptionName, u64>,
    /// Lanes that are being read from the file.
    pub(super) loading: usize,
    /// What all windows take in memory.
    cost: usize,
}

/// What workers do for a function.
#[derive(Debug, Default)]
struct FunctionLoad {
    in_hand: usize,
    /// Nothing is handed out before this, by the clock of the queue.
    held_until: u64,
    /// Lanes that wait for fewer to be in hand.
    blocked: Vec<u64>,
}

/// What a worker is to do.
#[derive(Debug)]
pub(super) enum Next {
    /// Deliver this.
    Delivery { lane: u64, place: Place, entry: Entry },
    /// Have more of a lane read, and ask again.
    Load(u64),
    /// Wait for a change, and for this time.
    Nothing(Option<u64>),
}

impl Turns {
    /// What to do next.
    pub(super) fn next(&mut self, now: u64, per_function: usize) -> Next {
        while let Some((time, lane)) = self.later.first().copied()
            && time <= now
        {
            self.later.pop_first();
            self.set_ready(lane);
        }
        while let Some(number) = self.ready.pop_front() {
            let Some(lane) = self.lanes.get_mut(&number) else {
                continue;
            };
            lane.turn = Turn::Nothing;
            let load = self.functions.get_mut(&lane.name.function);
            if let Some(load) = load {
                if load.in_hand >= per_function.max(1) {
                    lane.turn = Turn::Blocked;
                    load.blocked.push(number);
                    continue;
                }
                if load.held_until > now {
                    lane.turn = Turn::Until(load.held_until);
                    self.later.insert((load.held_until, number));
                    continue;
                }
            }
            if !self.held_subscriptions.is_empty()
                && let Some(until) = self.held_subscriptions.get(&lane.name.subscription_name())
                && *until > now
            {
                lane.turn = Turn::Until(*until);
                self.later.insert((*until, number));
                continue;
            }
            match lane.head() {
                Head::Here(place) if place.due <= now => {
                    if lane.is_low(now) {
                        // What is left is handed out meanwhile.
                        lane.loading = true;
                        self.loading += 1;
                        lane.turn = Turn::Ready;
                        self.ready.push_front(number);
                        return Next::Load(number);
                    }
                    if let Some(next) = self.take(number, place) {
                        return next;
                    }
                }
                Head::InFile(due) if due <= now => {
                    if !lane.loading {
                        lane.loading = true;
                        self.loading += 1;
                        return Next::Load(number);
                    }
                }
                Head::Here(Place { due, .. }) | Head::InFile(due) => {
                    lane.turn = Turn::Until(due);
                    self.later.insert((due, number));
                }
                Head::None => {}
            }
        }
        Next::Nothing(self.later.first().map(|(time, _)| *time))
    }

    fn take(&mut self, number: u64, place: Place) -> Option<Next> {
        let lane = self.lanes.get_mut(&number)?;
        let entry = lane.take(place)?;
        self.cost -= entry.cost;
        let load = self.functions.entry(lane.name.function.clone()).or_default();
        load.in_hand += 1;
        if lane.head() != Head::None {
            lane.turn = Turn::Ready;
            self.ready.push_back(number);
        }
        Some(Next::Delivery {
            lane: number,
            place,
            entry,
        })
    }

    /// Whether a lane may have something due.
    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// When something may be due next.
    pub(super) fn next_time(&self) -> Option<u64> {
        self.later.first().map(|(time, _)| *time)
    }

    /// Whether lanes wait only for their functions to have fewer deliveries in hand.
    pub(super) fn has_blocked(&self) -> bool {
        self.functions.values().any(|load| !load.blocked.is_empty())
    }

    /// One delivery of a function less is in hand.
    pub(super) fn release(&mut self, function: &FunctionName) {
        let Some(load) = self.functions.get_mut(function) else {
            return;
        };
        load.in_hand = load.in_hand.saturating_sub(1);
        let blocked = std::mem::take(&mut load.blocked);
        if load.in_hand == 0 && load.held_until == 0 {
            self.functions.remove(function);
        }
        for number in blocked {
            if let Some(lane) = self.lanes.get_mut(&number) {
                lane.turn = Turn::Nothing;
                self.set_ready(number);
            }
        }
    }

    /// Holds a function back until a time; one that is not later than now lets it go.
    pub(super) fn hold(&mut self, function: &FunctionName, until: u64, now: u64) {
        // What nobody asks about any more goes on this occasion.
        self.functions
            .retain(|_, load| load.in_hand > 0 || load.held_until > now || !load.blocked.is_empty());
        let load = self.functions.entry(function.clone()).or_default();
        if until > now {
            load.held_until = load.held_until.max(until);
            return;
        }
        load.held_until = 0;
        let lanes = self
            .lanes
            .iter()
            .filter(|(_, lane)| lane.name.function == *function);
        let lanes: Vec<u64> = lanes.map(|(number, _)| *number).collect();
        for lane in lanes {
            self.set_ready(lane);
        }
    }

    /// Holds a subscription back until a time.
    pub(super) fn hold_subscription(&mut self, subscription: SubscriptionName, until: u64, now: u64) {
        // What nobody asks about any more goes on this occasion.
        self.held_subscriptions.retain(|_, until| *until > now);
        self.held_subscriptions.insert(subscription, until);
    }

    /// Has a lane looked at by the next worker, unless it waits for its function.
    pub(super) fn set_ready(&mut self, number: u64) {
        let Some(lane) = self.lanes.get_mut(&number) else {
            return;
        };
        match lane.turn {
            Turn::Ready | Turn::Blocked => return,
            Turn::Until(time) => {
                self.later.remove(&(time, number));
            }
            Turn::Nothing => {}
        }
        lane.turn = Turn::Ready;
        self.ready.push_back(number);
    }

    /// How many deliveries are in memory.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.lanes.values().map(Lane::held).sum()
    }

    /// What they take, about.
    #[cfg(test)]
    pub(super) fn cost(&self) -> usize {
        self.cost
    }

    pub(super) fn lane(&self, number: u64) -> Option<&Lane> {
        self.lanes.get(&number)
    }

    /// Adds a lane of which all is in memory, unless it is there.
    pub(super) fn add(&mut self, number: u64, name: impl FnOnce() -> LaneName) {
        let lane = || Lane::new(name(), None, HashSet::new());
        self.lanes.entry(number).or_insert_with(lane);
    }

    pub(super) fn remove(&mut self, number: u64) {
        let Some(lane) = self.lanes.remove(&number) else {
            return;
        };
        self.cost -= lane.cost;
        self.loading -= usize::from(lane.loading);
        if let Turn::Until(time) = lane.turn {
            self.later.remove(&(time, number));
        }
    }

    /// Changes a lane and has it looked at.
    pub(super) fn change(&mut self, number: u64, change: impl FnOnce(&mut Lane)) {
        let Some(lane) = self.lanes.get_mut(&number) else {
            return;
        };
        let (cost, loading) = (lane.cost, lane.loading);
        change(lane);
        self.cost = self.cost - cost + lane.cost;
        self.loading = self.loading + usize::from(lane.loading) - usize::from(loading);
        self.set_ready(number);
    }

    /// A delivery of a lane that was taken out does not stand at its place any more.
    pub(super) fn forget(&mut self, number: u64, place: Place) {
        if let Some(lane) = self.lanes.get_mut(&number) {
            lane.forget(place);
        }
    }

    /// Puts a delivery into a lane, if there is room for it in memory.
    pub(super) fn put(&mut self, number: u64, place: Place, entry: Entry) {
        let others = self.cost - self.lanes.get(&number).map_or(0, |lane| lane.cost);
        self.change(number, |lane| {
            lane.put(place, entry);
            lane.cut(super::lane::WINDOW, WINDOW_BYTES.saturating_sub(others));
        });
    }

    /// Makes room in memory after a lane was read: the others keep no more than their share.
    pub(super) fn make_room(&mut self, read: u64) {
        if self.cost <= WINDOW_BYTES {
            return;
        }
        let holders = self.lanes.values().filter(|lane| lane.cost > 0).count();
        let share = WINDOW_BYTES / holders.max(1);
        for (number, lane) in &mut self.lanes {
            if *number != read {
                let before = lane.cost;
                lane.cut(usize::MAX, share);
                self.cost = self.cost - before + lane.cost;
            }
        }
    }

    /// Starts anew with the lanes of the file; what is in the hands of workers stays there.
    pub(super) fn rebuild(&mut self, lanes: impl IntoIterator<Item = (u64, LaneName)>) {
        let mut before = std::mem::take(&mut self.lanes);
        self.ready.clear();
        self.later.clear();
        self.loading = 0;
        self.cost = 0;
        for load in self.functions.values_mut() {
            load.blocked.clear();
        }
        for (number, name) in lanes {
            let out = before.remove(&number).map(Lane::into_out);
            let lane = Lane::new(name, Some(Place::FIRST), out.unwrap_or_default());
            self.lanes.insert(number, lane);
            self.set_ready(number);
        }
    }
}

//! Whose turn it is: the spaces go round, and in each of them the lanes that have something due, so that none keeps
//! another waiting.

mod windows;

use std::collections::hash_map::Entry as Slot;
use std::collections::{BTreeSet, HashMap, HashSet};

use domain::ids::Space;

use super::Limits;
use super::function_loads::{Admitted, FunctionLoads, HeldSubscriptions};
use super::lane::{Entry, Head, Lane, Turn};
use super::record::{FunctionName, LaneName, SubscriptionName};
use super::ring::Ring;
use super::shares::Pool;
use super::tables::Place;

/// Lanes that become ready at a time because their time has come: so many can be due at once that all of them would
/// keep the next worker waiting.
const WOKEN_AT_ONCE: usize = 64;

/// The lanes, and which of them can be served.
#[derive(Debug)]
pub(super) struct Turns {
    lanes: HashMap<u64, Lane>,
    /// The spaces with lanes that may have something due.
    pub(super) ring: Ring,
    /// Those that have something later.
    later: BTreeSet<(u64, u64)>,
    functions: FunctionLoads,
    held_subscriptions: HeldSubscriptions,
    /// Lanes that are being read from the file.
    pub(super) loading: usize,
    /// What all windows take in memory.
    cost: usize,
    /// Lanes that were looked at.
    #[cfg(test)]
    pub(super) looks: usize,
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
    pub(super) fn new(limits: &Limits) -> Self {
        let workers = Pool::new(limits.workers, limits.spaces.workers);
        Self {
            lanes: HashMap::new(),
            ring: Ring::new(workers, limits.spaces.strangers),
            later: BTreeSet::new(),
            functions: FunctionLoads::new(limits.per_function),
            held_subscriptions: HeldSubscriptions::default(),
            loading: 0,
            cost: 0,
            #[cfg(test)]
            looks: 0,
        }
    }

    /// What to do next.
    pub(super) fn next(&mut self, now: u64) -> Next {
        loop {
            self.wake(now);
            match self.ring.next() {
                Some(number) => {
                    if let Some(next) = self.look_at(number, now) {
                        return next;
                    }
                }
                None if self.next_time().is_some_and(|time| time <= now) => {}
                None => return Next::Nothing(self.next_time()),
            }
        }
    }

    /// Makes some of the lanes ready whose time has come.
    fn wake(&mut self, now: u64) {
        for _ in 0..WOKEN_AT_ONCE {
            match self.later.first().copied() {
                Some((time, lane)) if time <= now => {
                    self.later.pop_first();
                    self.set_ready(lane);
                }
                _ => return,
            }
        }
    }

    /// Looks at the lane whose turn it is, which the ring has given away; says what is to be done, if anything is now.
    fn look_at(&mut self, number: u64, now: u64) -> Option<Next> {
        #[cfg(test)]
        {
            self.looks += 1;
        }
        let space = self.lanes.get(&number)?.name.function.space.clone();
        let next = self.turn_of(number, &space, now);
        if next.is_none() {
            // It may have been let go on to be read, which it was not.
            self.read_next(&space);
        }
        next
    }

    fn turn_of(&mut self, number: u64, space: &Space, now: u64) -> Option<Next> {
        let lane = self.lanes.get_mut(&number)?;
        lane.turn = Turn::Nothing;
        match self.functions.admit(&lane.name.function, number, now) {
            Admitted::Yes => {}
            Admitted::Blocked => {
                lane.turn = Turn::Blocked;
                return None;
            }
            Admitted::Until(until) => return self.put_off(number, until),
        }
        let held = self
            .held_subscriptions
            .until(|| lane.name.subscription_name(), now);
        if let Some(until) = held {
            return self.put_off(number, until);
        }
        match lane.head() {
            Head::Here(place) if place.due <= now => {
                if lane.is_low(now) && self.ring.may_load(space) {
                    // What is left is handed out meanwhile.
                    lane.turn = Turn::Ready;
                    self.ring.push_first(space, number);
                    return Some(self.begin_loading(number));
                }
                self.take(number, place)
            }
            Head::InFile(due) if due <= now => {
                if lane.loading {
                    self.unblock(number);
                    return None;
                }
                if !self.ring.may_load(space) {
                    lane.turn = Turn::Unread;
                    self.ring.wait_to_load(space, number);
                    self.unblock(number);
                    return None;
                }
                let next = self.begin_loading(number);
                self.ring.pass();
                self.unblock(number);
                Some(next)
            }
            Head::Here(Place { due, .. }) | Head::InFile(due) => self.put_off(number, due),
            Head::None => {
                self.unblock(number);
                None
            }
        }
    }

    /// Has a lane wait for a time.
    fn put_off(&mut self, number: u64, until: u64) -> Option<Next> {
        if let Some(lane) = self.lanes.get_mut(&number) {
            lane.turn = Turn::Until(until);
            self.later.insert((until, number));
        }
        self.unblock(number);
        None
    }

    fn begin_loading(&mut self, number: u64) -> Next {
        if let Some(lane) = self.lanes.get_mut(&number) {
            lane.loading = true;
            self.loading += 1;
            self.ring.begin_loading(&lane.name.function.space);
        }
        Next::Load(number)
    }

    /// A lane is read, or does not have to be any more: one that waited for it goes on.
    fn end_loading(&mut self, space: &Space) {
        self.loading -= 1;
        self.ring.end_loading(space);
        self.read_next(space);
    }

    /// Lets a lane go on that waits until others of its space are read, if one more may be.
    fn read_next(&mut self, space: &Space) {
        let next = self
            .ring
            .next_to_load(space, |number| is_waiting(&self.lanes, number, Turn::Unread));
        if let Some(next) = next {
            self.go_on(next);
        }
    }

    fn take(&mut self, number: u64, place: Place) -> Option<Next> {
        let lane = self.lanes.get_mut(&number)?;
        let entry = lane.take(place)?;
        self.cost -= entry.cost;
        let space = &lane.name.function.space;
        self.functions.take(&lane.name.function);
        self.ring.take(space, entry.weight());
        if lane.head() != Head::None {
            lane.turn = Turn::Ready;
            self.ring.push(space, number);
        }
        self.ring.pass();
        Some(Next::Delivery {
            lane: number,
            place,
            entry,
        })
    }

    /// Lets a lane go on that waits for the function of another one, which does not use its turn.
    fn unblock(&mut self, number: u64) {
        let Some(lane) = self.lanes.get(&number) else {
            return;
        };
        let blocked = self.functions.unblock(&lane.name.function, |number| {
            is_waiting(&self.lanes, number, Turn::Blocked)
        });
        if let Some(blocked) = blocked {
            self.go_on(blocked);
        }
    }

    /// A lane has waited for its function or for others to be read long enough.
    fn go_on(&mut self, number: u64) {
        if let Some(lane) = self.lanes.get_mut(&number) {
            lane.turn = Turn::Nothing;
            self.set_ready(number);
        }
    }

    /// Whether a lane may have something due.
    pub(super) fn has_ready(&self) -> bool {
        self.ring.has_ready()
    }

    /// When something may be due next.
    pub(super) fn next_time(&self) -> Option<u64> {
        self.later.first().map(|(time, _)| *time)
    }

    /// Whether lanes wait only for their functions or their spaces to have fewer deliveries in hand.
    pub(super) fn has_blocked(&self) -> bool {
        self.ring.has_aside() || self.functions.has_blocked()
    }

    /// Numbers that are kept of lanes that wait, or waited, for their functions.
    #[cfg(test)]
    pub(super) fn blocked(&self) -> usize {
        self.functions.blocked()
    }

    /// A delivery is not in hand any more.
    pub(super) fn release(&mut self, entry: &Entry) {
        let function = &FunctionName::of(&entry.delivery);
        self.ring.release(&function.space, entry.weight());
        let blocked = self
            .functions
            .release(function, |number| is_waiting(&self.lanes, number, Turn::Blocked));
        if let Some(blocked) = blocked {
            self.go_on(blocked);
        }
    }

    /// Holds a function back until a time; one that is not later than now lets it go.
    pub(super) fn hold(&mut self, function: &FunctionName, until: u64, now: u64) {
        for lane in self.functions.hold(function, until, now) {
            self.set_ready(lane);
        }
    }

    /// Holds a subscription back until a time.
    pub(super) fn hold_subscription(&mut self, subscription: SubscriptionName, until: u64, now: u64) {
        self.held_subscriptions.hold(subscription, until, now);
    }

    /// Has a lane looked at by the next worker, unless it waits for its function.
    pub(super) fn set_ready(&mut self, number: u64) {
        let Some(lane) = self.lanes.get_mut(&number) else {
            return;
        };
        match lane.turn {
            Turn::Ready | Turn::Blocked | Turn::Unread => return,
            Turn::Until(time) => {
                self.later.remove(&(time, number));
            }
            Turn::Nothing => {}
        }
        lane.turn = Turn::Ready;
        self.ring.push(&lane.name.function.space, number);
    }

    pub(super) fn lane(&self, number: u64) -> Option<&Lane> {
        self.lanes.get(&number)
    }

    /// Adds a lane of which all is in memory, unless it is there.
    pub(super) fn add(&mut self, number: u64, name: impl FnOnce() -> LaneName) {
        if let Slot::Vacant(vacant) = self.lanes.entry(number) {
            let lane = vacant.insert(Lane::new(name(), None, HashSet::new()));
            self.ring.add_lane(&lane.name.function.space);
        }
    }

    pub(super) fn remove(&mut self, number: u64) {
        self.unblock(number);
        let Some(lane) = self.lanes.remove(&number) else {
            return;
        };
        self.cost -= lane.cost;
        let space = &lane.name.function.space;
        match lane.turn {
            Turn::Until(time) => {
                self.later.remove(&(time, number));
            }
            Turn::Blocked => self
                .functions
                .lane_is_gone(&lane.name.function, |number| self.lanes.contains_key(&number)),
            Turn::Nothing | Turn::Ready | Turn::Unread => {}
        }
        if lane.loading {
            self.end_loading(space);
        } else {
            self.read_next(space);
        }
        self.ring.remove_lane(space);
        self.ring.sweep(space, |number| self.lanes.contains_key(&number));
    }

    /// Changes a lane and has it looked at.
    pub(super) fn change(&mut self, number: u64, change: impl FnOnce(&mut Lane)) {
        let Some(lane) = self.lanes.get_mut(&number) else {
            return;
        };
        let (cost, was_loading) = (lane.cost, lane.loading);
        change(lane);
        self.cost = self.cost - cost + lane.cost;
        if was_loading && !lane.loading {
            let space = lane.name.function.space.clone();
            self.end_loading(&space);
        }
        self.set_ready(number);
    }

    /// Whether a delivery is in the hands of a worker, or its outcome is not in the file yet.
    pub(super) fn is_out(&self, number: u64, place: Place) -> bool {
        self.lanes.get(&number).is_some_and(|lane| lane.is_out(place))
    }

    /// Sees to it that a delivery is handed out to nobody from now on, unless one has it.
    pub(super) fn claim(&mut self, number: u64, place: Place) -> bool {
        let Some(lane) = self.lanes.get_mut(&number) else {
            return false;
        };
        if lane.is_out(place) {
            return false;
        }
        let cost = lane.cost;
        lane.claim(place);
        self.cost = self.cost - cost + lane.cost;
        true
    }

    /// A delivery of a lane that was taken out does not stand at its place any more.
    pub(super) fn forget(&mut self, number: u64, place: Place) {
        if let Some(lane) = self.lanes.get_mut(&number) {
            lane.forget(place);
        }
    }

    /// Starts anew with the lanes of the file; what is in the hands of workers stays there.
    pub(super) fn rebuild(&mut self, lanes: impl IntoIterator<Item = (u64, LaneName)>) {
        let mut before = std::mem::take(&mut self.lanes);
        self.ring.clear_lanes();
        self.later.clear();
        self.loading = 0;
        self.cost = 0;
        self.functions.clear_lanes();
        for (number, name) in lanes {
            let out = before.remove(&number).map(Lane::into_out);
            self.ring.add_lane(&name.function.space);
            let lane = Lane::new(name, Some(Place::FIRST), out.unwrap_or_default());
            self.lanes.insert(number, lane);
            self.set_ready(number);
        }
    }
}

/// Whether a lane is there and waits for this.
fn is_waiting(lanes: &HashMap<u64, Lane>, number: u64, turn: Turn) -> bool {
    lanes.get(&number).is_some_and(|lane| lane.turn == turn)
}

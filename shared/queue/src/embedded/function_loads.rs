//! What workers do for functions, and which functions and subscriptions are held back.

use std::collections::{HashMap, HashSet, VecDeque};

use super::record::{FunctionName, SubscriptionName};
use super::ring::next_of;

/// Names that are known before those are looked for that nobody asks about any more.
const FEWEST_SWEPT: usize = 1024;

/// The functions that workers have deliveries of, or that are held back.
#[derive(Debug)]
pub(super) struct FunctionLoads {
    /// Deliveries of one function that may be in hand.
    most: usize,
    loads: HashMap<FunctionName, FunctionLoad>,
    swept_at: usize,
}

/// What workers do for a function.
#[derive(Debug, Default)]
struct FunctionLoad {
    in_hand: usize,
    /// Nothing is handed out before this, by the clock of the queue.
    held_until: u64,
    /// Lanes that wait for fewer to be in hand, the first one first. Each delivery less lets one of them go on.
    blocked: VecDeque<u64>,
    /// How many of them went away since their numbers were last looked through.
    gone: usize,
    /// Lanes that wait for that time.
    held: HashSet<u64>,
}

/// Whether a lane may have its turn, as far as its function goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admitted {
    Yes,
    /// Not before fewer are in hand: it is among those that wait for that.
    Blocked,
    /// Not before this time.
    Until(u64),
}

/// Subscriptions of which nothing is handed out before a time, by the clock of the queue.
#[derive(Debug, Default)]
pub(super) struct HeldSubscriptions {
    until: HashMap<SubscriptionName, u64>,
    swept_at: usize,
}

impl FunctionLoads {
    /// No function may have more than `most` deliveries in hand.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            loads: HashMap::new(),
            swept_at: 0,
        }
    }

    /// Whether a lane of a function may have its turn.
    pub(super) fn admit(&mut self, function: &FunctionName, lane: u64, now: u64) -> Admitted {
        let Some(load) = self.loads.get_mut(function) else {
            return Admitted::Yes;
        };
        if load.in_hand >= self.most {
            load.blocked.push_back(lane);
            Admitted::Blocked
        } else if load.held_until > now {
            load.held.insert(lane);
            Admitted::Until(load.held_until)
        } else {
            Admitted::Yes
        }
    }

    /// One delivery more is in hand.
    pub(super) fn take(&mut self, function: &FunctionName) {
        if let Some(load) = self.loads.get_mut(function) {
            load.in_hand += 1;
        } else {
            let load = FunctionLoad {
                in_hand: 1,
                ..FunctionLoad::default()
            };
            self.loads.insert(function.clone(), load);
        }
    }

    /// One delivery less is in hand; gives a lane that waited for it. Numbers of lanes that wait for it no more are
    /// dropped.
    pub(super) fn release(
        &mut self,
        function: &FunctionName,
        is_blocked: impl Fn(u64) -> bool,
    ) -> Option<u64> {
        let load = self.loads.get_mut(function)?;
        load.in_hand = load.in_hand.saturating_sub(1);
        let blocked = next_of(&mut load.blocked, is_blocked);
        if load.in_hand == 0 && load.held_until == 0 && load.blocked.is_empty() {
            self.loads.remove(function);
        }
        blocked
    }

    /// The next lane that waits for fewer to be in hand: another one does not use its turn.
    pub(super) fn unblock(
        &mut self,
        function: &FunctionName,
        is_blocked: impl Fn(u64) -> bool,
    ) -> Option<u64> {
        next_of(&mut self.loads.get_mut(function)?.blocked, is_blocked)
    }

    /// A lane is gone that waited for fewer to be in hand. Its number stays until there are many of such.
    pub(super) fn lane_is_gone(&mut self, function: &FunctionName, is_lane: impl Fn(u64) -> bool) {
        let Some(load) = self.loads.get_mut(function) else {
            return;
        };
        load.gone += 1;
        if load.gone > load.blocked.len() / 2 + 16 {
            load.blocked.retain(|lane| is_lane(*lane));
            load.gone = 0;
        }
    }

    /// Holds a function back until a time; one that is not later than now lets it go. Gives the lanes that may go on.
    pub(super) fn hold(&mut self, function: &FunctionName, until: u64, now: u64) -> HashSet<u64> {
        if self.loads.len() >= self.swept_at.max(FEWEST_SWEPT) {
            self.loads
                .retain(|_, load| load.in_hand > 0 || load.held_until > now || !load.blocked.is_empty());
            self.swept_at = self.loads.len() * 2;
        }
        let load = self.loads.entry(function.clone()).or_default();
        if until > now {
            load.held_until = load.held_until.max(until);
            return HashSet::new();
        }
        load.held_until = 0;
        std::mem::take(&mut load.held)
    }

    /// Whether lanes wait for fewer to be in hand.
    pub(super) fn has_blocked(&self) -> bool {
        self.loads.values().any(|load| !load.blocked.is_empty())
    }

    /// Numbers that are kept of lanes that wait, or waited, for fewer to be in hand.
    #[cfg(test)]
    pub(super) fn blocked(&self) -> usize {
        self.loads.values().map(|load| load.blocked.len()).sum()
    }

    /// Forgets all lanes; what is in hand stays there, and who is held is.
    pub(super) fn clear_lanes(&mut self) {
        for load in self.loads.values_mut() {
            load.blocked.clear();
            load.gone = 0;
            load.held.clear();
        }
    }
}

impl HeldSubscriptions {
    /// Holds a subscription back until a time.
    pub(super) fn hold(&mut self, subscription: SubscriptionName, until: u64, now: u64) {
        if self.until.len() >= self.swept_at.max(FEWEST_SWEPT) {
            self.until.retain(|_, until| *until > now);
            self.swept_at = self.until.len() * 2;
        }
        self.until.insert(subscription, until);
    }

    /// Until when a subscription is held back, if it is.
    pub(super) fn until(&self, name: impl FnOnce() -> SubscriptionName, now: u64) -> Option<u64> {
        if self.until.is_empty() {
            return None;
        }
        self.until.get(&name()).copied().filter(|until| *until > now)
    }
}

//! What the queue holds at a moment, for whoever looks for what is wrong: counts that are there anyway, read in one short
//! hold of the lock.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::atomic::Ordering;

use domain::foremost::foremost;
use domain::ids::{FunctionId, Space, SubscriptionId};

use super::Embedded;
use super::accounts::{Account, Accounts, Amount};
use super::lane::{Lane, Turn};

/// Spaces, and lanes, that are looked at for the largest ones.
const MOST_LOOKED_AT: usize = 20_000;
/// Lanes that are looked at for the oldest delivery of a space, over all spaces that are shown.
const MOST_AGED: usize = 1_000;

/// Some deliveries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueuedAmount {
    /// How many.
    pub deliveries: u64,
    /// What they count for in the limits of the queue, in bytes.
    pub bytes: u64,
}

/// Deliveries by what they wait for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueueAccount {
    /// Those that wait for a worker, or for being due.
    pub waiting: QueuedAmount,
    /// Room that is set aside for what is about to be queued.
    pub reserved: QueuedAmount,
    /// In the hands of workers.
    pub in_flight: QueuedAmount,
    /// Done with or given up, which is not written yet.
    pub settled: QueuedAmount,
}

/// What a queue holds at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueDiagnosis {
    /// What there is of all spaces.
    pub total: QueueAccount,
    /// Whether the disk has no room for anything more.
    pub is_disk_full: bool,
    /// Whether nothing is taken any more.
    pub is_closed: bool,
    /// How many spaces have something in it.
    pub spaces: usize,
    /// Those with the most that waits, the largest first.
    pub largest_spaces: Vec<SpaceInQueue>,
    /// How many lanes there are, one for each subscription with something in it.
    pub lanes: usize,
    /// How many of those that were looked at have something that a worker may take now.
    pub ready_lanes: usize,
    /// Those with the most in memory and in the hands of workers, the busiest first.
    pub busiest_lanes: Vec<LaneInQueue>,
    /// How many spaces and how many lanes were looked at, at the most: where there are more, the rest is only counted.
    pub most_looked_at: usize,
}

/// What there is of a space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpaceInQueue {
    /// The space.
    pub space: Space,
    /// What it has.
    pub account: QueueAccount,
    /// When the oldest of what is next in line was accepted, in milliseconds since the Unix epoch; `None` where nothing is, or
    /// nothing was looked at.
    pub oldest: Option<u64>,
}

/// The deliveries for a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneInQueue {
    /// The space.
    pub space: Space,
    /// The subscription.
    pub subscription: SubscriptionId,
    /// Its function.
    pub function: FunctionId,
    /// What the lane waits for.
    pub state: LaneState,
    /// Deliveries that are next, as far as they are in memory.
    pub in_memory: usize,
    /// Whether more follow, of which only the file knows how many.
    pub has_more: bool,
    /// Deliveries in the hands of workers.
    pub in_flight: usize,
    /// When the oldest of what is next was accepted, in milliseconds since the Unix epoch.
    pub oldest: Option<u64>,
}

/// What a lane waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneState {
    /// For something to come into it, or to be read from the file.
    Idle,
    /// For a worker.
    Ready,
    /// For a time: a retry, a delay, an open circuit or the end of a pause.
    Later,
    /// For its function to have fewer deliveries in hand.
    FunctionBusy,
    /// For others of its space to be read from the file.
    Unread,
}

impl Embedded {
    /// What the queue holds, with so many spaces and lanes by name at the most.
    pub fn diagnosis(&self, most: usize) -> QueueDiagnosis {
        let schedule = &self.0.schedule;
        let (is_disk_full, is_closed) = (
            schedule.is_disk_full.load(Ordering::Relaxed),
            schedule.is_closed(),
        );
        schedule.look(|state| {
            let looked_at: Vec<&Lane> = state.turns.some_lanes(MOST_LOOKED_AT).collect();
            QueueDiagnosis {
                total: state.accounts.all().into(),
                is_disk_full,
                is_closed,
                spaces: state.accounts.spaces().len(),
                largest_spaces: largest_spaces(&state.accounts, &looked_at, most),
                lanes: state.turns.lane_count(),
                ready_lanes: looked_at.iter().filter(|lane| lane.turn == Turn::Ready).count(),
                busiest_lanes: busiest_lanes(looked_at, most),
                most_looked_at: MOST_LOOKED_AT,
            }
        })
    }
}

fn largest_spaces(accounts: &Accounts, lanes: &[&Lane], most: usize) -> Vec<SpaceInQueue> {
    let all: Vec<_> = accounts.spaces().iter().take(MOST_LOOKED_AT).collect();
    let size = |account: &Account| Reverse((account.waiting.deliveries, account.in_hand.deliveries));
    let largest = foremost(all, most, |a, b| (size(a.1), a.0).cmp(&(size(b.1), b.0)));
    let mut oldest: HashMap<&Space, Option<u64>> = largest.iter().map(|(space, _)| (*space, None)).collect();
    let mut aged = 0;
    for lane in lanes {
        if let Some(oldest) = oldest.get_mut(&lane.name.function.space) {
            aged += 1;
            if aged > MOST_AGED {
                break;
            }
            *oldest = oldest.iter().copied().chain(lane.oldest()).min();
        }
    }
    let shown = |(space, account): (&Space, &Account)| SpaceInQueue {
        space: space.clone(),
        account: account.into(),
        oldest: oldest.get(space).copied().flatten(),
    };
    largest.into_iter().map(shown).collect()
}

fn busiest_lanes(lanes: Vec<&Lane>, most: usize) -> Vec<LaneInQueue> {
    let size = |lane: &Lane| Reverse((lane.held() + lane.out(), lane.end().is_some()));
    let name = |lane: &Lane| (lane.name.function.space.clone(), lane.name.subscription.clone());
    let busiest = foremost(lanes, most, |a, b| {
        size(a).cmp(&size(b)).then_with(|| name(a).cmp(&name(b)))
    });
    busiest.into_iter().map(LaneInQueue::of).collect()
}

impl LaneInQueue {
    fn of(lane: &Lane) -> Self {
        let name = &lane.name;
        Self {
            space: name.function.space.clone(),
            subscription: name.subscription.clone(),
            function: name.function.id.clone(),
            state: match lane.turn {
                Turn::Nothing => LaneState::Idle,
                Turn::Ready => LaneState::Ready,
                Turn::Until(_) => LaneState::Later,
                Turn::Blocked => LaneState::FunctionBusy,
                Turn::Unread => LaneState::Unread,
            },
            in_memory: lane.held(),
            has_more: lane.end().is_some(),
            in_flight: lane.out(),
            oldest: lane.oldest(),
        }
    }
}

impl From<&Account> for QueueAccount {
    fn from(account: &Account) -> Self {
        Self {
            waiting: account.waiting.into(),
            reserved: account.reserved.into(),
            in_flight: account.in_hand.into(),
            settled: account.settled.into(),
        }
    }
}

impl From<Amount> for QueuedAmount {
    fn from(Amount { deliveries, bytes }: Amount) -> Self {
        Self { deliveries, bytes }
    }
}

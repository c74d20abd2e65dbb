//! Whose turn it is among the spaces: they go round, and one that has its share in hand stands aside meanwhile. What a
//! turn costs does not depend on how many spaces there are.

use std::collections::{BTreeSet, HashMap, VecDeque};

use domain::ids::Space;

use super::shares::Pool;

/// Lanes of a space that are read from the file at a time: those of others have to come to it as well.
const MOST_LOADING: usize = 2;

/// The spaces that have lanes, or something in hand.
#[derive(Debug)]
pub(super) struct Ring {
    workers: Pool,
    /// Whether there are other spaces, of which nothing may be here yet.
    pub(super) is_shared: bool,
    spaces: HashMap<Space, SpaceTurn>,
    /// Those whose turn comes, the next one first.
    round: VecDeque<Space>,
    /// Those with as much in hand as they may have, by how much.
    aside: BTreeSet<(u64, Space)>,
    /// What the deliveries weigh that are in hand.
    in_hand: u64,
}

/// What there is of a space.
#[derive(Debug, Default)]
struct SpaceTurn {
    in_hand: u64,
    lanes: usize,
    /// Lanes that may have something due, the next one first.
    ready: VecDeque<u64>,
    loading: usize,
    /// Lanes that have to be read from the file, and wait for others.
    unread: VecDeque<u64>,
    standing: Standing,
}

/// Where a space stands.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Nowhere: none of its lanes is ready.
    #[default]
    Out,
    Round,
    Aside,
}

impl Ring {
    pub(super) fn new(workers: Pool, is_shared: bool) -> Self {
        Self {
            workers,
            is_shared,
            spaces: HashMap::new(),
            round: VecDeque::new(),
            aside: BTreeSet::new(),
            in_hand: 0,
        }
    }

    /// The next lane to look at: of the space whose turn it is. It is taken out.
    pub(super) fn next(&mut self) -> Option<u64> {
        while let Some((in_hand, _)) = self.aside.first()
            && self.admits(*in_hand)
            && let Some((_, space)) = self.aside.pop_first()
        {
            self.enter(&space);
        }
        while let Some(space) = self.round.front() {
            let in_hand = self.spaces.get(space).map(|turn| turn.in_hand);
            let admitted = in_hand.is_some_and(|in_hand| self.admits(in_hand));
            let Some(turn) = self.spaces.get_mut(space) else {
                self.round.pop_front();
                continue;
            };
            if admitted && let Some(lane) = turn.ready.pop_front() {
                return Some(lane);
            }
            turn.standing = if turn.ready.is_empty() {
                Standing::Out
            } else {
                self.aside.insert((turn.in_hand, space.clone()));
                Standing::Aside
            };
            if let Some(space) = self.round.pop_front() {
                self.drop_unused(&space);
            }
        }
        None
    }

    /// The space whose turn it was has had it.
    pub(super) fn pass(&mut self) {
        let Some(space) = self.round.pop_front() else {
            return;
        };
        match self.spaces.get_mut(&space) {
            Some(turn) if turn.ready.is_empty() => {
                turn.standing = Standing::Out;
                self.drop_unused(&space);
            }
            Some(_) => self.round.push_back(space),
            None => {}
        }
    }

    /// A delivery of a space is in hand.
    pub(super) fn take(&mut self, space: &Space, weight: u64) {
        self.in_hand += weight;
        self.turn(space).in_hand += weight;
    }

    /// A delivery of a space is not in hand any more.
    pub(super) fn release(&mut self, space: &Space, weight: u64) {
        self.in_hand = self.in_hand.saturating_sub(weight);
        let Some(turn) = self.spaces.get_mut(space) else {
            return;
        };
        let before = turn.in_hand;
        turn.in_hand = before.saturating_sub(weight);
        if turn.standing == Standing::Aside {
            let key = (before, space.clone());
            self.aside.remove(&key);
            self.aside.insert((turn.in_hand, key.1));
        }
        self.drop_unused(space);
    }

    /// A lane of a space may have something due: it comes last among those of the space.
    pub(super) fn push(&mut self, space: &Space, lane: u64) {
        self.turn(space).ready.push_back(lane);
        self.enter_if_out(space);
    }

    /// As [`Ring::push`], but as the first.
    pub(super) fn push_first(&mut self, space: &Space, lane: u64) {
        self.turn(space).ready.push_front(lane);
        self.enter_if_out(space);
    }

    /// Whether one more lane of a space may be read from the file now.
    pub(super) fn may_load(&self, space: &Space) -> bool {
        self.spaces
            .get(space)
            .is_none_or(|turn| turn.loading < MOST_LOADING)
    }

    /// A lane waits until others of its space are read.
    pub(super) fn wait_to_load(&mut self, space: &Space, lane: u64) {
        self.turn(space).unread.push_back(lane);
    }

    pub(super) fn begin_loading(&mut self, space: &Space) {
        self.turn(space).loading += 1;
    }

    /// A lane was read, or does not have to be any more.
    pub(super) fn end_loading(&mut self, space: &Space) {
        if let Some(turn) = self.spaces.get_mut(space) {
            turn.loading = turn.loading.saturating_sub(1);
        }
    }

    /// The next lane of a space that waits until others are read, if one more may be. Numbers of lanes that do not wait
    /// for it any more are dropped.
    pub(super) fn next_to_load(&mut self, space: &Space, is_unread: impl Fn(u64) -> bool) -> Option<u64> {
        let turn = self.spaces.get_mut(space)?;
        if turn.loading >= MOST_LOADING {
            return None;
        }
        next_of(&mut turn.unread, is_unread)
    }

    pub(super) fn add_lane(&mut self, space: &Space) {
        self.turn(space).lanes += 1;
    }

    /// A lane is gone. Its number may still stand among those that are ready, and is no lane's then.
    pub(super) fn remove_lane(&mut self, space: &Space) {
        if let Some(turn) = self.spaces.get_mut(space) {
            turn.lanes = turn.lanes.saturating_sub(1);
        }
        self.drop_unused(space);
    }

    /// Drops numbers of lanes that are gone, where there are more of them than of others.
    pub(super) fn sweep(&mut self, space: &Space, is_lane: impl Fn(u64) -> bool) {
        if let Some(turn) = self.spaces.get_mut(space) {
            for lanes in [&mut turn.ready, &mut turn.unread] {
                if lanes.len() > 2 * turn.lanes + 16 {
                    lanes.retain(|lane| is_lane(*lane));
                }
            }
        }
    }

    /// Forgets all lanes; what is in hand stays there.
    pub(super) fn clear_lanes(&mut self) {
        self.round.clear();
        self.aside.clear();
        self.spaces.retain(|_, turn| {
            *turn = SpaceTurn {
                in_hand: turn.in_hand,
                ..SpaceTurn::default()
            };
            turn.in_hand > 0
        });
    }

    /// Whether a space may have its turn.
    pub(super) fn has_ready(&self) -> bool {
        let first = self.aside.first();
        !self.round.is_empty() || first.is_some_and(|(in_hand, _)| self.admits(*in_hand))
    }

    /// Whether spaces wait only for having fewer in hand.
    pub(super) fn has_aside(&self) -> bool {
        !self.aside.is_empty()
    }

    fn admits(&self, in_hand: u64) -> bool {
        // One that has nothing in hand has its turn, however much others have taken up at once.
        (in_hand == 0 || self.workers.has_room(self.in_hand))
            && self.workers.admits(in_hand, 1, self.in_hand, self.is_shared)
    }

    fn turn(&mut self, space: &Space) -> &mut SpaceTurn {
        self.spaces.entry(space.clone()).or_default()
    }

    fn enter_if_out(&mut self, space: &Space) {
        if self.turn(space).standing == Standing::Out {
            self.enter(space);
        }
    }

    fn enter(&mut self, space: &Space) {
        self.turn(space).standing = Standing::Round;
        self.round.push_back(space.clone());
    }

    fn drop_unused(&mut self, space: &Space) {
        let is_unused = |turn: &SpaceTurn| {
            turn.in_hand == 0 && turn.lanes == 0 && turn.loading == 0 && turn.standing == Standing::Out
        };
        if self.spaces.get(space).is_some_and(is_unused) {
            self.spaces.remove(space);
        }
    }
}

/// The first of some lanes that is meant; those before it are dropped.
pub(super) fn next_of(lanes: &mut VecDeque<u64>, is_meant: impl Fn(u64) -> bool) -> Option<u64> {
    while let Some(lane) = lanes.pop_front() {
        if is_meant(lane) {
            return Some(lane);
        }
    }
    None
}

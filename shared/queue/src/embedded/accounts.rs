//! How much the queue holds, and of what kind.

use std::collections::{BTreeMap, HashMap};
use std::ops::{AddAssign, SubAssign};
use std::sync::Arc;

use domain::delivery::Delivery;
use domain::ids::Space;

use super::Limits;
use super::shares::{Pool, Share};
use crate::QueueError;

/// Some deliveries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) deliveries: u64,
    /// What they count for.
    pub(super) bytes: u64,
}

/// What is where. Deliveries in hand and those that are settled are in the file, but wait for nobody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Account {
    /// For a worker, or for being due.
    pub(super) waiting: Amount,
    /// Room that is set aside.
    pub(super) reserved: Amount,
    /// In the hands of workers.
    pub(super) in_hand: Amount,
    /// Done with or given up, which the file does not say yet.
    pub(super) settled: Amount,
}

/// The account of the queue, and one of each space that has something in it.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    all: Account,
    spaces: HashMap<Space, Account>,
}

/// Room that is wanted or set aside, by space.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Claims {
    /// Most have a single one.
    first: Option<(Space, Amount)>,
    others: Vec<(Space, Amount)>,
    /// How many deliveries may wait of spaces that do not have their share.
    pub(super) most: Vec<(Space, usize)>,
    /// Whether a part of it is of no use: it is for a single event.
    pub(super) is_whole: bool,
}

impl Amount {
    /// A single delivery.
    pub(super) fn one(bytes: u64) -> Self {
        Self { deliveries: 1, bytes }
    }

    fn less(self, other: Self) -> Self {
        Self {
            deliveries: self.deliveries.saturating_sub(other.deliveries),
            bytes: self.bytes.saturating_sub(other.bytes),
        }
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        self.deliveries += other.deliveries;
        self.bytes += other.bytes;
    }
}

impl SubAssign for Amount {
    fn sub_assign(&mut self, other: Self) {
        *self = self.less(other);
    }
}

impl Account {
    /// What takes room.
    fn taken(&self) -> Amount {
        let mut taken = self.waiting;
        taken += self.reserved;
        taken
    }
}

impl Claims {
    /// Room for some deliveries, which share the bytes.
    pub(super) fn of<'d>(deliveries: impl IntoIterator<Item = &'d Delivery>, bytes: u64) -> Self {
        let mut deliveries = deliveries.into_iter();
        let Some(first) = deliveries.next() else {
            return Self::default();
        };
        let (mut of_first, mut of_others) = (1, BTreeMap::<&Space, u64>::new());
        let mut is_whole = true;
        for delivery in deliveries {
            is_whole &= Arc::ptr_eq(&delivery.event, &first.event);
            if delivery.space == first.space {
                of_first += 1;
            } else {
                *of_others.entry(&delivery.space).or_default() += 1;
            }
        }
        let share = bytes / (of_first + of_others.values().sum::<u64>());
        let claim = |(space, deliveries): (&Space, u64)| {
            let bytes = share.saturating_mul(deliveries);
            (space.clone(), Amount { deliveries, bytes })
        };
        Self {
            first: Some(claim((&first.space, of_first))),
            others: of_others.into_iter().map(claim).collect(),
            most: Vec::new(),
            is_whole,
        }
    }

    /// The same where spaces may have so many deliveries wait, in the place of their share.
    pub(super) fn within(mut self, most: impl Fn(&Space) -> Option<usize>) -> Self {
        let planned = self
            .iter()
            .filter_map(|(space, _)| Some((space.clone(), most(space)?)));
        self.most = planned.collect();
        self
    }

    /// What a space may have of the deliveries that wait.
    fn share(&self, space: &Space, share: Share) -> Share {
        let planned = self.most.iter().find(|(planned, _)| planned == space);
        planned.map_or(share, |(_, most)| Share::Fixed(*most))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &(Space, Amount)> {
        self.first.iter().chain(&self.others)
    }

    /// All of it.
    pub(super) fn total(&self) -> Amount {
        let mut total = Amount::default();
        for (_, amount) in self.iter() {
            total += *amount;
        }
        total
    }
}

impl Accounts {
    /// What there is of all spaces.
    pub(super) fn all(&self) -> &Account {
        &self.all
    }

    /// What there is of each space that has something.
    pub(super) fn spaces(&self) -> &HashMap<Space, Account> {
        &self.spaces
    }

    /// How many deliveries of a space wait, or have room set aside.
    pub(super) fn taken_by(&self, space: &Space) -> u64 {
        let taken = self.spaces.get(space).map(Account::taken);
        taken.unwrap_or_default().deliveries
    }

    /// Changes what there is of a space.
    pub(super) fn change(&mut self, space: &Space, change: impl Fn(&mut Account)) {
        change(&mut self.all);
        let account = match self.spaces.get_mut(space) {
            Some(account) => account,
            None => self.spaces.entry(space.clone()).or_default(),
        };
        change(account);
        if *account == Account::default() {
            self.spaces.remove(space);
        }
    }

    /// Says why there is no room for so much more, if there is none. An empty queue takes any event: one with more
    /// subscribers than the queue has places could else never pass. Where some spaces have no room and others may have,
    /// all of the former are named.
    pub(super) fn check(&self, claims: &Claims, limits: &Limits, is_shared: bool) -> Result<(), QueueError> {
        let (taken, more) = (self.all.taken(), claims.total());
        if taken.deliveries == 0 && (claims.is_whole || !is_shared) {
            return Ok(());
        }
        let is_full = taken.deliveries.saturating_add(more.deliveries) > limits.deliveries as u64
            || taken.bytes.saturating_add(more.bytes) > limits.bytes as u64;
        let bytes = Pool::new(limits.bytes, limits.spaces.bytes);
        let has_no_room = |(space, more): &&(Space, Amount)| {
            let mine = self.spaces.get(space).map_or(Amount::default(), Account::taken);
            let share = claims.share(space, limits.spaces.deliveries);
            let deliveries = Pool::new(limits.deliveries, share);
            !deliveries.admits(mine.deliveries, more.deliveries, taken.deliveries, is_shared)
                || !bytes.admits(mine.bytes, more.bytes, taken.bytes, is_shared)
        };
        let spaces: Vec<_> = claims.iter().filter(has_no_room).collect();
        if is_full && (spaces.is_empty() || spaces.len() == claims.iter().count()) {
            return Err(QueueError::Full);
        }
        if spaces.is_empty() {
            return Ok(());
        }
        let spaces = spaces.into_iter().map(|(space, _)| space.clone()).collect();
        Err(QueueError::SpaceFull { spaces })
    }

    /// Counts anew what waits, from what is in the file.
    pub(super) fn recount(&mut self, file: &HashMap<Space, Amount>) {
        let mut all = Amount::default();
        for space in file.keys() {
            self.spaces.entry(space.clone()).or_default();
        }
        self.spaces.retain(|space, account| {
            let here = file.get(space).copied().unwrap_or_default();
            all += here;
            account.waiting = here.less(account.in_hand).less(account.settled);
            *account != Account::default()
        });
        self.all.waiting = all.less(self.all.in_hand).less(self.all.settled);
    }
}

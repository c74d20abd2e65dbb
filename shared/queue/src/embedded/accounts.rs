//! How much the queue holds, and of what kind.

use std::ops::{AddAssign, SubAssign};

use super::Limits;

/// Some deliveries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) deliveries: u64,
    /// What they count for.
    pub(super) bytes: u64,
}

/// What is where. Deliveries in hand and those that are settled are in the file, but wait for nobody.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    /// For a worker, or for being due.
    pub(super) waiting: Amount,
    /// Room that is set aside.
    pub(super) reserved: Amount,
    /// In the hands of workers.
    pub(super) in_hand: Amount,
    /// Done with or given up, which the file does not say yet.
    pub(super) settled: Amount,
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

impl Accounts {
    /// Whether there is room for so much more. An empty queue takes any event: one with more subscribers than the queue
    /// has places could else never pass.
    pub(super) fn fits(&self, more: Amount, limits: &Limits) -> bool {
        let deliveries = self.waiting.deliveries + self.reserved.deliveries;
        let bytes = self.waiting.bytes + self.reserved.bytes;
        let fits = deliveries.saturating_add(more.deliveries) <= limits.deliveries as u64
            && bytes.saturating_add(more.bytes) <= limits.bytes as u64;
        fits || deliveries == 0
    }

    /// Counts anew what waits, from what is in the file.
    pub(super) fn recount(&mut self, file: Amount) {
        self.waiting = file.less(self.in_hand).less(self.settled);
    }
}

//! How much of the lanes is in memory.

use super::super::lane::{Entry, Lane, WINDOW};
use super::super::record::LaneName;
use super::super::tables::Place;
use super::Turns;

/// Most bytes of events that all windows hold, about; a single event more where one is larger than that.
const WINDOW_BYTES: usize = 16 * 1024 * 1024;

impl Turns {
    /// How many deliveries are in memory.
    #[cfg(test)]
    pub(in super::super) fn held(&self) -> usize {
        self.lanes.values().map(Lane::held).sum()
    }

    /// What they take, about.
    #[cfg(test)]
    pub(in super::super) fn cost(&self) -> usize {
        self.cost
    }

    /// How many lanes there are.
    pub(in super::super) fn lane_count(&self) -> usize {
        self.lanes.len()
    }

    /// Some lanes, whichever they are; at most so many.
    pub(in super::super) fn some_lanes(&self, most: usize) -> impl Iterator<Item = &Lane> {
        self.lanes.values().take(most)
    }

    /// The lanes that have something in memory, and when the oldest of what is next in them was accepted; at most so many.
    pub(in super::super) fn oldest(&self, most: usize) -> impl Iterator<Item = (&LaneName, u64)> {
        let lanes = self.lanes.values();
        lanes
            .filter_map(|lane| Some((&lane.name, lane.oldest()?)))
            .take(most)
    }

    /// Puts a delivery into a lane, if there is room for it in memory.
    pub(in super::super) fn put(&mut self, number: u64, place: Place, entry: Entry) {
        let others = self.cost - self.lanes.get(&number).map_or(0, |lane| lane.cost);
        self.change(number, |lane| {
            lane.put(place, entry);
            lane.cut(WINDOW, WINDOW_BYTES.saturating_sub(others));
        });
    }

    /// Makes room in memory after a lane was read: the others keep no more than their share of half of it, so that
    /// much can be read before they are looked at again.
    pub(in super::super) fn make_room(&mut self, read: u64) {
        if self.cost <= WINDOW_BYTES {
            return;
        }
        let holders = self.lanes.values().filter(|lane| lane.cost > 0).count();
        let share = WINDOW_BYTES / 2 / holders.max(1);
        for (number, lane) in &mut self.lanes {
            if *number != read {
                let before = lane.cost;
                lane.cut(usize::MAX, share);
                self.cost = self.cost - before + lane.cost;
            }
        }
    }
}

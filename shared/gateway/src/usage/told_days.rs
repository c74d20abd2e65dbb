//! Of which spaces it is to be told what they used on days that are over, as far as this process has had to do with them.

use std::collections::HashMap;

use domain::ids::Space;
use foldhash::fast::RandomState;

/// Spaces of which something was written, with the day on which they were named last.
#[derive(Debug)]
pub(super) struct ToldDays {
    most: usize,
    by_space: HashMap<Space, u64, RandomState>,
}

impl ToldDays {
    /// At most so many.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            by_space: HashMap::default(),
        }
    }

    /// Something was written of these spaces.
    pub(super) fn seen<'s>(&mut self, spaces: impl Iterator<Item = &'s Space>) {
        for space in spaces {
            if self.by_space.len() < self.most && !self.by_space.contains_key(space) {
                self.by_space.insert(space.clone(), 0);
            }
        }
    }

    /// The spaces that were not named on a day yet.
    pub(super) fn next(&mut self, today: u64) -> Vec<Space> {
        let is_new = |day: &u64| *day < today;
        let named = self.by_space.iter().filter(|(_, day)| is_new(day));
        let named: Vec<_> = named.map(|(space, _)| space.clone()).collect();
        for day in self.by_space.values_mut().filter(|day| is_new(day)) {
            *day = today;
        }
        named
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_space_is_named_once_a_day() {
        let mut told = ToldDays::new(2);
        let spaces = ["a", "b", "c"].map(Space::from);
        told.seen(spaces[..1].iter());
        assert_eq!(told.next(7), [spaces[0].clone()]);
        assert!(told.next(7).is_empty());
        // There is room for two.
        told.seen(spaces.iter());
        assert_eq!(told.next(7), [spaces[1].clone()]);
        let mut named = told.next(8);
        named.sort();
        assert_eq!(named, spaces[..2]);
    }
}

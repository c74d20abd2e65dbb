//! Of which spaces it is to be told what they used on days that are over, as far as this process has had to do with them.

use std::collections::HashMap;

use domain::ids::Space;
use foldhash::fast::RandomState;

/// Spaces of which something was written, with the day on which they were named last.
#[derive(Debug)]
pub(super) struct ToldDays {
    most: usize,
    by_space: HashMap<Space, u64, RandomState>,
    /// Those that are named and not yet dealt with.
    due: Vec<Space>,
}

impl ToldDays {
    /// At most so many.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            by_space: HashMap::default(),
            due: Vec::new(),
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

    /// Nothing is to be told of a space any more.
    pub(super) fn forget(&mut self, space: &Space) {
        self.by_space.remove(space);
        self.due.retain(|due| due != space);
    }

    /// A space that was not named on a day yet.
    pub(super) fn next(&mut self, today: u64) -> Option<Space> {
        if self.due.is_empty() {
            for (space, day) in self.by_space.iter_mut().filter(|(_, day)| **day < today) {
                *day = today;
                self.due.push(space.clone());
            }
        }
        self.due.pop()
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
        let named = |told: &mut ToldDays, day| {
            let mut named: Vec<_> = std::iter::from_fn(|| told.next(day)).collect();
            named.sort();
            named
        };
        assert_eq!(named(&mut told, 7), spaces[..1]);
        assert!(named(&mut told, 7).is_empty());
        // There is room for two.
        told.seen(spaces.iter());
        assert_eq!(named(&mut told, 7), spaces[1..2]);
        // Who is interrupted goes on with the others.
        let first = told.next(8);
        assert!(first.is_some());
        let rest = named(&mut told, 8);
        assert!(rest.len() == 1 && Some(&rest[0]) != first.as_ref(), "{rest:?}");
    }
}

//! Of which spaces it is to be told what they used on days that are over, as far as this process has had to do with them.

use std::collections::HashMap;

use domain::ids::Space;
use foldhash::fast::RandomState;

/// Spaces of which something was written.
#[derive(Debug)]
pub(super) struct ToldDays {
    most: usize,
    by_space: HashMap<Space, Told, RandomState>,
    /// Those that are named and not yet dealt with.
    due: Vec<Space>,
}

/// What is known of a space.
#[derive(Debug)]
struct Told {
    /// The day on which it was named last; 0 if it never was.
    named: u64,
    /// Whether something was written of it since.
    is_seen: bool,
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
            if let Some(told) = self.by_space.get_mut(space) {
                told.is_seen = true;
            } else if self.by_space.len() < self.most {
                let told = Told {
                    named: 0,
                    is_seen: true,
                };
                self.by_space.insert(space.clone(), told);
            }
        }
    }

    /// Nothing is to be told of a space any more.
    pub(super) fn forget(&mut self, space: &Space) {
        self.by_space.remove(space);
        self.due.retain(|due| due != space);
    }

    /// Nothing could be told of a space that was named: it is named again on the next day.
    pub(super) fn untold(&mut self, space: Space, today: u64) {
        let told = Told {
            named: today,
            is_seen: true,
        };
        self.by_space.insert(space, told);
    }

    /// A space that was not named on a day yet.
    pub(super) fn next(&mut self, today: u64) -> Option<Space> {
        if self.due.is_empty() {
            let due = &mut self.due;
            self.by_space.retain(|space, told| {
                if told.named >= today {
                    return true;
                }
                due.push(space.clone());
                // What was written on the day on which a space was named is told on the next one, and then it is forgotten.
                let is_kept = told.is_seen;
                *told = Told {
                    named: today,
                    is_seen: false,
                };
                is_kept
            });
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
        told.seen(spaces.iter());
        // Who is interrupted goes on with the others.
        let first = told.next(8);
        assert!(first.is_some());
        let rest = named(&mut told, 8);
        assert!(rest.len() == 1 && Some(&rest[0]) != first.as_ref(), "{rest:?}");
        // Who was quiet for a day is named once more and makes room.
        assert_eq!(named(&mut told, 9), spaces[..2]);
        told.untold(spaces[0].clone(), 9);
        assert!(named(&mut told, 9).is_empty());
        assert_eq!(named(&mut told, 10), spaces[..1]);
        told.seen(spaces[2..].iter());
        assert_eq!(named(&mut told, 10), spaces[2..]);
    }
}

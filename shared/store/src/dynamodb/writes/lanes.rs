//! The writers of this process, space by space: they queue up instead of colliding, and the one whose turn it is finds
//! what the last one knew.

use std::fmt;
use std::sync::Arc;

use domain::ids::Space;
use tokio::sync::Mutex;

use crate::dynamodb::space_snapshot::SpaceSnapshot;

/// How many spaces are kept: enough for a busy process, few enough for a small one.
const CAPACITY: usize = 64;

/// The right to write to a space, and what is known of it. Only this process keeps to it: what makes a write safe is
/// the condition of its transaction.
pub(super) type Lane = Arc<Mutex<Option<SpaceSnapshot>>>;

/// The lanes of the spaces that were written to last, the latest at the end.
#[derive(Default)]
pub(super) struct Lanes(std::sync::Mutex<Vec<(Space, Lane)>>);

impl Lanes {
    /// The lane of a space.
    pub(super) fn of(&self, space: &Space) -> Lane {
        let mut lanes = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let lane = match lanes.iter().position(|(of, _)| of == space) {
            Some(at) => lanes.remove(at).1,
            None => Lane::default(),
        };
        if lanes.len() == CAPACITY {
            lanes.remove(0);
        }
        lanes.push((space.clone(), lane.clone()));
        lane
    }
}

impl fmt::Debug for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lanes").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spaces_written_to_last_are_kept() {
        let lanes = Lanes::default();
        let space = |number: usize| Space::from(format!("space-{number}"));
        let first = lanes.of(&space(0));
        for number in 1..CAPACITY {
            lanes.of(&space(number));
        }
        assert!(
            Arc::ptr_eq(&first, &lanes.of(&space(0))),
            "every one has its place"
        );
        lanes.of(&space(CAPACITY));
        assert!(Arc::ptr_eq(&first, &lanes.of(&space(0))), "it was not the oldest");
        for number in 1..=CAPACITY {
            lanes.of(&space(number));
        }
        assert!(!Arc::ptr_eq(&first, &lanes.of(&space(0))), "it had to go");
    }
}

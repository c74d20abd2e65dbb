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
pub(super) type WriteTurn = Arc<Mutex<Option<SpaceSnapshot>>>;

/// The turns of the spaces that were written to last, the latest at the end.
#[derive(Default)]
pub(super) struct WriteTurns(std::sync::Mutex<Vec<(Space, WriteTurn)>>);

impl WriteTurns {
    /// The turn of a space.
    pub(super) fn of(&self, space: &Space) -> WriteTurn {
        let mut turns = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let turn = match turns.iter().position(|(of, _)| of == space) {
            Some(at) => turns.remove(at).1,
            None => WriteTurn::default(),
        };
        if turns.len() == CAPACITY {
            turns.remove(0);
        }
        turns.push((space.clone(), turn.clone()));
        turn
    }
}

impl fmt::Debug for WriteTurns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteTurns").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spaces_written_to_last_are_kept() {
        let turns = WriteTurns::default();
        let space = |number: usize| Space::from(format!("space-{number}"));
        let first = turns.of(&space(0));
        for number in 1..CAPACITY {
            turns.of(&space(number));
        }
        assert!(
            Arc::ptr_eq(&first, &turns.of(&space(0))),
            "every one has its place"
        );
        turns.of(&space(CAPACITY));
        assert!(Arc::ptr_eq(&first, &turns.of(&space(0))), "it was not the oldest");
        for number in 1..=CAPACITY {
            turns.of(&space(number));
        }
        assert!(!Arc::ptr_eq(&first, &turns.of(&space(0))), "it had to go");
    }
}

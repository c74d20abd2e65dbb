//! Shares: what one space may take of what all have in common, so that the others find some left.

/// One part in so many is left to spaces that hold little.
const RESERVE: u64 = 8;

/// What a space may take at most of something that all spaces have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// So much, whoever else is there.
    Fixed(usize),
    /// Half of it where there are other spaces, and all of it where there are none.
    Half,
}

/// What a space may take of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpaceShares {
    /// Of the deliveries that are made at a time.
    pub workers: Share,
    /// Of the deliveries that may wait.
    pub deliveries: Share,
    /// Of the bytes of events that may wait.
    pub bytes: Share,
    /// Deduplication keys that are remembered for a space.
    pub deduplication_keys: usize,
    /// Whether spaces belong to strangers: then there are always others, even where none has come yet.
    pub strangers: bool,
}

/// Something that all spaces have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pool {
    total: u64,
    share: Share,
}

impl SpaceShares {
    /// Half of everything where there are other spaces.
    pub const HALVES: Self = Self {
        workers: Share::Half,
        deliveries: Share::Half,
        bytes: Share::Half,
        deduplication_keys: 1_000_000,
        strangers: false,
    };
}

impl Pool {
    pub(super) fn new(total: usize, share: Share) -> Self {
        Self {
            total: total as u64,
            share,
        }
    }

    /// Whether something is left when so much is taken.
    pub(super) fn has_room(self, taken: u64) -> bool {
        taken < self.total.max(1)
    }

    /// Whether a space that has `mine` may take `more`, when all of them have `taken`. The last part of what is shared
    /// goes to spaces that have no more than is left: however many take all they can get, another one finds some.
    pub(super) fn admits(self, mine: u64, more: u64, taken: u64, is_shared: bool) -> bool {
        let most = match self.share {
            Share::Fixed(most) => most as u64,
            Share::Half if is_shared => self.total.div_ceil(2),
            Share::Half => return true,
        };
        let mine_then = mine.saturating_add(more);
        if mine_then > most.max(1) {
            return false;
        }
        let left = self.total.saturating_sub(taken.saturating_add(more));
        // One that has nothing yet takes the last of it as well, if that is enough.
        !is_shared || mine == 0 || left >= self.total / RESERVE || mine_then <= left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(pool: Pool, spaces: usize, is_shared: bool) -> Vec<u64> {
        let mut mine = vec![0; spaces];
        loop {
            let before = mine.clone();
            for space in 0..spaces {
                let taken = mine.iter().sum();
                if taken < pool.total && pool.admits(mine[space], 1, taken, is_shared) {
                    mine[space] += 1;
                }
            }
            if mine == before {
                return mine;
            }
        }
    }

    #[test]
    fn a_space_alone_has_all_of_it_and_half_where_there_are_others() {
        let pool = Pool::new(100, Share::Half);
        assert_eq!(taken(pool, 1, false), [100]);
        assert_eq!(taken(pool, 1, true), [50]);
        assert_eq!(taken(Pool::new(100, Share::Fixed(30)), 1, false), [30]);
        assert_eq!(taken(Pool::new(1, Share::Half), 1, true), [1]);
    }

    #[test]
    fn however_many_are_greedy_another_one_finds_some() {
        for spaces in 2..60 {
            let mine = taken(Pool::new(100, Share::Half), spaces, true);
            let sum: u64 = mine.iter().sum();
            assert!(sum < 100, "{spaces} spaces took all: {mine:?}");
            assert!(sum >= 87, "{spaces} spaces leave too much: {mine:?}");
        }
    }
}

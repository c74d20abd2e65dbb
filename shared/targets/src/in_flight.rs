//! A budget of bytes: what requests and answers hold in memory, over all connections of an API.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

/// Answers below this size, in bytes, are not counted: they are in the hands of the operating system as soon as they are
/// made, unless a client reads nothing at all.
pub const COUNTED_FROM: usize = 1024;

/// Bodies, heads and answers up to this size, in bytes, are small: a part of the budget is theirs alone.
const SMALL_BYTES: usize = 64 * 1024;

/// The part of the budget that large ones leave to small ones: one in so many.
const SMALL_PART: usize = 8;

/// The part of what large ones may hold that is left to spaces that hold little: one in so many.
const LAST_PART: usize = 8;

/// How many shares are counted. Spaces whose names have the same hash have one together; the hash is another one in each
/// process, so that nobody can choose whom to share with.
const SHARES: usize = 1024;

/// How many bytes may be held at a time. It lives as long as the process, so that nobody counts who still uses it.
#[derive(Debug, Clone, Copy)]
pub struct BytesInFlight {
    budget: &'static Budget,
    /// What those hold that have the same share.
    share: Option<&'static AtomicUsize>,
}

#[derive(Debug)]
struct Budget {
    limit: usize,
    held: AtomicUsize,
    shares: Option<Shares>,
}

#[derive(Debug)]
struct Shares {
    limit: usize,
    held: [AtomicUsize; SHARES],
    hasher: RandomState,
}

static UNLIMITED: Budget = Budget {
    limit: usize::MAX,
    held: AtomicUsize::new(0),
    shares: None,
};

impl BytesInFlight {
    /// A budget of that many bytes; 0 is no limit. Made once for a process: its memory is never given back.
    pub fn new(limit: usize) -> Self {
        Self::leak(limit, None)
    }

    /// The same, of which a space may hold no more than its share, in bytes.
    pub fn with_shares(limit: usize, share: usize) -> Self {
        let shares = Shares {
            limit: share,
            held: [const { AtomicUsize::new(0) }; SHARES],
            hasher: RandomState::new(),
        };
        Self::leak(limit, Some(shares))
    }

    fn leak(limit: usize, shares: Option<Shares>) -> Self {
        let budget = Budget {
            limit: if limit == 0 { usize::MAX } else { limit },
            held: AtomicUsize::new(0),
            shares,
        };
        Self {
            budget: Box::leak(Box::new(budget)),
            share: None,
        }
    }

    /// The budget as one space may use it.
    #[must_use]
    pub fn of_space(self, space: &str) -> Self {
        let share = self.budget.shares.as_ref().map(|shares| {
            let hash = shares.hasher.hash_one(space);
            // The remainder is less than the number of shares.
            &shares.held[usize::try_from(hash % SHARES as u64).unwrap_or(0)]
        });
        Self { share, ..self }
    }

    /// A part of the budget, of no bytes yet.
    pub fn none_held(self) -> Held {
        Held {
            budget: self,
            bytes: 0,
        }
    }

    /// Adds to what a share holds, if there is room for it when all together hold so much. The last part of the budget is
    /// for shares that hold no more than is left: two that take all they can get leave some to a third.
    fn grow_share(self, bytes: usize, all: usize) -> bool {
        let (Some(share), Some(shares)) = (self.share, &self.budget.shares) else {
            return true;
        };
        let before = share.fetch_add(bytes, Ordering::Relaxed);
        let then = before.saturating_add(bytes);
        let most = self.budget.limit - self.budget.limit / SMALL_PART;
        let left = most.saturating_sub(all);
        let is_left_to_others = left >= most / LAST_PART || then <= left.max(SMALL_BYTES);
        let has_room = then <= shares.limit && is_left_to_others;
        if !has_room {
            share.fetch_sub(bytes, Ordering::Relaxed);
        }
        has_room
    }

    /// The bytes that are held now.
    pub fn held(self) -> usize {
        self.budget.held.load(Ordering::Relaxed)
    }
}

/// Without a limit.
impl Default for BytesInFlight {
    fn default() -> Self {
        Self {
            budget: &UNLIMITED,
            share: None,
        }
    }
}

impl PartialEq for BytesInFlight {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.budget, other.budget)
    }
}

impl Eq for BytesInFlight {}

/// Bytes of the budget, given back when this is dropped.
#[derive(Debug)]
pub struct Held {
    budget: BytesInFlight,
    bytes: usize,
}

impl Held {
    /// Takes that many more; `false`, and nothing taken, where the budget or the share has no room for them. What becomes
    /// large has to leave an eighth of the budget free, so that large ones keep no small ones out.
    #[must_use]
    pub fn grow(&mut self, bytes: usize) -> bool {
        let Budget { limit, held, .. } = self.budget.budget;
        let is_small = self.bytes.saturating_add(bytes) <= SMALL_BYTES;
        let room = if is_small {
            *limit
        } else {
            limit - limit / SMALL_PART
        };
        let before = held.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > room {
            held.fetch_sub(bytes, Ordering::Relaxed);
            return false;
        }
        if !self.budget.grow_share(bytes, before.saturating_add(bytes)) {
            held.fetch_sub(bytes, Ordering::Relaxed);
            return false;
        }
        self.bytes += bytes;
        true
    }

    /// The bytes that it has.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Gives back what is more than so many bytes.
    pub fn shrink(&mut self, bytes: usize) {
        let more = self.bytes.saturating_sub(bytes);
        if more > 0 {
            self.budget.budget.held.fetch_sub(more, Ordering::Relaxed);
            if let Some(share) = self.budget.share {
                share.fetch_sub(more, Ordering::Relaxed);
            }
            self.bytes -= more;
        }
    }

    /// These bytes, counted for as long as anybody has them.
    pub fn around(self, bytes: Bytes) -> Bytes {
        Bytes::from_owner(HeldBytes { bytes, _held: self })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.shrink(0);
    }
}

struct HeldBytes {
    bytes: Bytes,
    _held: Held,
}

impl AsRef<[u8]> for HeldBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_held_than_there_is() {
        let budget = BytesInFlight::new(10);
        let mut first = budget.none_held();
        let mut second = budget.none_held();
        assert!(first.grow(6) && second.grow(4));
        assert!(!second.grow(1) && !first.grow(usize::MAX));
        assert_eq!(budget.held(), 10);
        first.shrink(5);
        assert!(second.grow(1) && !second.grow(1));
        drop(first);
        assert!(second.grow(5) && !second.grow(1));
        drop(second);
        assert_eq!(budget.held(), 0);
        assert!(BytesInFlight::new(0).none_held().grow(usize::MAX / 2));
        assert!(BytesInFlight::default().none_held().grow(usize::MAX / 2));
    }

    #[test]
    fn a_space_holds_no_more_than_its_share() {
        let budget = BytesInFlight::with_shares(100, 60);
        let mut hostile = budget.of_space("hostile").none_held();
        assert!(hostile.grow(60) && !hostile.grow(1));
        assert!(!budget.of_space("hostile").none_held().grow(1));
        assert_eq!(budget.held(), 60, "what was refused is not counted");
        // One of them may have the share of the hostile one.
        let others = ["a", "b"].map(|space| budget.of_space(space).none_held().grow(40));
        assert!(others.contains(&true));
        assert!(
            budget.none_held().grow(40),
            "what belongs to no space has no share"
        );
        hostile.shrink(10);
        assert!(budget.of_space("hostile").none_held().grow(10));
        drop(hostile);
        assert!(budget.of_space("hostile").none_held().grow(60));
    }

    #[test]
    fn two_spaces_leave_some_to_a_third() {
        let budget = BytesInFlight::with_shares(80 << 20, 40 << 20);
        let share = |space: &str| budget.of_space(space).share.unwrap();
        let names = (0..8).map(|number| number.to_string());
        let other = names.clone().find(|name| !std::ptr::eq(share(name), share("a")));
        let mut greedy = ["a", &other.unwrap()].map(|space| budget.of_space(space).none_held());
        while greedy
            .iter_mut()
            .filter_map(|held| held.grow(1 << 20).then_some(()))
            .count()
            > 0
        {}
        assert!(budget.held() >= 60 << 20, "{}", budget.held());
        // One of those whose share is another one than theirs.
        let large = names.filter(|name| budget.of_space(name).none_held().grow(4 << 20));
        assert!(large.count() > 0);
    }

    #[test]
    fn large_ones_leave_room_for_small_ones() {
        let budget = BytesInFlight::new(8 << 20);
        let mut large = budget.none_held();
        while large.grow(64 << 10) {}
        assert_eq!(budget.held(), 7 << 20);
        assert!(!budget.none_held().grow((64 << 10) + 1));
        let mut small: Vec<_> = (0..16).map(|_| budget.none_held()).collect();
        assert!(small.iter_mut().all(|held| held.grow(64 << 10)));
        // What grows beyond that is small no more, and full is full.
        assert!(!small[0].grow(1) && !budget.none_held().grow(1));
    }
}

//! A budget of bytes: what requests and answers hold in memory, over all connections of an API.

use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

/// Answers below this size, in bytes, are not counted: they are in the hands of the operating system as soon as they are
/// made, unless a client reads nothing at all.
pub const COUNTED_FROM: usize = 1024;

/// Bodies, heads and answers up to this size, in bytes, are small: a part of the budget is theirs alone.
const SMALL_BYTES: usize = 64 * 1024;

/// The part of the budget that large ones leave to small ones: one in so many.
const SMALL_PART: usize = 8;

/// How many bytes may be held at a time. It lives as long as the process, so that nobody counts who still uses it.
#[derive(Debug, Clone, Copy)]
pub struct BytesInFlight(&'static Budget);

#[derive(Debug)]
struct Budget {
    limit: usize,
    held: AtomicUsize,
}

static UNLIMITED: Budget = Budget {
    limit: usize::MAX,
    held: AtomicUsize::new(0),
};

impl BytesInFlight {
    /// A budget of that many bytes; 0 is no limit. Made once for a process: its memory is never given back.
    pub fn new(limit: usize) -> Self {
        Self(Box::leak(Box::new(Budget {
            limit: if limit == 0 { usize::MAX } else { limit },
            held: AtomicUsize::new(0),
        })))
    }

    /// A part of the budget, of no bytes yet.
    pub fn none_held(self) -> Held {
        Held {
            budget: self,
            bytes: 0,
        }
    }

    /// The bytes that are held now.
    pub fn held(self) -> usize {
        self.0.held.load(Ordering::Relaxed)
    }
}

/// Without a limit.
impl Default for BytesInFlight {
    fn default() -> Self {
        Self(&UNLIMITED)
    }
}

impl PartialEq for BytesInFlight {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
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
    /// Takes that many more; `false`, and nothing taken, where the budget has no room for them. What becomes large has to
    /// leave an eighth of the budget free, so that large ones keep no small ones out.
    #[must_use]
    pub fn grow(&mut self, bytes: usize) -> bool {
        let Budget { limit, held } = self.budget.0;
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
            self.budget.0.held.fetch_sub(more, Ordering::Relaxed);
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

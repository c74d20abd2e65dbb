//! Buckets of tokens in the memory of the process.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use domain::ids::Space;
use domain::quota::{Bucket, Empty, FillRate, Quota, TokenRequest};

use crate::tokens::Tokens;

/// Buckets from which on full ones, which are as if they had never been, are looked for.
const SWEEP_FROM: usize = 1024;

/// The buckets of all spaces that have taken something of theirs.
#[derive(Debug)]
pub(crate) struct Buckets {
    began: Instant,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    buckets: HashMap<(Space, Quota), Bucket>,
    sweep_at: usize,
}

impl Buckets {
    /// All of them are full.
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            taken: Mutex::default(),
        }
    }

    /// Takes tokens of a bucket.
    pub(crate) fn take(
        &self,
        space: &Space,
        quota: Quota,
        rate: FillRate,
        request: TokenRequest,
    ) -> Result<Tokens, Empty> {
        let now = self.now();
        let mut taken = self.taken();
        taken.sweep(now);
        let bucket = taken.buckets.entry((space.clone(), quota)).or_default();
        let (tokens, left) = bucket.take(rate, now, request)?;
        *bucket = left;
        Ok(Tokens { tokens, leases: 0 })
    }

    /// Puts tokens back that were taken for nothing.
    pub(crate) fn give_back(&self, space: &Space, quota: Quota, rate: FillRate, tokens: u32) {
        if let Some(bucket) = self.taken().buckets.get_mut(&(space.clone(), quota)) {
            *bucket = bucket.given_back(rate, tokens);
        }
    }

    /// How many tokens a bucket holds.
    pub(crate) fn left(&self, space: &Space, quota: Quota, rate: FillRate) -> u32 {
        let now = self.now();
        let bucket = self.taken().buckets.get(&(space.clone(), quota)).copied();
        bucket.unwrap_or_default().left(rate, now)
    }

    /// Forgets the buckets of a space.
    pub(super) fn forget(&self, space: &Space) {
        self.taken().buckets.retain(|(of, _), _| of != space);
    }

    /// Nanoseconds of the clock that is never set.
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        // No code that holds the lock can leave it half changed.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// Forgets full buckets once there are many: their number stays in proportion to those in use.
    fn sweep(&mut self, now: u64) {
        if self.buckets.len() < self.sweep_at.max(SWEEP_FROM) {
            return;
        }
        self.buckets.retain(|_, bucket| bucket.nanos() > now);
        self.sweep_at = self.buckets.len() * 2;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn spaces_have_buckets_of_their_own_and_full_ones_are_forgotten() {
        let buckets = Buckets::new();
        let rate = FillRate::new(Duration::from_hours(1), 2);
        let take = |space: &str, tokens| {
            let request = TokenRequest::exactly(tokens);
            buckets
                .take(&space.into(), Quota::Events, rate, request)
                .map(|taken| taken.tokens)
        };
        assert_eq!(take("one", 2), Ok(2));
        assert_eq!(take("one", 1).unwrap_err().left, 0);
        buckets.give_back(&"one".into(), Quota::Events, rate, 1);
        assert_eq!(take("one", 1), Ok(1));
        assert_eq!(take("two", 1), Ok(1));
        assert_eq!(buckets.left(&"two".into(), Quota::Events, rate), 1);
        assert_eq!(buckets.left(&"three".into(), Quota::Events, rate), 2);
        let fast = FillRate::new(Duration::from_nanos(1), 1);
        for number in 0..2 * SWEEP_FROM {
            let space = Space::from(format!("space-{number}"));
            buckets
                .take(&space, Quota::Events, fast, TokenRequest::exactly(1))
                .unwrap();
        }
        assert!(buckets.taken().buckets.len() <= SWEEP_FROM + 2);
        assert!(take("one", 1).is_err());
    }
}

//! Tokens of a bucket that many processes share, leased by one of them: it takes as many at a time as it spends in a
//! second, and asks nobody again while they last.
//!
//! What processes have leased and not spent is what all of them together may be above the rate for a moment. So a lease is at
//! most half of what the process's part of a second's tokens would be. How many processes there are nobody says: each sees
//! how many leases were given between two of its own, and those who use up as much as it does are about as many.

use std::time::Duration;

use super::{Empty, FillRate, TokenRequest};

/// How long leased tokens may be spent.
const LIFETIME: u64 = 1_000_000_000;

/// Longest time for which nobody is asked after there were fewer tokens than wanted: asked at once, everybody would get
/// them one by one.
const LONGEST_PAUSE: u64 = LIFETIME / 2;

/// The tokens that a process has leased of a bucket, with what it knows of the others. Times are nanoseconds of one clock.
#[derive(Debug, Clone)]
pub struct Lease {
    rate: FillRate,
    left: u32,
    /// When what is left may not be spent any more.
    ends: u64,
    leased_at: u64,
    /// How many were spent since.
    spent: u32,
    /// How many leases there had been at the last one.
    leases: Option<u64>,
    /// How many processes there seem to be.
    processes: f64,
    /// Nobody is asked before that for as many as were not there, or nearly as many.
    asks_from: u64,
    /// How many were not there.
    missed: u32,
}

/// Whether tokens may be spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spending {
    /// They are spent.
    Spent,
    /// They are not there.
    Refused(Empty),
    /// So many have to be leased first.
    Lease(TokenRequest),
}

impl Lease {
    /// Of nothing so far.
    pub fn new(rate: FillRate) -> Self {
        Self {
            rate,
            left: 0,
            ends: 0,
            leased_at: 0,
            spent: 0,
            leases: None,
            processes: 1.0,
            asks_from: 0,
            missed: 0,
        }
    }

    /// Spends tokens of a bucket that fills at that rate now.
    pub fn spend(&mut self, tokens: u32, rate: FillRate, now: u64) -> Spending {
        // Of what is further ahead than anything can be the clock was set back.
        let latest = now.saturating_add(LIFETIME);
        if rate != self.rate || self.ends > latest || self.asks_from > latest {
            *self = Self::new(rate);
        }
        if now >= self.ends {
            self.left = 0;
        }
        if tokens <= self.left {
            self.left -= tokens;
            self.spent = self.spent.saturating_add(tokens);
            return Spending::Spent;
        }
        let needed = tokens - self.left;
        // Half as many may be there: whoever asks for ever less finds out after few times.
        if now < self.asks_from && needed > self.missed / 2 {
            return Spending::Refused(Empty {
                wait: Duration::from_nanos(self.asks_from - now),
                left: self.left,
            });
        }
        Spending::Lease(TokenRequest {
            needed,
            wanted: self.wanted(now).max(needed),
        })
    }

    /// Whether nothing of it matters any more.
    pub fn is_over(&self, now: u64) -> bool {
        now >= self.ends.max(self.asks_from)
    }

    /// Gives back what was spent for nothing.
    pub fn give_back(&mut self, tokens: u32) {
        self.left = self.left.saturating_add(tokens);
        self.spent = self.spent.saturating_sub(tokens);
    }

    /// Takes over tokens that were asked for with a request: the bucket has given so many leases by now.
    pub fn granted(&mut self, tokens: u32, request: TokenRequest, leases: u64, now: u64) {
        if let Some(before) = self.leases {
            let between = u32::try_from(leases.saturating_sub(before)).unwrap_or(u32::MAX);
            self.processes = (self.processes * 3.0 + f64::from(between.max(1))) / 4.0;
        }
        self.leases = Some(leases);
        self.left = self.left.saturating_add(tokens);
        self.ends = now.saturating_add(LIFETIME);
        self.leased_at = now;
        self.spent = 0;
        if tokens < request.wanted {
            self.wait_for(1, now.saturating_add(self.pause(request)));
        }
    }

    /// Notes that there were not enough tokens for a request, and says what those are told who wanted them.
    pub fn refused(&mut self, empty: Empty, request: TokenRequest, now: u64) -> Empty {
        let wait = u64::try_from(empty.wait.as_nanos()).unwrap_or(u64::MAX);
        let pause = wait.min(LONGEST_PAUSE).max(self.pause(request));
        // Who asked for much does not stand in the way of those who want less.
        self.wait_for(request.needed, now.saturating_add(pause));
        Empty {
            wait: empty.wait.max(Duration::from_nanos(pause)),
            left: self.left,
        }
    }

    /// Goes on where the bucket cannot be asked: with the process's own part of what there is in a second, and of that once.
    pub fn unreachable(&mut self, request: TokenRequest, now: u64) {
        self.left = self.left.saturating_add(self.part(1.0).max(request.needed));
        self.ends = now.saturating_add(LIFETIME);
        self.wait_for(1, self.ends);
        self.leased_at = now;
        self.spent = 0;
    }

    /// Asks nobody for so many until then.
    fn wait_for(&mut self, tokens: u32, until: u64) {
        (self.missed, self.asks_from) = (tokens, until);
    }

    /// How many are worth a lease: as many as were spent in a second, up to half of its part.
    fn wanted(&self, now: u64) -> u32 {
        let elapsed = now.saturating_sub(self.leased_at).max(LIFETIME / 1000);
        let in_a_second = u64::from(self.spent).saturating_mul(LIFETIME) / elapsed;
        u32::try_from(in_a_second).unwrap_or(u32::MAX).min(self.part(0.5))
    }

    /// So much of the process's part of the tokens of a second; at least one.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is at most what there is in a second, and not negative"
    )]
    fn part(&self, seconds: f64) -> u32 {
        let in_a_second = f64::from(self.rate.tokens_in(LIFETIME));
        ((in_a_second * seconds / self.processes.max(1.0)) as u32).max(1)
    }

    /// How long nobody is asked where there was less than wanted: until everybody could have as much, but not so long that
    /// the bucket runs over.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "it need not be exact, and is cut by the bound"
    )]
    fn pause(&self, request: TokenRequest) -> u64 {
        let all = self.rate.time_of(request.wanted) as f64 * self.processes.max(1.0);
        (all as u64).min(LONGEST_PAUSE).min(self.rate.filling_time() / 2)
    }
}

#[cfg(test)]
mod tests;

//! A bucket of tokens, as one number. It fills at a steady rate up to a burst, and whoever finds enough in it may go on.

use std::time::Duration;

/// How much a bucket can owe at most: longer waits are those of clocks that went wrong.
const MOST_OWED: u64 = 15 * 60 * 1_000_000_000;

/// How a bucket fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FillRate {
    /// Nanoseconds between two tokens.
    interval: u64,
    /// Most tokens that it holds.
    burst: u32,
}

impl FillRate {
    /// A token each interval, and so many at most.
    pub fn new(interval: Duration, burst: u32) -> Self {
        Self {
            interval: u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX).max(1),
            burst: burst.max(1),
        }
    }

    /// Most tokens that it holds.
    pub fn burst(self) -> u32 {
        self.burst
    }

    /// How long so many tokens take, in nanoseconds.
    pub fn time_of(self, tokens: u32) -> u64 {
        self.interval.saturating_mul(tokens.into())
    }

    /// Nanoseconds between two tokens.
    pub fn interval(self) -> u64 {
        self.interval
    }

    /// How many tokens come in so many nanoseconds, rounded down.
    pub(super) fn tokens_in(self, nanos: u64) -> u32 {
        u32::try_from(nanos / self.interval).unwrap_or(u32::MAX)
    }

    /// How long an empty one takes to be full, in nanoseconds.
    pub fn filling_time(self) -> u64 {
        self.time_of(self.burst)
    }

    /// The longest time that anybody is told to wait, in nanoseconds.
    pub fn longest_wait(self) -> u64 {
        self.filling_time().saturating_add(MOST_OWED)
    }
}

/// How many tokens somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRequest {
    /// With fewer there is nothing to be done. More than a burst are taken of a full bucket, which owes the rest: what can
    /// only be done at once must not wait for ever.
    pub needed: u32,
    /// More are of no use.
    pub wanted: u32,
}

impl TokenRequest {
    /// For so many, neither fewer nor more.
    pub fn exactly(tokens: u32) -> Self {
        Self {
            needed: tokens,
            wanted: tokens,
        }
    }
}

/// A bucket that does not hold what is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Empty {
    /// Time until it does.
    pub wait: Duration,
    /// How many it holds.
    pub left: u32,
}

/// A bucket of tokens: the time when it is full, in nanoseconds of any clock that goes on. A new one is full, and so is one that
/// is to fill at another rate from now on: what was owed at a rate of one token an hour would take days at ten a second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bucket {
    full_at: u64,
    /// Nanoseconds between two tokens at the rate at which it fills; 0 where that is not known.
    interval: u64,
}

impl Bucket {
    /// One that is full at that time if a token comes each `interval`, in nanoseconds; 0 where the rate is not known.
    pub fn kept(full_at: u64, interval: u64) -> Self {
        Self { full_at, interval }
    }

    /// When it is full.
    pub fn nanos(self) -> u64 {
        self.full_at
    }

    /// How many tokens it holds.
    pub fn left(self, rate: FillRate, now: u64) -> u32 {
        let missing = self.starting(rate, now) - now;
        rate.tokens_in(rate.filling_time().saturating_sub(missing))
    }

    /// Takes tokens: how many, and the bucket without them.
    pub fn take(self, rate: FillRate, now: u64, request: TokenRequest) -> Result<(u32, Self), Empty> {
        let left = self.left(rate, now);
        let starting = self.starting(rate, now);
        let taken = if request.needed <= left {
            request.wanted.clamp(request.needed, left)
        } else if left >= rate.burst {
            request.needed
        } else {
            let needed = rate.time_of(request.needed.min(rate.burst));
            let wait =
                (starting.saturating_add(needed)).saturating_sub(now.saturating_add(rate.filling_time()));
            return Err(Empty {
                wait: Duration::from_nanos(wait.max(1)),
                left,
            });
        };
        let full_at = starting.saturating_add(rate.time_of(taken));
        Ok((taken, Self::kept(full_at, rate.interval)))
    }

    /// The bucket with tokens that were taken for nothing.
    #[must_use]
    pub fn given_back(self, rate: FillRate, tokens: u32) -> Self {
        if !self.fills_at(rate) {
            return self;
        }
        Self {
            full_at: self.full_at.saturating_sub(rate.time_of(tokens)),
            ..self
        }
    }

    /// The time from which on what is taken now has to be filled.
    fn starting(self, rate: FillRate, now: u64) -> u64 {
        if !self.fills_at(rate) {
            return now;
        }
        self.full_at.clamp(now, now.saturating_add(rate.longest_wait()))
    }

    /// Whether it fills at this rate, as far as that is known.
    fn fills_at(self, rate: FillRate) -> bool {
        self.interval == 0 || self.interval == rate.interval
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;
    const NOW: u64 = 1_800_000_000 * SECOND;

    fn rate(per_second: u64, burst: u32) -> FillRate {
        FillRate::new(Duration::from_nanos(SECOND / per_second), burst)
    }

    fn millis(millis: u64) -> u64 {
        millis * 1_000_000
    }

    #[test]
    fn a_burst_and_then_the_rate() {
        let rate = rate(10, 3);
        let mut bucket = Bucket::default();
        for (after, want) in [
            (0, Ok(1)),
            (0, Ok(1)),
            (0, Ok(1)),
            (0, Err(100)),
            (40, Err(60)),
            (100, Ok(1)),
            (100, Err(100)),
            // However long nothing comes, a burst is all there is.
            (60_000, Ok(1)),
            (60_000, Ok(1)),
            (60_000, Ok(1)),
            (60_000, Err(100)),
        ] {
            let taken = bucket.take(rate, NOW + millis(after), TokenRequest::exactly(1));
            let told = taken
                .map(|(tokens, _)| tokens)
                .map_err(|empty| empty.wait.as_millis());
            assert_eq!(told, want, "{after}");
            bucket = taken.map_or(bucket, |(_, left)| left);
        }
    }

    #[test]
    fn as_many_as_there_are_between_what_is_needed_and_what_is_wanted() {
        let rate = rate(10, 5);
        let take = |bucket: Bucket, needed, wanted| bucket.take(rate, NOW, TokenRequest { needed, wanted });
        let (taken, left) = take(Bucket::default(), 1, 3).unwrap();
        assert_eq!((taken, left.left(rate, NOW)), (3, 2));
        let (taken, none) = take(left, 1, 100).unwrap();
        assert_eq!((taken, none.left(rate, NOW)), (2, 0));
        assert_eq!(
            take(left, 3, 100).unwrap_err(),
            Empty {
                wait: Duration::from_millis(100),
                left: 2
            }
        );
    }

    #[test]
    fn more_than_a_burst_is_owed() {
        let rate = rate(10, 5);
        let taken = Bucket::default().take(rate, NOW, TokenRequest::exactly(20));
        let (20, owing) = taken.unwrap() else { panic!() };
        let next = |after| {
            owing
                .take(rate, NOW + millis(after), TokenRequest::exactly(1))
                .is_ok()
        };
        assert!(!next(1_500) && next(1_600));
        // Nor does as much pass again before it is full.
        assert!(
            owing
                .take(rate, NOW + millis(1_900), TokenRequest::exactly(20))
                .is_err()
        );
        assert!(
            owing
                .take(rate, NOW + millis(2_000), TokenRequest::exactly(20))
                .is_ok()
        );
    }

    #[test]
    fn nobody_is_told_to_wait_for_a_year() {
        let rate = rate(1, 1);
        let spoilt = Bucket::kept(NOW + 365 * 24 * 3600 * SECOND, 0);
        let wait = spoilt.take(rate, NOW, TokenRequest::exactly(1)).unwrap_err().wait;
        assert!(
            wait <= Duration::from_nanos(MOST_OWED) + Duration::from_secs(1),
            "{wait:?}"
        );
        assert_eq!(spoilt.left(rate, NOW), 0);
    }

    #[test]
    fn another_rate_begins_with_a_full_bucket() {
        let one = TokenRequest::exactly(1);
        let hourly = FillRate::new(Duration::from_hours(1), 10);
        let (_, empty) = Bucket::default()
            .take(hourly, NOW, TokenRequest::exactly(10))
            .unwrap();
        assert!(empty.take(hourly, NOW, one).is_err());
        // A larger burst alone is no other rate.
        assert_eq!(empty.left(FillRate::new(Duration::from_hours(1), 12), NOW), 2);
        let fast = rate(10, 30);
        assert_eq!(empty.left(fast, NOW), 30);
        let (_, taken) = empty.take(fast, NOW, TokenRequest::exactly(30)).unwrap();
        assert_eq!(
            taken.take(fast, NOW, one).unwrap_err().wait,
            Duration::from_millis(100)
        );
        // What was taken at the rate before is not given back to this one.
        assert_eq!(taken.given_back(hourly, 10), taken);
        assert_eq!(Bucket::kept(taken.nanos(), 0).left(fast, NOW), 0);
    }
}

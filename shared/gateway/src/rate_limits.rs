//! Limits of subscriptions and functions: how many calls they take, counted in the memory of this process.
//!
//! A bucket fills at the rate of its limit and holds as much as a burst; each call takes one out of it. Whoever finds it
//! empty is told how long until it has one again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::ids::{FunctionId, Space, SubscriptionId};
use domain::resource::{CallRate, RateLimit, Subscription};
use domain::routing::RoutingTable;
use tokio::time::Instant;

/// How soon it is tried again where as many calls as may are in progress: when one ends is not known.
const BUSY_PAUSE: Duration = Duration::from_millis(50);

/// Buckets from which on full ones, which are as if they had never been, are looked for.
const SWEEP_FROM: usize = 1024;

/// The calls of what has a limit. A handle: clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct RateLimits(Arc<Mutex<Buckets>>);

#[derive(Debug, Default)]
struct Buckets {
    by_owner: HashMap<Owner, Bucket>,
    sweep_at: usize,
}

/// What has a limit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Owner {
    Subscription(Space, SubscriptionId),
    Function(Space, FunctionId),
}

#[derive(Debug)]
struct Bucket {
    limit: RateLimit,
    /// Since when it is filling: it is full once a burst has had its time.
    filling_since: Instant,
    in_progress: u32,
}

/// A call that may be made; it is in progress until this is dropped. `None` of it where nothing has a limit.
#[derive(Debug)]
#[must_use = "the call is in progress while this is held"]
pub(crate) struct LimitedCall {
    limits: RateLimits,
    owners: Vec<Owner>,
}

/// A call that has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MustWait {
    /// For so long at least.
    pub(crate) pause: Duration,
    /// Because of this limit.
    pub(crate) limit_of: LimitOf,
}

/// Whose limit a call has to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LimitOf {
    Subscription,
    /// The function that the subscription names.
    Named,
    /// The function that the named one, a weighted one, has chosen for this call.
    Chosen,
    /// The space, whose plan limits its deliveries.
    Space,
}

impl RateLimits {
    /// Begins a call of a function, which may be one of several that the subscription's function stands for. Nothing is
    /// looked at where none of the three has a limit.
    pub(crate) fn begin(
        &self,
        table: &RoutingTable,
        subscription: &Subscription,
        called: &FunctionId,
    ) -> Result<Option<LimitedCall>, MustWait> {
        if subscription.rate_limit.is_none() && !table.has_limited_functions() {
            return Ok(None);
        }
        let Subscription {
            space, function_id, ..
        } = subscription;
        let limit_of = |id: &FunctionId| table.function(space, id)?.rate_limit;
        let target = (called != function_id).then(|| limit_of(called)).flatten();
        let (own, named) = (subscription.rate_limit, limit_of(function_id));
        if own.is_none() && named.is_none() && target.is_none() {
            return Ok(None);
        }
        let owners = [
            own.map(|limit| {
                let owner = Owner::Subscription(space.clone(), subscription.subscription_id.clone());
                (LimitOf::Subscription, owner, limit)
            }),
            named.map(|limit| {
                let owner = Owner::Function(space.clone(), function_id.clone());
                (LimitOf::Named, owner, limit)
            }),
            target.map(|limit| {
                let owner = Owner::Function(space.clone(), called.clone());
                (LimitOf::Chosen, owner, limit)
            }),
        ];
        self.begin_of(owners.into_iter().flatten().collect(), Instant::now())
            .map(Some)
    }

    fn begin_of(
        &self,
        owners: Vec<(LimitOf, Owner, RateLimit)>,
        now: Instant,
    ) -> Result<LimitedCall, MustWait> {
        let mut buckets = self.buckets();
        buckets.sweep(now);
        // All or none: what one of them refuses takes nothing from the others.
        for &(limit_of, ref owner, limit) in &owners {
            if let Some(pause) = buckets.of(owner, limit, now).pause(now) {
                return Err(MustWait { pause, limit_of });
            }
        }
        for (_, owner, limit) in &owners {
            buckets.of(owner, *limit, now).take(now);
        }
        Ok(LimitedCall {
            limits: self.clone(),
            owners: owners.into_iter().map(|(_, owner, _)| owner).collect(),
        })
    }

    fn buckets(&self) -> MutexGuard<'_, Buckets> {
        // No code that holds the lock can leave it half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Buckets {
    /// The bucket of an owner, with its limit of this moment.
    fn of(&mut self, owner: &Owner, limit: RateLimit, now: Instant) -> &mut Bucket {
        if !self.by_owner.contains_key(owner) {
            self.by_owner.insert(owner.clone(), Bucket::full(limit, now));
        }
        let bucket = self
            .by_owner
            .entry(owner.clone())
            .or_insert_with(|| Bucket::full(limit, now));
        if bucket.limit != limit {
            let in_progress = bucket.in_progress;
            *bucket = Bucket {
                in_progress,
                ..Bucket::full(limit, now)
            };
        }
        bucket
    }

    /// Forgets full buckets once there are many: their number stays in proportion to those in use.
    fn sweep(&mut self, now: Instant) {
        if self.by_owner.len() < self.sweep_at.max(SWEEP_FROM) {
            return;
        }
        self.by_owner
            .retain(|_, bucket| bucket.in_progress > 0 || !bucket.is_full(now));
        self.sweep_at = self.by_owner.len() * 2;
    }
}

impl Bucket {
    fn full(limit: RateLimit, now: Instant) -> Self {
        Self {
            limit,
            filling_since: now.checked_sub(Self::filling_time(&limit)).unwrap_or(now),
            in_progress: 0,
        }
    }

    /// How long an empty one takes to be full.
    fn filling_time(limit: &RateLimit) -> Duration {
        let interval = limit.rate.map_or(Duration::ZERO, CallRate::interval);
        interval.saturating_mul(limit.burst())
    }

    fn is_full(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.filling_since) >= Self::filling_time(&self.limit)
    }

    /// How long a call has to wait, if it has to.
    fn pause(&self, now: Instant) -> Option<Duration> {
        if self
            .limit
            .concurrency
            .is_some_and(|most| self.in_progress >= most)
        {
            return Some(BUSY_PAUSE);
        }
        let interval = self.limit.rate?.interval();
        let filled = now.saturating_duration_since(self.filling_since);
        interval.checked_sub(filled).filter(|left| !left.is_zero())
    }

    fn take(&mut self, now: Instant) {
        self.in_progress += 1;
        let Some(rate) = self.limit.rate else { return };
        // What is beyond a burst has run over.
        let earliest = now
            .checked_sub(Self::filling_time(&self.limit))
            .unwrap_or(self.filling_since);
        self.filling_since = self.filling_since.max(earliest) + rate.interval();
    }
}

impl Drop for LimitedCall {
    fn drop(&mut self) {
        let mut buckets = self.limits.buckets();
        for owner in &self.owners {
            if let Some(bucket) = buckets.by_owner.get_mut(owner) {
                bucket.in_progress = bucket.in_progress.saturating_sub(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn limit(json: &str) -> RateLimit {
        serde_json::from_str(json).unwrap()
    }

    fn function(id: &str, json: &str) -> (LimitOf, Owner, RateLimit) {
        (
            LimitOf::Named,
            Owner::Function("s".into(), id.into()),
            limit(json),
        )
    }

    #[test]
    fn a_burst_and_then_the_rate() {
        let limits = RateLimits::default();
        let start = Instant::now();
        let begin = |after| {
            let owners = vec![function("f", r#"{"rate":10,"burst":3}"#)];
            limits.begin_of(owners, start + millis(after)).map(drop)
        };
        let wait = |pause| {
            Err(MustWait {
                pause: millis(pause),
                limit_of: LimitOf::Named,
            })
        };
        for (after, want) in [
            (0, Ok(())),
            (0, Ok(())),
            (0, Ok(())),
            (0, wait(100)),
            (40, wait(60)),
            (100, Ok(())),
            (100, wait(100)),
            // However long nothing comes, a burst is all there is.
            (60_000, Ok(())),
            (60_000, Ok(())),
            (60_000, Ok(())),
            (60_000, wait(100)),
        ] {
            assert_eq!(begin(after), want, "{after}");
        }
    }

    #[test]
    fn so_many_at_a_time() {
        let limits = RateLimits::default();
        let now = Instant::now();
        let begin = || limits.begin_of(vec![function("f", r#"{"concurrency":2}"#)], now);
        let (first, second) = (begin().unwrap(), begin().unwrap());
        assert_eq!(begin().unwrap_err().pause, BUSY_PAUSE);
        drop(first);
        let third = begin().unwrap();
        assert!(begin().is_err());
        drop((second, third));
        assert!(begin().is_ok());
    }

    #[test]
    fn what_one_refuses_takes_nothing_from_another() {
        let limits = RateLimits::default();
        let now = Instant::now();
        let subscription = || {
            let owner = Owner::Subscription("s".into(), "u".into());
            (LimitOf::Subscription, owner, limit(r#"{"rate":1}"#))
        };
        let alone = || vec![function("f", r#"{"rate":1,"burst":2}"#)];
        let both = || [vec![subscription()], alone()].concat();
        drop(limits.begin_of(both(), now).unwrap());
        let refused = |owners| limits.begin_of(owners, now).unwrap_err().limit_of;
        assert_eq!(refused(both()), LimitOf::Subscription);
        drop(limits.begin_of(alone(), now).unwrap());
        assert_eq!(refused(alone()), LimitOf::Named);
    }

    #[test]
    fn a_limit_that_is_changed_counts_anew_and_full_ones_are_forgotten() {
        let limits = RateLimits::default();
        let now = Instant::now();
        let begin = |id: &str, json: &str, now| limits.begin_of(vec![function(id, json)], now).map(drop);
        begin("f", r#"{"rate":1}"#, now).unwrap();
        assert!(begin("f", r#"{"rate":1}"#, now).is_err());
        begin("f", r#"{"rate":2}"#, now).unwrap();
        for n in 0..SWEEP_FROM {
            begin(&n.to_string(), r#"{"rate":1}"#, now).unwrap();
        }
        assert!(limits.buckets().by_owner.len() > SWEEP_FROM);
        begin("f", r#"{"rate":2}"#, now + millis(2_000)).unwrap();
        // The number from which on it is looked has doubled.
        for n in 0..SWEEP_FROM {
            begin(&format!("g{n}"), r#"{"rate":1}"#, now + millis(2_000)).unwrap();
        }
        let left = limits.buckets().by_owner.len();
        assert!(left <= SWEEP_FROM + 1, "{left}");
    }
}

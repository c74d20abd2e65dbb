//! What spaces do at the rates of their plans. Where processes share a table they lease tokens of its buckets, so that nothing
//! waits for it as long as a lease lasts. Where the table cannot be asked each goes on with its own part: a space that is a
//! little above its quota for a while is better than one whose events are refused.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use clocks::since_epoch;
use domain::ids::Space;
use domain::quota::{Empty, FillRate, Lease, Quota, QuotaRate, Spending, TokenRequest};
use store::Store;
use targets::ErrorChain;
use tokio::sync::Mutex as TurnMutex;

/// Leases from which on those that are over are looked for.
const SWEEP_FROM: usize = 1024;

/// How often one who wants tokens asks for a lease, where what it got is over before it is spent.
const ATTEMPTS: usize = 4;

/// What spaces have left of the rates of their plans.
#[derive(Debug)]
pub(crate) struct SpaceQuotas {
    store: Store,
    leases: Mutex<Leases>,
}

#[derive(Debug, Default)]
struct Leases {
    by_bucket: HashMap<(Space, Quota), Arc<TurnMutex<Lease>>>,
    sweep_at: usize,
}

impl SpaceQuotas {
    /// Counted where the store is.
    pub(crate) fn new(store: Store) -> Self {
        Self {
            store,
            leases: Mutex::default(),
        }
    }

    /// Takes so many of a space's quota: all of them or none.
    pub(crate) async fn take(
        &self,
        space: &Space,
        quota: Quota,
        rate: QuotaRate,
        count: usize,
    ) -> Result<(), Empty> {
        let tokens = u32::try_from(count).unwrap_or(u32::MAX);
        if tokens == 0 {
            return Ok(());
        }
        let rate = rate.fill_rate();
        match &self.store {
            Store::Embedded(_) => {
                let request = TokenRequest::exactly(tokens);
                // It does no I/O.
                let taken = self.store.take_tokens(space, quota, rate, request).await;
                taken.map_or(Ok(()), |taken| taken.map(|_| ()))
            }
            Store::DynamoDb(_) => self.spend(space, quota, rate, tokens).await,
        }
    }

    /// Gives back what was taken for nothing.
    pub(crate) async fn give_back(&self, space: &Space, quota: Quota, rate: QuotaRate, count: usize) {
        let tokens = u32::try_from(count).unwrap_or(u32::MAX);
        self.store
            .give_back_tokens(space, quota, rate.fill_rate(), tokens);
        let lease = self.leases().by_bucket.get(&(space.clone(), quota)).cloned();
        if let Some(lease) = lease {
            lease.lock().await.give_back(tokens);
        }
    }

    /// Spends leased tokens, and leases some where there are none. Those who want some take turns, so that one lease is asked
    /// for at a time.
    async fn spend(&self, space: &Space, quota: Quota, rate: FillRate, tokens: u32) -> Result<(), Empty> {
        let lease = self.leases().of(space, quota, rate);
        let mut lease = lease.lock().await;
        for _ in 0..ATTEMPTS {
            let request = match lease.spend(tokens, rate, epoch_nanos()) {
                Spending::Spent => return Ok(()),
                Spending::Refused(empty) => return Err(empty),
                Spending::Lease(request) => request,
            };
            match self.store.take_tokens(space, quota, rate, request).await {
                Ok(Ok(taken)) => lease.granted(taken.tokens, request, taken.leases, epoch_nanos()),
                Ok(Err(empty)) => return Err(lease.refused(empty, request, epoch_nanos())),
                Err(error) => {
                    tracing::warn!(
                        %space, quota = quota.name(), error = %ErrorChain(&error), "A quota could not be looked at."
                    );
                    lease.unreachable(request, epoch_nanos());
                }
            }
        }
        // The clock jumps: what was leased is over at once. That must not keep events away.
        Ok(())
    }

    fn leases(&self) -> MutexGuard<'_, Leases> {
        // No code that holds the lock can leave it half changed.
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leases {
    fn of(&mut self, space: &Space, quota: Quota, rate: FillRate) -> Arc<TurnMutex<Lease>> {
        let bucket = (space.clone(), quota);
        if let Some(lease) = self.by_bucket.get(&bucket) {
            return Arc::clone(lease);
        }
        self.sweep();
        let lease = Arc::new(TurnMutex::new(Lease::new(rate)));
        self.by_bucket.insert(bucket, Arc::clone(&lease));
        lease
    }

    /// Forgets leases that are over once there are many: their number stays in proportion to those in use.
    fn sweep(&mut self) {
        if self.by_bucket.len() < self.sweep_at.max(SWEEP_FROM) {
            return;
        }
        let now = epoch_nanos();
        self.by_bucket
            .retain(|_, lease| lease.try_lock().map_or(true, |lease| !lease.is_over(now)));
        self.sweep_at = self.by_bucket.len() * 2;
    }
}

/// The time that processes share, in nanoseconds since 1970.
fn epoch_nanos() -> u64 {
    u64::try_from(since_epoch(SystemTime::now()).as_nanos()).unwrap_or(u64::MAX)
}

//! Deliveries at the rate that the plan of their space allows: what is beyond it waits, and is never lost.

use domain::ids::{FunctionId, Space};
use domain::quota::{Quota, QuotaRate};
use domain::resource::Subscription;
use domain::routing::RoutingTable;

use tokio::time::Instant;

use super::deliverer::Deliverer;
use crate::rate_limits::{LimitOf, LimitedCall, MustWait};

impl Deliverer {
    /// Begins an attempt, as far as limits of the subscription and the function and the plan of their space let it.
    pub(super) async fn begin_attempt(
        &self,
        table: &RoutingTable,
        subscription: &Subscription,
        called: &FunctionId,
    ) -> Result<Option<LimitedCall>, MustWait> {
        let space = &subscription.space;
        let begin = || {
            let limited = self.invocation.rate_limits.begin(table, subscription, called);
            limited.inspect_err(|_| self.invocation.count_limited(space, called))
        };
        match delivery_rate(table, space) {
            None => begin(),
            // Boxed: most gateways have no plans.
            Some(rate) => Box::pin(self.begin_within(space, rate, begin)).await,
        }
    }

    /// Takes one attempt of a space's quota, which is given back if it cannot be made.
    async fn begin_within(
        &self,
        space: &Space,
        rate: QuotaRate,
        begin: impl Fn() -> Result<Option<LimitedCall>, MustWait>,
    ) -> Result<Option<LimitedCall>, MustWait> {
        let taken = self.quotas.take(space, Quota::Deliveries, rate, 1).await;
        taken.map_err(|empty| MustWait {
            pause: self
                .quota_turns
                .pause(space, (empty.wait, rate.interval()), Instant::now()),
            limit_of: LimitOf::Space,
        })?;
        let limited = begin();
        if limited.is_err() {
            self.quotas.give_back(space, Quota::Deliveries, rate, 1).await;
        }
        limited
    }
}

fn delivery_rate(table: &RoutingTable, space: &Space) -> Option<QuotaRate> {
    if !table.limits_deliveries() {
        return None;
    }
    table.plan(space)?.rate(Quota::Deliveries)
}

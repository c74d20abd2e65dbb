//! Deliveries at the rates that the plan of their space, their subscription and their function allow: what is beyond them
//! waits, and is never lost.

use domain::ids::{FunctionId, Space};
use domain::quota::{Quota, QuotaRate};
use domain::resource::Subscription;
use domain::routing::RoutingTable;

use super::deliverer::Deliverer;
use crate::rate_limits::{LimitOf, LimitedCall, MustWait};

impl Deliverer {
    /// Takes an attempt from the quota of the space, and a place in the limits of the subscription and of the function that is
    /// called; or says how long it has to wait for one of them.
    pub(super) async fn within_limits(
        &self,
        table: &RoutingTable,
        subscription: &Subscription,
        called: &FunctionId,
    ) -> Result<Option<LimitedCall>, MustWait> {
        let space = &subscription.space;
        // Boxed: where no plan limits deliveries none has to carry it.
        if table.limits_deliveries()
            && let Some(wait) = Box::pin(self.must_wait(table, space)).await
        {
            return Err(wait);
        }
        let limited = self.invocation.rate_limits.begin(table, subscription, called);
        if limited.is_err() {
            self.invocation.count_limited(space, called);
            if table.limits_deliveries() {
                Box::pin(self.did_not_attempt(table, space)).await;
            }
        }
        limited
    }

    /// Takes one attempt of a space's quota, or says how long it has to wait.
    async fn must_wait(&self, table: &RoutingTable, space: &Space) -> Option<MustWait> {
        let rate = delivery_rate(table, space)?;
        let taken = self.quotas.take(space, Quota::Deliveries, rate, 1).await;
        taken.err().map(|empty| MustWait {
            pause: empty.wait,
            limit_of: LimitOf::Space,
        })
    }

    /// Gives an attempt back that was not made after all.
    async fn did_not_attempt(&self, table: &RoutingTable, space: &Space) {
        if let Some(rate) = delivery_rate(table, space) {
            self.quotas.give_back(space, Quota::Deliveries, rate, 1).await;
        }
    }
}

fn delivery_rate(table: &RoutingTable, space: &Space) -> Option<QuotaRate> {
    table.plan(space)?.rate(Quota::Deliveries)
}

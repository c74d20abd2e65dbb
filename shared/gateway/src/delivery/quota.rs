//! Deliveries at the rate that the plan of their space allows: what is beyond it waits, and is never lost.

use domain::ids::Space;
use domain::quota::{Quota, QuotaRate};
use domain::routing::RoutingTable;

use super::deliverer::Deliverer;
use crate::rate_limits::{LimitOf, MustWait};

impl Deliverer {
    /// Takes one attempt of a space's quota, or says how long it has to wait.
    pub(super) async fn must_wait(&self, table: &RoutingTable, space: &Space) -> Option<MustWait> {
        let rate = delivery_rate(table, space)?;
        let taken = self.quotas.take(space, Quota::Deliveries, rate, 1).await;
        taken.err().map(|empty| MustWait {
            pause: empty.wait,
            limit_of: LimitOf::Space,
        })
    }

    /// Gives an attempt back that was not made after all.
    pub(super) async fn did_not_attempt(&self, table: &RoutingTable, space: &Space) {
        if let Some(rate) = delivery_rate(table, space) {
            self.quotas.give_back(space, Quota::Deliveries, rate, 1).await;
        }
    }
}

fn delivery_rate(table: &RoutingTable, space: &Space) -> Option<QuotaRate> {
    table.plan(space)?.rate(Quota::Deliveries)
}

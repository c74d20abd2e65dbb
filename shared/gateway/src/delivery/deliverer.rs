//! The handles that deliveries are made with.

use std::sync::Arc;
use std::time::Duration;

use domain::delivery::Delivery;
use domain::ids::Space;
use queue::DeliveryQueue;
use records::DeliveryLog;
use store::Store;
use traces::Tracer;

use super::dead_letters::DeadLetters;
use super::permits::Permits;
use super::quota_turns::QuotaTurns;
use crate::invocation::Invocation;
use crate::metrics::EventMetrics;
use crate::space_quotas::SpaceQuotas;
use crate::unattempted::Unattempted;
use crate::usage::is_used;

/// What deliveries are made by.
#[derive(Debug)]
pub(crate) struct Deliverer {
    pub(crate) store: Store,
    pub(crate) queue: DeliveryQueue,
    pub(crate) dead_letters: DeadLetters,
    pub(crate) delivery_log: DeliveryLog,
    pub(crate) unattempted: Unattempted,
    pub(crate) invocation: Arc<Invocation>,
    pub(crate) metrics: Arc<EventMetrics>,
    pub(crate) permits: Permits,
    pub(crate) quotas: Arc<SpaceQuotas>,
    pub(crate) quota_turns: QuotaTurns,
    /// Longest time for which a function is left alone because it asks for that.
    pub(crate) max_retry_after: Duration,
    pub(crate) tracer: Tracer,
}

impl Deliverer {
    /// Counts a delivery that is given up.
    pub(super) fn count_dead_letter(&self, delivery: &Delivery) {
        if is_used(&delivery.event) {
            self.count_dead_letters(&delivery.space, 1);
        } else {
            self.metrics.space(&delivery.space).dead_lettered.increment(1);
        }
    }

    /// Counts deliveries that were given up.
    pub(super) fn count_dead_letters(&self, space: &Space, count: usize) {
        let counters = self.metrics.space(space);
        self.metrics
            .used(space, &counters, |usage| usage.dead_letters(count));
        counters.dead_lettered.increment(count as u64);
    }
}

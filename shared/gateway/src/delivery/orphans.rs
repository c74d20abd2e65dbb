//! Deliveries whose subscription or function was deleted become dead letters at once, however far away the time is that
//! they wait for.

use std::sync::Arc;
use std::time::Duration;

use domain::dead_letter::DeadLetterReason;
use domain::routing::RoutingTable;
use domain::space_version::SpaceVersion;
use queue::{DeliveryQueue, Embedded, WaitingLane};
use store::Store;
use targets::ErrorChain;

use super::dead_letters::DeadLetterError;
use super::deliverer::Deliverer;

/// Time between two looks at whether anything was deleted: an embedded store costs nothing to be asked.
const PAUSE: Duration = Duration::from_secs(1);
/// The same where asking is a read of a table.
const PAUSE_OF_TABLES: Duration = Duration::from_mins(1);

impl Deliverer {
    /// Looks for what was deleted, for ever ([`crate::Gateway::give_up_orphans`]).
    pub(crate) async fn give_up_orphans(&self) {
        let DeliveryQueue::Embedded(queue) = &self.queue else {
            return std::future::pending().await;
        };
        let pause = match &self.store {
            Store::Embedded(_) => PAUSE,
            Store::DynamoDb(_) => PAUSE_OF_TABLES,
        };
        let mut seen: Option<Arc<RoutingTable>> = None;
        loop {
            if let Ok(table) = self.store.routing_table(&[]).await
                && seen.as_ref().is_none_or(|seen| !Arc::ptr_eq(seen, &table))
            {
                self.queue.set_shared(table.is_shared());
                match self.give_up_orphans_of(queue, &table).await {
                    Ok(()) => seen = Some(table),
                    Err(error) => {
                        tracing::warn!(error = %ErrorChain(&error), "Deliveries without a subscription could not be given up yet.");
                    }
                }
            }
            tokio::time::sleep(pause).await;
        }
    }

    async fn give_up_orphans_of(
        &self,
        queue: &Embedded,
        table: &RoutingTable,
    ) -> Result<(), DeadLetterError> {
        let mut after = None;
        loop {
            let lanes = queue.lanes(after).await?;
            for lane in &lanes.lanes {
                if reason(table, lane).is_none() {
                    continue;
                }
                // The table at hand may be older than the subscription of a queued delivery.
                let newest = SpaceVersion {
                    space: lane.space.clone(),
                    version: u64::MAX,
                };
                let newest = self.store.routing_table(&[newest]).await?;
                let Some(reason) = reason(&newest, lane) else {
                    continue;
                };
                let count = queue.give_up(lane, reason, lanes.until).await?;
                if count > 0 {
                    let WaitingLane {
                        space,
                        subscription,
                        function,
                    } = lane;
                    tracing::warn!(
                        %space, subscriptionId = %subscription, functionId = %function, count,
                        reason = reason.as_str(),
                        "Waiting deliveries given up."
                    );
                    self.count_dead_letters(space, count);
                }
            }
            after = lanes.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}

/// Why no delivery of a lane can be made any more, if that is so.
fn reason(table: &RoutingTable, lane: &WaitingLane) -> Option<DeadLetterReason> {
    if table.subscription(&lane.space, &lane.subscription).is_none() {
        Some(DeadLetterReason::SubscriptionDeleted)
    } else if table.function(&lane.space, &lane.function).is_none() {
        Some(DeadLetterReason::FunctionNotFound)
    } else {
        None
    }
}

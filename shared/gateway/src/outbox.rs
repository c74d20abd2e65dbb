//! How deliveries of events go into the queue: those that were accepted, and those of system events.

use std::fmt::Display;
use std::sync::Arc;

use domain::delivery::Delivery;
use domain::ids::Space;
use domain::routing::RoutingTable;
use queue::{DeliveryQueue, QueueError, Reservation, Unsent};
use targets::ErrorChain;

use crate::error::GatewayError;
use crate::metrics::EventMetrics;
use crate::usage::{SpaceUsage, is_used};

/// The queue, with the counters and log lines of what goes into it. A handle: clones share what it leads to.
#[derive(Debug, Clone)]
pub(crate) struct Outbox {
    queue: DeliveryQueue,
    metrics: Arc<EventMetrics>,
}

impl Outbox {
    pub(crate) fn new(queue: DeliveryQueue, metrics: Arc<EventMetrics>) -> Self {
        Self { queue, metrics }
    }

    pub(crate) fn queue(&self) -> &DeliveryQueue {
        &self.queue
    }

    pub(crate) fn metrics(&self) -> &EventMetrics {
        &self.metrics
    }

    /// Queues deliveries in the room set aside for them, or in what room there is now. Those to spaces without room are
    /// left out, counted and logged. It fails where an event would be lost that way, which `loses_event` says of those
    /// left out and those left.
    pub(crate) async fn send(
        &self,
        table: &RoutingTable,
        mut reservation: Option<Reservation>,
        mut deliveries: Vec<Delivery>,
        bytes: usize,
        loses_event: impl Fn(&[Delivery], &[Delivery]) -> bool,
    ) -> Result<(), GatewayError> {
        loop {
            let count = deliveries.len();
            self.count_queued(&deliveries, SpaceUsage::deliveries);
            let sent = match reservation.take() {
                Some(reservation) => reservation.send(deliveries).await,
                None => self.send_now(table, deliveries, bytes).await,
            };
            let Err(Unsent {
                error,
                deliveries: unsent,
            }) = sent
            else {
                return Ok(());
            };
            self.count_queued(&unsent, SpaceUsage::not_queued);
            if unsent.is_empty() {
                tracing::error!(deliveries = count, error = %ErrorChain(&error), "Deliveries could not be queued.");
                return Err(error.into());
            }
            let full = error.full_spaces();
            let (out, left): (Vec<_>, Vec<_>) = unsent.into_iter().partition(|one| full.contains(&one.space));
            self.count_dropped(&out, &error);
            if out.is_empty() || left.is_empty() || loses_event(&out, &left) {
                self.count_dropped(&left, &error);
                return Err(error.into());
            }
            deliveries = left;
        }
    }

    async fn send_now(
        &self,
        table: &RoutingTable,
        deliveries: Vec<Delivery>,
        bytes: usize,
    ) -> Result<(), Unsent> {
        let room = self
            .queue
            .check(&deliveries)
            .and_then(|()| self.reserve(table, &deliveries, bytes));
        match room {
            Ok(reservation) => reservation.send(deliveries).await,
            Err(error) => Err(Unsent { error, deliveries }),
        }
    }

    /// Sets room aside for deliveries, as their spaces have it: by their plan, or else their share.
    pub(crate) fn reserve<'d>(
        &self,
        table: &RoutingTable,
        deliveries: impl IntoIterator<Item = &'d Delivery>,
        bytes: usize,
    ) -> Result<Reservation, QueueError> {
        let most = |space: &Space| table.plan(space)?.waiting;
        self.queue.reserve_within(deliveries, bytes, most)
    }

    /// Whether each delivery fits into the queue; one that does not is counted and logged.
    pub(crate) fn check(&self, deliveries: &[Delivery]) -> Result<(), GatewayError> {
        self.queue.check(deliveries).map_err(|err| {
            self.count_dropped(deliveries, &err);
            err.into()
        })
    }

    /// Counts deliveries as usage of their spaces: those that are about to be queued, or those that were not.
    fn count_queued(&self, deliveries: &[Delivery], count: fn(&SpaceUsage, usize)) {
        if let Some(usage) = self.metrics.usage() {
            for of_space in deliveries.chunk_by(|a, b| a.space == b.space) {
                let used = of_space
                    .iter()
                    .filter(|delivery| is_used(&delivery.event))
                    .count();
                if let Some(first) = of_space.first().filter(|_| used > 0) {
                    count(&usage.of(&first.space), used);
                }
            }
        }
    }

    /// Counts deliveries as received.
    pub(crate) fn count_received(&self, deliveries: &[Delivery]) {
        for delivery in deliveries {
            self.metrics.space(&delivery.space).async_received.increment(1);
        }
    }

    /// Counts and logs deliveries that found no room.
    pub(crate) fn count_dropped<'d>(
        &self,
        deliveries: impl IntoIterator<Item = &'d Delivery>,
        error: &dyn Display,
    ) {
        for delivery in deliveries {
            self.metrics.space(&delivery.space).dropped.increment(1);
            tracing::warn!(
                space = %delivery.space, functionId = %delivery.function, event.id = delivery.event.id(), %error,
                "Delivery refused."
            );
        }
    }
}

//! Room for the deliveries of a request. A space that has none is left out where others on the same path have some: what
//! one space does must not keep the events of the others away.

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::fmt::Display;
use std::sync::Arc;

use domain::delivery::Delivery;
use domain::routing::RoutingTable;
use queue::{Reservation, Unsent};

use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::routed::Routed;
use crate::sync_calls::SyncCall;
use targets::ErrorChain;

impl Gateway {
    /// Sets room aside for the deliveries of a request whose body has `bytes`. Those to spaces without room are left out,
    /// counted and logged; it fails where an event would reach nobody then whose sender hears from nobody else.
    pub(crate) fn reserve(
        &self,
        routed: &mut [Routed<'_>],
        bytes: usize,
    ) -> Result<Reservation, GatewayError> {
        loop {
            let deliveries = routed.iter().flat_map(|routed| &routed.deliveries);
            let error = match self.queue().reserve(deliveries, bytes) {
                Ok(reservation) => return Ok(reservation),
                Err(error) => error,
            };
            let full = error.full_spaces();
            if !self.leave_out(routed, |_, delivery| full.contains(&delivery.space), &error) {
                self.count_dropped(routed.iter().flat_map(|routed| &routed.deliveries), &error);
                return Err(error.into());
            }
        }
    }

    /// Begins the calls that a client waits for. Where only authorizers of a space are too many, their deliveries are left
    /// out like those without room.
    pub(crate) fn begin_calls(
        &self,
        table: &RoutingTable,
        routed: &mut [Routed<'_>],
    ) -> Result<Vec<SyncCall>, GatewayError> {
        loop {
            let error = match self.begin_sync_calls(routed.iter().flat_map(|routed| routed.asked(table))) {
                Ok(calls) => return Ok(calls),
                Err(error) => error,
            };
            let GatewayError::SpaceBusy { space: busy } = &error else {
                return Err(error);
            };
            let mut answering = routed.iter().filter(|routed| routed.sync.is_some());
            let is_left_out = |routed: &Routed<'_>, delivery: &Delivery| {
                delivery.space == *busy && table.authorizer(busy, routed.event.event_type()).is_some()
            };
            if answering.any(|routed| routed.asked(table).any(|space| space == busy))
                || !self.leave_out(routed, is_left_out, &error)
            {
                return Err(error);
            }
        }
    }

    /// Leaves deliveries out, unless there are none or an event reaches nobody then whose sender hears from nobody else.
    fn leave_out(
        &self,
        routed: &mut [Routed<'_>],
        is_out: impl Fn(&Routed<'_>, &Delivery) -> bool,
        error: &dyn Display,
    ) -> bool {
        let all_out = |routed: &Routed<'_>| routed.deliveries.iter().all(|one| is_out(routed, one));
        if routed
            .iter()
            .any(|routed| routed.is_promised() && all_out(routed))
        {
            return false;
        }
        let mut is_any_out = false;
        for routed in routed {
            let deliveries = std::mem::take(&mut routed.deliveries);
            let (out, left): (Vec<_>, _) = deliveries.into_iter().partition(|one| is_out(routed, one));
            routed.deliveries = left;
            is_any_out |= !out.is_empty();
            self.count_dropped(&out, error);
        }
        is_any_out
    }

    /// Queues deliveries in the room set aside for them, or in what room there is now. Those to spaces without room are
    /// left out, counted and logged; it fails where none of an event of `promised` would be left.
    pub(crate) async fn send(
        &self,
        mut reservation: Option<Reservation>,
        mut deliveries: Vec<Delivery>,
        bytes: usize,
        promised: &[Routed<'_>],
    ) -> Result<(), GatewayError> {
        loop {
            let count = deliveries.len();
            let sent = match reservation.take() {
                Some(reservation) => reservation.send(deliveries).await,
                None => self.send_now(deliveries, bytes).await,
            };
            let Err(Unsent {
                error,
                deliveries: unsent,
            }) = sent
            else {
                return Ok(());
            };
            if unsent.is_empty() {
                tracing::error!(deliveries = count, error = %ErrorChain(&error), "Deliveries could not be queued.");
                return Err(error.into());
            }
            let full = error.full_spaces();
            let (out, left): (Vec<_>, Vec<_>) = unsent.into_iter().partition(|one| full.contains(&one.space));
            self.count_dropped(&out, &error);
            if out.is_empty() || left.is_empty() || is_any_lost(promised, &out, &left) {
                self.count_dropped(&left, &error);
                return Err(error.into());
            }
            deliveries = left;
        }
    }

    async fn send_now(&self, deliveries: Vec<Delivery>, bytes: usize) -> Result<(), Unsent> {
        let queue = self.queue();
        let room = queue
            .check(&deliveries)
            .and_then(|()| queue.reserve(&deliveries, bytes));
        match room {
            Ok(reservation) => reservation.send(deliveries).await,
            Err(error) => Err(Unsent { error, deliveries }),
        }
    }

    /// Whether each delivery fits into the queue; one that does not is counted and logged.
    pub(crate) fn check(&self, deliveries: &[Delivery]) -> Result<(), GatewayError> {
        self.queue().check(deliveries).map_err(|err| {
            self.count_dropped(deliveries, &err);
            err.into()
        })
    }

    /// Counts deliveries as received.
    pub(crate) fn count_async(&self, deliveries: &[Delivery]) {
        for delivery in deliveries {
            self.metrics().space(&delivery.space).async_received.increment(1);
        }
    }

    /// Counts and logs deliveries that found no room.
    pub(crate) fn count_dropped<'d>(
        &self,
        deliveries: impl IntoIterator<Item = &'d Delivery>,
        error: &dyn Display,
    ) {
        for delivery in deliveries {
            self.metrics().space(&delivery.space).dropped.increment(1);
            tracing::warn!(
                space = %delivery.space, functionId = %delivery.function, event.id = delivery.event.id(), %error,
                "Delivery refused."
            );
        }
    }
}

/// Whether of an event all deliveries are left out.
fn is_any_lost(promised: &[Routed<'_>], out: &[Delivery], left: &[Delivery]) -> bool {
    let events = |deliveries: &[Delivery]| -> HashSet<_> {
        deliveries.iter().map(|one| Arc::as_ptr(&one.event)).collect()
    };
    let (out, left) = (events(out), events(left));
    promised
        .iter()
        .any(|routed| routed.is_among(&out) && !routed.is_among(&left))
}

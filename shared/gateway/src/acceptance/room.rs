//! Room for the deliveries of a request. A space that has none is left out where others on the same path have some: what
//! one space does must not keep the events of the others away.

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashSet};
use std::fmt::Display;
use std::sync::Arc;

use domain::delivery::Delivery;
use domain::ids::Space;
use domain::routing::RoutingTable;
use queue::Reservation;

use super::candidate::Candidate;
use crate::error::GatewayError;
use crate::outbox::Outbox;
use crate::space_quotas::SpaceQuotas;
use crate::sync_calls::{SyncCall, SyncCalls};

/// What room is asked of: the queue, and the places of calls.
#[derive(Debug)]
pub(crate) struct AdmissionControl {
    pub(crate) outbox: Outbox,
    /// `None` where calls that clients wait for are not bounded.
    pub(crate) sync_calls: Option<Arc<SyncCalls>>,
    pub(crate) quotas: Arc<SpaceQuotas>,
}

impl AdmissionControl {
    /// Sets room aside for the deliveries of a request whose body has `bytes`. Those to spaces without room are left out,
    /// counted and logged; it fails where an event would reach nobody then whose sender hears from nobody else.
    pub(crate) fn reserve(
        &self,
        table: &RoutingTable,
        candidates: &mut [Candidate<'_>],
        bytes: usize,
    ) -> Result<Reservation, GatewayError> {
        loop {
            let deliveries = candidates.iter().flat_map(|candidate| &candidate.deliveries);
            let error = match self.outbox.reserve(table, deliveries, bytes) {
                Ok(reservation) => return Ok(reservation),
                Err(error) => error,
            };
            let full = error.full_spaces();
            if !self.leave_out(candidates, |_, delivery| full.contains(&delivery.space), &error) {
                let deliveries = candidates.iter().flat_map(|candidate| &candidate.deliveries);
                self.outbox.count_dropped(deliveries, &error);
                return Err(error.into());
            }
        }
    }

    /// Begins the calls that a client waits for. Where only authorizers of a space are too many, their deliveries are left
    /// out like those without room.
    pub(crate) fn begin_calls(
        &self,
        table: &RoutingTable,
        candidates: &mut [Candidate<'_>],
    ) -> Result<Vec<SyncCall>, GatewayError> {
        loop {
            let asked = candidates.iter().flat_map(|candidate| candidate.asked(table));
            let error = match self.begin_sync_calls(table, asked) {
                Ok(calls) => return Ok(calls),
                Err(error) => error,
            };
            let GatewayError::SpaceBusy { space: busy } = &error else {
                return Err(error);
            };
            let mut answering = candidates.iter().filter(|candidate| candidate.sync.is_some());
            let is_left_out = |candidate: &Candidate<'_>, delivery: &Delivery| {
                delivery.space == *busy && candidate.is_guarded(table, delivery)
            };
            if answering.any(|candidate| candidate.asked(table).any(|space| space == busy))
                || !self.leave_out(candidates, is_left_out, &error)
            {
                return Err(error);
            }
        }
    }

    /// Begins calls that a client waits for, of functions of these spaces: one for each. There is nothing to begin where
    /// they are not bounded.
    pub(crate) fn begin_sync_calls<'s>(
        &self,
        table: &RoutingTable,
        spaces: impl IntoIterator<Item = &'s Space>,
    ) -> Result<Vec<SyncCall>, GatewayError> {
        let Some(calls) = &self.sync_calls else {
            return Ok(Vec::new());
        };
        let spaces: BTreeSet<&Space> = spaces.into_iter().collect();
        let begun = spaces.into_iter().map(|space| {
            let planned = table.plan(space).and_then(|plan| plan.sync_calls);
            calls.begin(space, planned).transpose()
        });
        begun.flatten().collect()
    }

    /// Leaves deliveries out, unless there are none or an event reaches nobody then whose sender hears from nobody else.
    pub(super) fn leave_out(
        &self,
        candidates: &mut [Candidate<'_>],
        is_out: impl Fn(&Candidate<'_>, &Delivery) -> bool,
        error: &dyn Display,
    ) -> bool {
        let all_out = |candidate: &Candidate<'_>| {
            let mut deliveries = candidate.deliveries.iter();
            deliveries.all(|one| is_out(candidate, one))
        };
        if candidates
            .iter()
            .any(|candidate| candidate.is_promised() && all_out(candidate))
        {
            return false;
        }
        let mut is_any_out = false;
        for candidate in candidates {
            let deliveries = std::mem::take(&mut candidate.deliveries);
            let (out, left): (Vec<_>, _) = deliveries.into_iter().partition(|one| is_out(candidate, one));
            candidate.deliveries = left;
            is_any_out |= !out.is_empty();
            self.outbox.count_dropped(&out, error);
        }
        is_any_out
    }
}

/// Whether of one of these events all deliveries are left out.
pub(super) fn is_any_lost(promised: &[Candidate<'_>], out: &[Delivery], left: &[Delivery]) -> bool {
    let events = |deliveries: &[Delivery]| -> HashSet<_> {
        deliveries.iter().map(|one| Arc::as_ptr(&one.event)).collect()
    };
    let (out, left) = (events(out), events(left));
    promised
        .iter()
        .any(|candidate| candidate.is_among(&out) && !candidate.is_among(&left))
}

//! Events at the rate that the spaces take which they reach, before anything is promised. A space that takes no more is left
//! out where others on the same path do: what one space is sent must not keep the events of the others away.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::Space;
use domain::quota::{Quota, QuotaRate};
use domain::routing::RoutingTable;

use super::candidate::Candidate;
use super::room::AdmissionControl;
use crate::error::GatewayError;
use crate::quota_used_up::QuotaUsedUp;

impl AdmissionControl {
    /// Takes events sent to a path for the space that owns it.
    pub(crate) async fn take_on_path(
        &self,
        table: &RoutingTable,
        path: &str,
        events: usize,
    ) -> Result<(), GatewayError> {
        match table.event_rate_on(path) {
            Some((space, rate)) => Ok(self.take(space, rate, events).await?),
            None => Ok(()),
        }
    }

    /// Takes an event for a space.
    pub(crate) async fn take_one(&self, table: &RoutingTable, space: &Space) -> Result<(), GatewayError> {
        match table.event_rate(space) {
            Some(rate) => Ok(self.take(space, rate, 1).await?),
            None => Ok(()),
        }
    }

    async fn take(&self, space: &Space, rate: QuotaRate, events: usize) -> Result<(), Box<QuotaUsedUp>> {
        let taken = self.quotas.take(space, Quota::Events, rate, events).await;
        taken.map_err(|empty| {
            let counters = self.outbox.metrics().space(space);
            counters.refused(Quota::Events, events);
            Box::new(QuotaUsedUp {
                space: space.clone(),
                rate,
                empty,
            })
        })
    }

    /// Takes events for the spaces that they reach. It fails where a space that answers takes no more, or where an event
    /// would reach nobody whose sender hears from nobody else.
    pub(super) async fn take_events(
        &self,
        table: &RoutingTable,
        candidates: &mut [Candidate<'_>],
    ) -> Result<(), GatewayError> {
        let (mut taken, mut full) = (Vec::new(), BTreeSet::new());
        let mut refusal = None;
        for (space, events) in reached(candidates) {
            let Some(rate) = table.event_rate(&space) else {
                continue;
            };
            match self.take(&space, rate, events).await {
                Ok(()) => taken.push((space, rate, events)),
                Err(used_up) => {
                    full.insert(space);
                    refusal.get_or_insert(used_up);
                }
            }
        }
        let Some(refusal) = refusal else { return Ok(()) };
        let mut answering = candidates.iter().filter_map(|candidate| candidate.sync);
        if answering.any(|subscription| full.contains(&subscription.space))
            || !self.leave_out(candidates, |_, delivery| full.contains(&delivery.space), &refusal)
        {
            for (space, rate, events) in taken {
                self.quotas.give_back(&space, Quota::Events, rate, events).await;
            }
            return Err(refusal.into());
        }
        Ok(())
    }
}

/// How many of the events reach each space.
fn reached(candidates: &[Candidate<'_>]) -> BTreeMap<Space, usize> {
    let mut counts = BTreeMap::new();
    for candidate in candidates {
        let sync = candidate.sync.iter().map(|subscription| &subscription.space);
        let deliveries = candidate.deliveries.iter().map(|delivery| &delivery.space);
        let spaces: BTreeSet<&Space> = sync.chain(deliveries).collect();
        for space in spaces {
            *counts.entry(space.clone()).or_default() += 1;
        }
    }
    counts
}

//! Tells whoever subscribes to it what a space used on a day that is over.

use std::sync::Arc;

use clocks::epoch_millis;
use domain::hops::Hops;
use domain::ids::Space;
use domain::routing::RoutingTable;
use domain::system_event::{SystemEvent, SystemEventType};
use domain::timestamp::Timestamp;
use domain::usage::{DAY_HOURS, HOUR_MILLIS, UsageCounts};
use store::{StoreError, UsageDayClaim};
use targets::ErrorChain;

use crate::gateway::Gateway;
use crate::invocation::system_events::SystemEvents;
use crate::usage::Usage;

/// Days that are told of at most at once, where nothing was counted of a space for a while.
const MOST_DAYS: u64 = 7;

impl Gateway {
    /// Writes what spaces use from time to time, and tells of days that are over; never ends.
    pub async fn run_usage(&self) {
        let Some(usage) = self.usage() else { return };
        loop {
            usage.pause().await;
            usage.flush().await;
            self.tell_usage(usage).await;
        }
    }

    /// Begins an invocation of a function on AWS Lambda: what was counted before it belongs to the hour of the one before.
    pub fn begin_invocation(&self) {
        if let Some(usage) = self.usage() {
            usage.begin_invocation();
        }
    }

    /// Ends an invocation, after which the process may be frozen or ended at any moment: writes what spaces use if it is time
    /// for that.
    pub async fn end_invocation(&self) {
        if let Some(usage) = self.usage()
            && usage.is_due()
        {
            usage.flush().await;
            self.tell_usage(usage).await;
        }
    }

    async fn tell_usage(&self, usage: &Usage) {
        let Ok(table) = self.store().routing_table(&[]).await else {
            // Whoever needs it more reports that.
            return;
        };
        if !table.has_system_subscribers() {
            return;
        }
        while let Some((space, today)) = usage.to_be_told(epoch_millis()) {
            let (gateway, table) = (self.clone(), Arc::clone(&table));
            // What is claimed is told, also if nobody waits for that any more.
            let telling = tokio::spawn(async move {
                if let Err(error) = gateway.tell_usage_of(&table, &space, today).await {
                    tracing::warn!(%space, error = %ErrorChain(&error), "The usage of a day could not be told.");
                    if let Some(usage) = gateway.usage() {
                        usage.untold(space, today);
                    }
                }
            });
            // A panic is in the log.
            let _ = telling.await;
        }
    }

    async fn tell_usage_of(&self, table: &RoutingTable, space: &Space, today: u64) -> Result<(), StoreError> {
        let system_events = &self.stages().invocation.system_events;
        let path = system_events.path_of_calls(space);
        if !SystemEvents::has_subscribers(table, SystemEventType::UsageDaily, &path) {
            return Ok(());
        }
        let from = today.saturating_sub(MOST_DAYS);
        let used = self
            .store()
            .usage(space, from * DAY_HOURS..today * DAY_HOURS)
            .await?;
        let yesterday = today.saturating_sub(1);
        let UsageDayClaim::Won { before } = self.store().claim_usage_day(space, yesterday).await? else {
            return Ok(());
        };
        // A claim of a day to come is of a clock that was ahead.
        let before = before.filter(|before| *before < yesterday);
        for day in before.map_or(yesterday, |before| from.max(before + 1))..today {
            let mut counts = UsageCounts::default();
            for hour in used.range(day * DAY_HOURS..(day + 1) * DAY_HOURS) {
                counts += *hour.1;
            }
            if counts.is_zero() {
                continue;
            }
            let day = Timestamp::of_millis(day * DAY_HOURS * HOUR_MILLIS);
            let event = SystemEvent::UsageDaily { space, day, counts };
            system_events.emit(table, &path, Hops::default(), event).await;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

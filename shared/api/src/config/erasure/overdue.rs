//! What looks for tenants whose time to be deleted has come, in a process that lives on.

use std::time::Duration;

use clocks::epoch_millis;
use domain::ids::TenantId;
use store::Store;

use super::round::Round;
use crate::config::ConfigApi;

/// Time between two looks: with an embedded store they cost nothing.
const PAUSE: Duration = Duration::from_secs(1);
/// The same where routes are read from a table.
const PAUSE_OF_TABLES: Duration = Duration::from_mins(1);
/// Time after which it is tried again what failed.
const AFTER_FAILURE: Duration = Duration::from_mins(1);

impl ConfigApi {
    /// Removes tenants whose time to be deleted has come, for ever. As long as there are none this is a look at a flag now and
    /// then.
    pub async fn erase_overdue_tenants(&self) {
        let pause = match &self.store {
            Store::Embedded(_) => PAUSE,
            Store::DynamoDb(_) => PAUSE_OF_TABLES,
        };
        loop {
            let mut all_well = true;
            if let Ok(table) = self.store.routing_table(&[]).await {
                let until = epoch_millis().saturating_sub(self.letting_go_ms());
                for tenant in table.overdue_tenants(until) {
                    all_well &= Box::pin(self.erase_overdue(&tenant)).await;
                }
            }
            tokio::time::sleep(if all_well { pause } else { AFTER_FAILURE }).await;
        }
    }

    /// Makes rounds until there is nothing left to do for now. Gives whether all went well.
    async fn erase_overdue(&self, tenant: &TenantId) -> bool {
        loop {
            match Box::pin(self.erase_round(tenant)).await {
                Ok(Round::Done | Round::Waits) => return true,
                Ok(Round::More) => {}
                Err(error) => {
                    // Another process was faster, or it was taken back in the last moment.
                    let is_left = self
                        .tenant(tenant)
                        .await
                        .is_ok_and(|tenant| tenant.deletion.is_some());
                    if !is_left {
                        return true;
                    }
                    tracing::warn!(%tenant, error = error.text(), "A tenant could not be deleted yet; it is tried again.");
                    return false;
                }
            }
        }
    }
}

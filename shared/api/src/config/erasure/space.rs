//! One space of a tenant that is deleted: everything that is in it, and at last the settings, which say whose it is.

use domain::configuration::{Configured, Snapshot};
use domain::ids::{KeyId, Space, TenantId};
use domain::resource::{ApiKey, Cors, EventType, Function, SpaceSettings, Subscription};
use domain::waiting::WaitingSelection;
use queue::DeliveryQueue;
use store::if_there;

use super::round::{SpaceProgress, Work};
use crate::config::ConfigApi;
use crate::error::ApiError;

/// Resources that go at once where the store would take any number: others write in between.
const MOST_AT_ONCE: usize = 500;

impl ConfigApi {
    /// Removes some of what is in a space. Its settings go last: as long as they are there it takes no events, and is known as the
    /// tenant's.
    pub(super) async fn erase_space(
        &self,
        space: &Space,
        id: &TenantId,
        work: &mut Work,
    ) -> Result<SpaceProgress, ApiError> {
        // What the settings say counts: what is listed and not the tenant's is not touched.
        if !self.is_of(space, id).await? {
            return Ok(SpaceProgress::Gone);
        }
        // Before the subscriptions, or they would become dead letters.
        if let DeliveryQueue::Embedded(queue) = &self.queue {
            let cancelled = queue.cancel(space, &WaitingSelection::default()).await?;
            work.removed.deliveries += count(cancelled);
            if queue.has_any_of(space) {
                return Ok(SpaceProgress::Waits);
            }
        }
        if let Some(stopped) = self.erase_resources(space, id, work).await? {
            return Ok(stopped);
        }
        // What follows is not known by its owner: so whose the space is is asked before each. It may be another tenant's by now.
        if !self.is_of(space, id).await? {
            return Ok(SpaceProgress::Gone);
        }
        let (purged, has_more) = self.dead_letters.purge_some(space).await?;
        work.removed.dead_letters += count(purged);
        if has_more {
            return Ok(SpaceProgress::More);
        }
        if !self.is_of(space, id).await? {
            return Ok(SpaceProgress::Gone);
        }
        if let Some(usage) = &self.usage {
            usage.forget(space).await;
        }
        if let Some(recent) = &self.recent_events {
            recent.forget(space);
        }
        if !self.is_of(space, id).await? {
            return Ok(SpaceProgress::Gone);
        }
        let forgotten = self.delivery_log.forget(space).await;
        forgotten.map_err(|error| ApiError::unreadable_delivery_log(&error))?;
        if !self.is_of(space, id).await? {
            return Ok(SpaceProgress::Gone);
        }
        if self.store.forget(space).await? {
            return Ok(SpaceProgress::More);
        }
        self.erase_settings(space, id, work).await
    }

    /// Removes resources and keys, as many as a round may. Gives why it stopped before all were gone.
    async fn erase_resources(
        &self,
        space: &Space,
        id: &TenantId,
        work: &mut Work,
    ) -> Result<Option<SpaceProgress>, ApiError> {
        let limit = self.store.step_limit();
        let most = limit.map_or(MOST_AT_ONCE, |limit| limit.resources);
        loop {
            let state = self.store.space_state(space).await?;
            // In the state that is replaced: it is the tenant's then, or nothing is written.
            if !is_tenants(&state.snapshot, space, id) {
                return Ok(Some(SpaceProgress::Gone));
            }
            let (after, removed) = without_some(&state.snapshot, most);
            if removed == 0 {
                return self.erase_keys(space, keys_of(&state.snapshot), work).await;
            }
            if !work.takes_write() {
                return Ok(Some(SpaceProgress::More));
            }
            // Where somebody came first, it is looked at again.
            if self.store.replace(state, after).await?.is_some() {
                work.removed.resources += count(removed);
            }
        }
    }

    /// Removes keys that a space had while it was the tenant's: ids are random, and so none is another owner's.
    async fn erase_keys(
        &self,
        space: &Space,
        keys: Vec<KeyId>,
        work: &mut Work,
    ) -> Result<Option<SpaceProgress>, ApiError> {
        for key in keys {
            if !work.takes_write() {
                return Ok(Some(SpaceProgress::More));
            }
            let gone = if_there(self.store.delete::<ApiKey>(space, &key).await)?;
            work.removed.keys += u64::from(gone.is_some());
        }
        Ok(None)
    }

    async fn erase_settings(
        &self,
        space: &Space,
        id: &TenantId,
        work: &mut Work,
    ) -> Result<SpaceProgress, ApiError> {
        let state = self.store.space_state(space).await?;
        if !is_tenants(&state.snapshot, space, id) {
            return Ok(SpaceProgress::Gone);
        }
        let mut after = state.snapshot.clone();
        after.remove::<SpaceSettings>(space);
        // It may have got something meanwhile.
        if !after.is_empty() || self.store.replace(state, after).await?.is_none() {
            return Ok(SpaceProgress::More);
        }
        work.removed.resources += 1;
        work.removed.spaces += 1;
        Ok(SpaceProgress::Gone)
    }
}

/// Whether a space is a tenant's, as it is in this state.
fn is_tenants(snapshot: &Snapshot, space: &Space, id: &TenantId) -> bool {
    let mut settings = snapshot.iter::<SpaceSettings>();
    settings.any(|stored| stored.resource.space == *space && stored.resource.tenant.as_ref() == Some(id))
}

fn keys_of(snapshot: &Snapshot) -> Vec<KeyId> {
    let keys = snapshot.iter::<ApiKey>();
    keys.map(|stored| stored.resource.key_id.clone()).collect()
}

/// A space without so many of its resources, those first that refer to others, and how many these were.
fn without_some(snapshot: &Snapshot, most: usize) -> (Snapshot, usize) {
    let (mut after, mut left) = (snapshot.clone(), most);
    take::<Subscription>(&mut after, &mut left);
    take::<Cors>(&mut after, &mut left);
    take::<EventType>(&mut after, &mut left);
    take::<Function>(&mut after, &mut left);
    (after, most - left)
}

fn take<R: Configured>(after: &mut Snapshot, left: &mut usize) {
    let first = after.iter::<R>().take(*left);
    let ids: Vec<_> = first.map(|stored| stored.resource.id().clone()).collect();
    *left -= ids.len();
    for id in &ids {
        after.remove::<R>(id);
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

//! Tenants that go with everything they have: piece by piece, in rounds that are bounded and can be made again, whoever is
//! interrupted. The tenant itself goes last, so that what is left is known by it until nothing is.

use axum::response::Response;
use clocks::{epoch_millis, millis};
use domain::access::Scope;
use domain::configuration::ConfigurationError;
use domain::ids::{Space, TenantId};
use domain::resource::{ApiKey, MetadataFilter, RemovedFromTenant, Tenant, TenantDeletion};
use domain::timestamp::Timestamp;
use http::{Method, StatusCode};
use store::{Store, StoreError, if_there};

use super::endpoint::{Action, Endpoint, EndpointRequest, Subject};
use super::etag::Precondition;
use super::openapi::blocks::{json, ok, with_errors};
use super::parameters::Query;
use super::tenancy::by_identifier;
use super::tenants::{id_of, of_tenant};
use super::{ConfigApi, no_content, with_version};
use crate::error::ApiError;
use round::{Round, SpaceProgress, Work};

mod overdue;
mod round;
mod space;

/// Time after that of a deletion in which other processes that share the store let go of what they have of the tenant: its
/// deliveries come by each minute, and are dropped.
const LETTING_GO_MS: u64 = 60 * 60 * 1_000;

pub(super) static SUBJECT: Subject = Subject {
    endpoints: &[Endpoint {
        path: &["erase"],
        actions: &[Action {
            method: Method::POST,
            labels: ("tenant", "delete"),
            scope: Scope::KeysAdmin,
            answer: |api, asked| Box::pin(api.erase_tenant(asked)),
            describe: || {
                let erase = of_tenant(
                    "eraseTenant",
                    "Remove some of what a tenant has whose time to be deleted has come",
                )
                .response("202", json("There is more: ask again.", "Tenant"))
                .response("204", ok("Nothing is left of it.", None));
                with_errors(erase, &["400", "403", "404", "409"])
            },
        }],
    }],
    schemas: |_| {},
};

impl ConfigApi {
    /// Suspends a tenant, to be deleted with everything it has after the grace period.
    pub(super) async fn leave(&self, asked: EndpointRequest<'_>) -> Result<Response, ApiError> {
        let (place, id) = (asked.space, id_of(asked.space));
        let (precondition, secrets) = (Precondition::of(asked.parts), self.secrets.clone());
        let grace = millis(self.store.rules().tenant_grace);
        let at = Timestamp::of_millis(epoch_millis().saturating_add(grace));
        let leave = move |stored: &Tenant| {
            precondition.check(stored, &secrets)?;
            Ok(stored.to_be_deleted(at))
        };
        let written = self.store.revise(place, place, leave).await;
        let written = written.map_err(by_identifier(&id))?;
        tracing::info!(tenant = %id, "Tenant to be deleted with everything it has.");
        let answer = self.answer_with(StatusCode::ACCEPTED, &*written.value);
        Ok(with_version(answer, written.version))
    }

    async fn erase_tenant(&self, asked: EndpointRequest<'_>) -> Result<Response, ApiError> {
        asked.caller.check_root()?;
        Query::of(asked.parts, &[])?;
        let id = id_of(asked.space);
        match Box::pin(self.erase_round(&id)).await? {
            Round::Done => Ok(no_content()),
            Round::More | Round::Waits => {
                let tenant = self.tenant(&id).await?;
                Ok(self.answer_with(StatusCode::ACCEPTED, &tenant))
            }
        }
    }

    /// Removes some of what a tenant has, if its time has come; where nothing is left of it, the tenant.
    async fn erase_round(&self, id: &TenantId) -> Result<Round, ApiError> {
        let tenant = self.begun(id).await?;
        let mut work = Work::of_a_round();
        let erased = self.erase_spaces(&tenant, &mut work).await;
        // What was removed is counted whatever came of it.
        self.note(id, &mut work, None).await?;
        match erased? {
            Round::Done => {}
            unfinished => return Ok(unfinished),
        }
        let place = id.place();
        let keys = self
            .store
            .list::<ApiKey>(&place, &MetadataFilter::default())
            .await?;
        for key in keys {
            if !work.takes_write() {
                self.note(id, &mut work, None).await?;
                return Ok(Round::More);
            }
            let gone = if_there(self.store.delete::<ApiKey>(&place, &key.key_id).await)?;
            work.removed.keys += u64::from(gone.is_some());
        }
        self.note(id, &mut work, None).await?;
        match self.store.delete::<Tenant>(&place, &place).await {
            Ok(_) => tracing::info!(tenant = %id, "Tenant deleted with everything it had."),
            Err(StoreError::Rejected(ConfigurationError::NotFound { .. })) => {}
            // It got something meanwhile.
            Err(StoreError::Rejected(ConfigurationError::TenantInUse { .. })) => return Ok(Round::More),
            Err(error) => return Err(error.into()),
        }
        Ok(Round::Done)
    }

    /// The tenant, of which from now on nobody takes back that it is deleted.
    async fn begun(&self, id: &TenantId) -> Result<Tenant, ApiError> {
        let tenant = self.tenant(id).await?;
        let Some(deletion) = tenant.deletion else {
            return Err(ApiError::tenant_stays(id));
        };
        if deletion.begun {
            return Ok(tenant);
        }
        let from = Timestamp::of_millis(deletion.at.millis().saturating_add(self.letting_go_ms()));
        if epoch_millis() < from.millis() {
            return Err(ApiError::tenant_stays_until(id, from));
        }
        let begin = move |stored: &Tenant| {
            let mut begun = stored.clone();
            // It may have been taken back and asked for anew meanwhile.
            if begun.deletion.is_some_and(|its| its.at == deletion.at) {
                begun.deletion = Some(TenantDeletion {
                    begun: true,
                    ..deletion
                });
            }
            Ok(begun)
        };
        let place = id.place();
        let written = self.store.revise(&place, &place, begin).await;
        let written = written.map_err(by_identifier(id))?;
        match written.value.deletion {
            Some(deletion) if deletion.begun => Ok(Tenant::clone(&written.value)),
            _ => Err(ApiError::tenant_stays(id)),
        }
    }

    /// How long others are given to let go of a tenant: a store of this process alone has no others.
    fn letting_go_ms(&self) -> u64 {
        match &self.store {
            Store::Embedded(_) => 0,
            Store::DynamoDb(_) => LETTING_GO_MS,
        }
    }

    /// Removes some of what is in the spaces of a tenant. One that cannot be removed now keeps no other one.
    async fn erase_spaces(&self, tenant: &Tenant, work: &mut Work) -> Result<Round, ApiError> {
        let id = tenant.tenant_id();
        let (mut round, mut failure) = (Round::Done, None);
        for space in self.left_of(tenant).await? {
            match Box::pin(self.erase_space(&space, &id, work)).await {
                Ok(SpaceProgress::Gone) => self.note(&id, work, Some(&space)).await?,
                Ok(SpaceProgress::Waits) if round == Round::Done => round = Round::Waits,
                Ok(SpaceProgress::Waits) => {}
                // The next round begins there: what a space takes besides writes is bounded, but not for all spaces together.
                Ok(SpaceProgress::More) => {
                    round = Round::More;
                    break;
                }
                Err(error) => failure = Some(error),
            }
            if !work.takes_write() {
                round = Round::More;
                break;
            }
        }
        failure.map_or(Ok(round), Err)
    }

    /// The spaces that are left of a tenant. One that was made or released at the same moment may not be listed.
    async fn left_of(&self, tenant: &Tenant) -> Result<Vec<Space>, StoreError> {
        let table = self.store.newest_routing_table().await?;
        let mut left = tenant.spaces.clone();
        let unlisted = table.spaces_of_tenant(&tenant.tenant_id()).into_iter();
        left.extend(unlisted.filter(|space| !tenant.spaces.contains(space)));
        Ok(left)
    }

    /// Notes with the tenant what was removed, and that one of its spaces is gone.
    async fn note(&self, id: &TenantId, work: &mut Work, gone: Option<&Space>) -> Result<(), StoreError> {
        let removed = std::mem::take(&mut work.removed);
        if gone.is_none() && removed == RemovedFromTenant::default() {
            return Ok(());
        }
        let gone = gone.cloned();
        let note = move |stored: &Tenant| {
            let mut noted = match &gone {
                Some(space) => stored.without_space(space),
                None => stored.clone(),
            };
            if let Some(deletion) = &mut noted.deletion {
                deletion.removed += removed;
            }
            Ok(noted)
        };
        let place = id.place();
        if_there(self.store.revise(&place, &place, note).await)?;
        Ok(())
    }
}

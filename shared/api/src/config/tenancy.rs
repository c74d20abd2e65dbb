//! What a request has to do with tenants: whose key opens a space, and whether its tenant is suspended.

use std::sync::Arc;

use clocks::epoch_millis;
use domain::api_key::PresentedKey;
use domain::configuration::ConfigurationError;
use domain::ids::{Space, TenantId};
use domain::resource::{ApiKey, SpaceSettings, Tenant, TenantState};
use store::{StoreError, if_there};

use super::ConfigApi;
use crate::error::ApiError;

impl ConfigApi {
    /// The key that somebody sent, if it opens a space: one of the space, or of the tenant that it belongs to.
    pub(super) async fn key_to(
        &self,
        space: &Space,
        presented: &PresentedKey,
    ) -> Result<Arc<ApiKey>, ApiError> {
        let unreadable = |error: StoreError| ApiError::unreadable_keys(&error);
        if let Some(key) = self.opening(space, presented).await.map_err(unreadable)? {
            return Ok(key);
        }
        let tenant = self.tenant_of(space).await.map_err(unreadable)?;
        let place = tenant.map(|tenant| tenant.place());
        // That of a tenant itself has been looked for.
        let place = place.filter(|place| place != space);
        let place = place.ok_or_else(ApiError::unauthorized)?;
        let key = self.opening(&place, presented).await.map_err(unreadable)?;
        key.ok_or_else(ApiError::unauthorized)
    }

    async fn opening(
        &self,
        owner: &Space,
        presented: &PresentedKey,
    ) -> Result<Option<Arc<ApiKey>>, StoreError> {
        let key = if_there(self.store.get::<ApiKey>(owner, presented.id()).await)?;
        Ok(key.filter(|key| key.is_opened_by(presented, epoch_millis())))
    }

    /// Whether what is in a space, or belongs to a tenant itself, is of a tenant that is suspended.
    pub(super) async fn is_suspended(&self, space: &Space) -> Result<bool, StoreError> {
        let Some(tenant) = self.tenant_of(space).await? else {
            return Ok(false);
        };
        let place = tenant.place();
        let tenant = if_there(self.store.get::<Tenant>(&place, &place).await)?;
        Ok(tenant.is_some_and(|tenant| tenant.state == TenantState::Suspended))
    }

    async fn tenant_of(&self, space: &Space) -> Result<Option<TenantId>, StoreError> {
        if let Some(tenant) = space.tenant() {
            return Ok(Some(tenant));
        }
        let settings = if_there(self.store.get::<SpaceSettings>(space, space).await)?;
        Ok(settings.and_then(|settings| settings.tenant.clone()))
    }
}

/// An error about a tenant, by its identifier instead of where it is kept.
pub(super) fn by_identifier(id: &TenantId) -> impl Fn(StoreError) -> ApiError + use<'_> {
    move |error| match error {
        StoreError::Rejected(ConfigurationError::NotFound { kind, id: at }) if id.place().as_str() == at => {
            let id = id.to_string();
            ConfigurationError::NotFound { kind, id }.into()
        }
        StoreError::Rejected(ConfigurationError::PreconditionFailed { kind, id: at })
            if id.place().as_str() == at =>
        {
            let id = id.to_string();
            ConfigurationError::PreconditionFailed { kind, id }.into()
        }
        StoreError::Rejected(ConfigurationError::AlreadyExists { kind, id: at })
            if id.place().as_str() == at =>
        {
            let id = id.to_string();
            ConfigurationError::AlreadyExists { kind, id }.into()
        }
        error => error.into(),
    }
}

//! Whether what is asked of the Configuration API is for those who ask: the holder of the access key may do everything, the
//! holder of a key of a space what the key allows there, and where there is no access key anybody may.

use clocks::epoch_millis;
use domain::access::Scope;
use domain::api_key::PresentedKey;
use domain::configuration::ConfigurationError;
use domain::ids::Space;
use domain::resource::ApiKey;
use http::{HeaderMap, Method};
use store::StoreError;

use super::ConfigApi;
use super::access::bearer;
use super::caller::{Caller, Holder};
use super::paths::Route;
use super::resources::ResourceOperation;
use super::secrets::SecretRules;
use crate::error::ApiError;

/// Who may ask for something.
#[derive(Debug)]
pub(super) enum Need<'r> {
    /// Everybody.
    Nothing,
    /// The holder of the access key.
    Root,
    /// Whoever has a key of the space that allows this. `None` for methods that do nothing there, of which any holder of a
    /// key of the space may learn.
    Key(&'r Space, Option<Scope>),
}

impl<'r> Need<'r> {
    /// Who may ask for what a path names.
    pub(super) fn of(route: &'r Route, method: &Method) -> Self {
        match route {
            Route::Status => Self::Nothing,
            // Of no single space.
            Route::Metrics | Route::OpenApi | Route::Spaces => Self::Root,
            Route::Resource { space, id, .. } => {
                let operation = ResourceOperation::of(method, id.clone());
                Self::Key(space, operation.map(|operation| operation.scope()))
            }
            Route::Endpoint { space, endpoint, .. } => {
                Self::Key(space, endpoint.action(method).map(|action| action.scope))
            }
        }
    }
}

impl ConfigApi {
    /// Who asks, if it is for them. A key opens its own space; in any other it is as unknown as one that never was, whether
    /// there is such a space or not. Nothing of what is asked for has been looked at then.
    pub(super) async fn caller(&self, need: &Need<'_>, headers: &HeaderMap) -> Result<Caller, ApiError> {
        let Some(access_key) = &self.access_key else {
            return Ok(Caller::Root);
        };
        if matches!(need, Need::Nothing) || access_key.opens(headers) {
            return Ok(Caller::Root);
        }
        // What is no key, whole and without a slip, is not looked for.
        let presented = bearer(headers).and_then(PresentedKey::parse);
        let (Need::Key(space, scope), Some(presented)) = (need, presented) else {
            return Err(ApiError::unauthorized());
        };
        // Boxed: requests with the access key do not carry it.
        let stored = Box::pin(self.store.get::<ApiKey>(space, presented.id())).await;
        let key = match stored {
            Ok(key) if key.is_opened_by(&presented, epoch_millis()) => key,
            Ok(_) | Err(StoreError::Rejected(ConfigurationError::NotFound { .. })) => {
                return Err(ApiError::unauthorized());
            }
            Err(error) => return Err(ApiError::unreadable_keys(&error)),
        };
        match scope {
            Some(scope) if !key.allows(*scope) => Err(ApiError::beyond_scope(*scope)),
            _ => {
                let end = key.end_of(&presented);
                Ok(Caller::Key(Holder { key, end }))
            }
        }
    }

    /// The same API for the holders of keys, to whom it shows no secrets of functions, whatever it is set to.
    pub(super) fn without_secrets(&self) -> Self {
        Self {
            secrets: SecretRules {
                mask: true,
                ..self.secrets.clone()
            },
            ..self.clone()
        }
    }
}

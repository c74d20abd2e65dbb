//! Whether what is asked of the Configuration API is for those who ask: the holder of the access key may do everything, the
//! holder of a key of a space what the key allows there, that of a key of a tenant the same in all spaces of the tenant, and
//! where there is no access key anybody may.

use std::sync::Arc;

use domain::access::Scope;
use domain::api_key::PresentedKey;
use domain::ids::Space;
use domain::resource::ApiKey;
use http::Method;
use http::request::Parts;

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
            Route::Metrics | Route::Diagnosis | Route::OpenApi | Route::Spaces | Route::Tenants => Self::Root,
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
    /// Who asks, if it is for them. A key opens its own space, and one of a tenant the spaces of that; in any other it is as
    /// unknown as one that never was, whether there is such a space or not. Nothing of what is asked for has been looked at then.
    pub(super) async fn caller(&self, need: &Need<'_>, parts: &Parts) -> Result<Caller, ApiError> {
        let Some(access_key) = &self.access_key else {
            return Ok(Caller::Root);
        };
        if matches!(need, Need::Nothing) || access_key.opens(&parts.headers) {
            return Ok(Caller::Root);
        }
        // What is no key, whole and without a slip, is not looked for.
        let presented = bearer(&parts.headers).and_then(PresentedKey::parse);
        let (Need::Key(space, scope), Some(presented)) = (need, presented) else {
            return Err(ApiError::unauthorized());
        };
        // Boxed: requests with the access key do not carry it.
        let key = Box::pin(self.key_to(space, &presented)).await?;
        let Some(scope) = *scope else {
            return Ok(holder(key, &presented));
        };
        if !key.allows(scope) {
            return Err(ApiError::beyond_scope(scope));
        }
        if writes(&parts.method, scope) {
            match Box::pin(self.is_suspended(space)).await {
                Ok(false) => {}
                Ok(true) => return Err(ApiError::suspended()),
                Err(error) => return Err(ApiError::unreadable_keys(&error)),
            }
        }
        Ok(holder(key, &presented))
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

fn holder(key: Arc<ApiKey>, presented: &PresentedKey) -> Caller {
    let end = key.end_of(presented);
    Caller::Key(Holder { key, end })
}

/// Whether a request changes something. What is only worked out is asked for with POST as well.
fn writes(method: &Method, scope: Scope) -> bool {
    method != Method::GET
        && match scope {
            Scope::ConfigWrite | Scope::DlqWrite | Scope::KeysAdmin | Scope::EventsEmit => true,
            Scope::ConfigRead
            | Scope::DeliveriesRead
            | Scope::PayloadsRead
            | Scope::AuditRead
            | Scope::UsageRead => false,
        }
}

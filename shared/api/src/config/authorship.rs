//! On whose behalf a request writes, as it is recorded of its changes.

use domain::audit::{Actor, Author};
use domain::origin::Origin;
use domain::trace::{REQUEST_ID, is_request_id};
use http::Method;
use http::request::Parts;

use super::ConfigApi;
use super::caller::Caller;
use super::paths::Route;
use super::resources::ResourceOperation;

impl ConfigApi {
    /// The same API, which writes on behalf of those who ask; `None` for a request that writes nothing.
    pub(super) fn on_behalf_of(&self, caller: &Caller, route: &Route, parts: &Parts) -> Option<Self> {
        if parts.method == Method::GET {
            return None;
        }
        let operation = match route {
            Route::Resource { kind, id, .. } => {
                let operation = ResourceOperation::of(&parts.method, id.clone())?;
                format!("{}.{}", kind.label(), operation.name())
            }
            Route::Endpoint { endpoint, .. } => {
                let (resource, operation) = endpoint.action(&parts.method)?.labels;
                format!("{resource}.{operation}")
            }
            Route::Tenants if parts.method == Method::POST => "tenant.create".to_owned(),
            Route::Status | Route::Metrics | Route::OpenApi | Route::Spaces | Route::Tenants => return None,
        };
        let author = Author {
            actor: self.actor(caller),
            address: self.address(parts),
            request_id: request_id(parts),
            operation: Some(operation),
        };
        Some(Self {
            store: self.store.on_behalf_of(author),
            ..self.clone()
        })
    }

    fn actor(&self, caller: &Caller) -> Actor {
        match caller {
            Caller::Key(holder) => Actor::Key {
                id: holder.key.key_id.clone(),
                name: holder.key.name.clone(),
                role: holder.key.role,
            },
            Caller::Root if self.access_key.is_none() => Actor::Anonymous,
            Caller::Root => Actor::Root,
        }
    }

    fn address(&self, parts: &Parts) -> Option<std::net::IpAddr> {
        let origin = parts.extensions.get::<Origin>().copied().unwrap_or_default();
        self.trusted_proxies.client(origin, &parts.headers)
    }
}

fn request_id(parts: &Parts) -> Option<String> {
    let id = parts.headers.get(REQUEST_ID).filter(|id| is_request_id(id))?;
    id.to_str().ok().map(str::to_owned)
}

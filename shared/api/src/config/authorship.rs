//! On whose behalf a request writes, as it is recorded of its changes.

use domain::audit::{Actor, Author, MadeRecords};
use domain::origin::Origin;
use domain::trace::{REQUEST_ID, is_request_id};
use http::Method;
use http::request::Parts;

use super::ConfigApi;
use super::caller::Caller;
use super::paths::Route;
use super::resources::ResourceOperation;
use super::telling::{Telling, telling};

impl ConfigApi {
    /// The same API, which writes on behalf of those who ask; `None` for a request that writes nothing. Where somebody is told of
    /// changes, what does so goes with it: it ends after the API itself is gone.
    pub(super) fn on_behalf_of(
        &self,
        caller: &Caller,
        route: &Route,
        parts: &Parts,
    ) -> Option<(Self, Option<Telling>)> {
        if parts.method == Method::GET {
            return None;
        }
        let operation = operation(route, &parts.method)?;
        let actor = self.actor(caller);
        let told = self.changes.as_ref();
        let told = told.map(|changes| telling(changes, actor.clone(), parts));
        let (made, telling) = told.unzip();
        Some((self.writing_as(actor, operation, made, parts), telling))
    }

    fn writing_as(&self, actor: Actor, operation: String, made: Option<MadeRecords>, parts: &Parts) -> Self {
        let author = Author {
            actor,
            address: self.address(parts),
            request_id: request_id(parts),
            operation: Some(operation),
            made,
        };
        Self {
            store: self.store.on_behalf_of(author),
            ..self.clone()
        }
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

/// What a request asks for, as it is recorded; `None` where that writes nothing.
fn operation(route: &Route, method: &Method) -> Option<String> {
    match route {
        Route::Resource { kind, id, .. } => {
            let operation = ResourceOperation::of(method, id.clone())?;
            Some(format!("{}.{}", kind.label(), operation.name()))
        }
        Route::Endpoint { endpoint, .. } => {
            let (resource, operation) = endpoint.action(method)?.labels;
            Some(format!("{resource}.{operation}"))
        }
        Route::Tenants if *method == Method::POST => Some("tenant.create".to_owned()),
        Route::Status
        | Route::Metrics
        | Route::Diagnosis
        | Route::OpenApi
        | Route::Spaces
        | Route::Tenants => None,
    }
}

fn request_id(parts: &Parts) -> Option<String> {
    let id = parts.headers.get(REQUEST_ID).filter(|id| is_request_id(id))?;
    id.to_str().ok().map(str::to_owned)
}

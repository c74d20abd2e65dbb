//! Requests about resources: one handler for all kinds (docs/contract.md §1.2, §1.3).

use std::collections::BTreeMap;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use domain::access::Scope;
use domain::configuration::{ConfigurationError, Configured};
use domain::ids::Space;
use domain::resource::{Cors, EventType, Function, Kind, Resource, SpaceSettings, Subscription};
use http::request::Parts;
use http::{Method, StatusCode};
use offload::off_runtime_for;

use super::etag::with_etag;
use super::parameters::filter;
use super::unknown_members::{check_doubts, with_warnings};
use super::{ConfigApi, creation, openapi, own_destination, transforms, with_version};
use crate::body;
use crate::error::{ApiError, json_answer, json_bytes, json_line};
use crate::health::refuse_shadowed;

/// What a request does to a resource or a collection.
#[derive(Debug)]
pub(super) enum ResourceOperation {
    List,
    Create,
    Get(String),
    Update(String),
    Patch(String),
    Delete(String),
}

impl ResourceOperation {
    /// What a method means for a collection, or for an item if there is an id.
    pub(super) fn of(method: &Method, id: Option<String>) -> Option<Self> {
        Some(match (method.as_str(), id) {
            ("GET", None) => Self::List,
            ("POST", None) => Self::Create,
            ("GET", Some(id)) => Self::Get(id),
            ("PUT", Some(id)) => Self::Update(id),
            ("PATCH", Some(id)) => Self::Patch(id),
            ("DELETE", Some(id)) => Self::Delete(id),
            _ => return None,
        })
    }

    /// Methods that mean something for a collection, or for an item if there is an id.
    pub(super) fn methods(id: Option<&str>) -> Vec<&'static str> {
        let means = |method: &&str| {
            Method::from_bytes(method.as_bytes())
                .is_ok_and(|method| Self::of(&method, id.map(str::to_owned)).is_some())
        };
        super::METHODS.into_iter().filter(means).collect()
    }

    /// The id of an item.
    pub(super) fn id(&self) -> Option<&str> {
        match self {
            Self::List | Self::Create => None,
            Self::Get(id) | Self::Update(id) | Self::Patch(id) | Self::Delete(id) => Some(id),
        }
    }

    /// What a key of the space has to allow.
    pub(super) fn scope(&self) -> Scope {
        match self {
            Self::List | Self::Get(_) => Scope::ConfigRead,
            Self::Create | Self::Update(_) | Self::Patch(_) | Self::Delete(_) => Scope::ConfigWrite,
        }
    }

    /// Value of the `operation` label (docs/contract.md §5).
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Create => "create",
            Self::Get(_) => "get",
            Self::Update(_) | Self::Patch(_) => "update",
            Self::Delete(_) => "delete",
        }
    }
}

impl ConfigApi {
    pub(super) async fn count_and_carry_out(
        &self,
        kind: Kind,
        space: &Space,
        operation: ResourceOperation,
        parts: &Parts,
        body: Body,
    ) -> Response {
        let (name, is_list) = (operation.name(), matches!(operation, ResourceOperation::List));
        let done = if self.legacy_api {
            // Boxed: what is off by default is not carried by every request.
            Box::pin(self.carry_out_legacy(kind, space, operation, parts, body)).await
        } else {
            self.carry_out_kind(kind, space, operation, parts, body).await
        };
        // Something is in a space where something could be found, changed or removed; an empty list says nothing.
        let is_known = done.is_ok() && !is_list;
        self.metrics.count(space, is_known, kind.label(), name);
        done.unwrap_or_else(IntoResponse::into_response)
    }

    pub(super) async fn carry_out_kind(
        &self,
        kind: Kind,
        space: &Space,
        operation: ResourceOperation,
        parts: &Parts,
        body: Body,
    ) -> Result<Response, ApiError> {
        match kind {
            Kind::EventType => self.carry_out::<EventType>(space, operation, parts, body).await,
            Kind::Function => self.carry_out::<Function>(space, operation, parts, body).await,
            Kind::Subscription => {
                self.carry_out::<Subscription>(space, operation, parts, body)
                    .await
            }
            Kind::Cors => self.carry_out::<Cors>(space, operation, parts, body).await,
            Kind::Space => {
                self.carry_out::<SpaceSettings>(space, operation, parts, body)
                    .await
            }
            // Keys have endpoints of their own, which show no digests; tenants have theirs outside of spaces.
            Kind::Key | Kind::Tenant => Err(ConfigurationError::NotFound {
                kind,
                id: operation.id().unwrap_or_default().to_owned(),
            }
            .into()),
        }
    }

    pub(super) async fn carry_out<R: Configured>(
        &self,
        space: &Space,
        operation: ResourceOperation,
        parts: &Parts,
        body: Body,
    ) -> Result<Response, ApiError> {
        Ok(match operation {
            // Boxed, as what hardly any request asks for.
            ResourceOperation::List if creation::is_wanted(parts) => {
                Box::pin(self.list_dated::<R>(space, &filter(parts))).await?
            }
            ResourceOperation::Get(id) if creation::is_wanted(parts) => {
                Box::pin(self.get_dated::<R>(space, &id.as_str().into())).await?
            }
            ResourceOperation::List => {
                let resources = self.store.list::<R>(space, &filter(parts)).await?;
                let secrets = self.secrets.clone();
                let render = move || {
                    let shown: Vec<_> = resources
                        .iter()
                        .map(|resource| secrets.shown(&**resource))
                        .collect();
                    json_bytes(&BTreeMap::from([(openapi::collection(R::KIND), shown)]))
                };
                // A short list may be large as well.
                json_answer(StatusCode::OK, off_runtime_for(space.as_str(), render).await)
            }
            ResourceOperation::Get(id) => {
                let resource = self.store.get::<R>(space, &R::Id::from(id.as_str())).await?;
                self.answer_with(StatusCode::OK, &*resource)
            }
            ResourceOperation::Create => {
                let body = body::read(parts, body, self.limits).await?;
                let resource = self
                    .secrets
                    .decode::<R>(space, None, &body)
                    .await
                    .map_err(|error| self.unreadable(R::KIND, false, &body, error))?;
                let ignored = self.ignored_members(R::KIND, space, parts, &body)?;
                check_doubts(&resource, None, self.is_strict(parts)?)
                    .map_err(|error| self.unreadable(R::KIND, false, &body, error))?;
                own_destination::check(&resource, &self.own)?;
                transforms::check(&resource, &self.transforms)?;
                refuse_shadowed(&self.health, &resource)?;
                // Boxed, as what hardly any resource has.
                Box::pin(self.check_schema(space, &resource)).await?;
                let created = creation::given(R::KIND, parts, &body)?;
                let created = match self.store.create_at(resource, created).await {
                    Ok(created) => created,
                    // Boxed: what hardly any request needs is not carried by all of them.
                    Err(error) => {
                        return Err(Box::pin(self.unstorable(R::KIND, space, (parts, &body), error)).await);
                    }
                };
                tracing::debug!(%space, id = %created.value.id(), "{} created.", R::KIND.title());
                let answer = self.answer_with(StatusCode::CREATED, &*created.value);
                with_warnings(with_version(answer, created.version), &ignored, &*created.value)
            }
            ResourceOperation::Update(id) => {
                self.replace::<R>(space, &id.as_str().into(), parts, body).await?
            }
            ResourceOperation::Patch(id) => self.patch::<R>(space, &id.as_str().into(), parts, body).await?,
            ResourceOperation::Delete(id) => self.remove::<R>(space, &id.as_str().into(), parts).await?,
        })
    }

    /// An answer that shows one resource.
    pub(super) fn answer_with<R: Resource>(&self, status: StatusCode, resource: &R) -> Response {
        let shown = self.secrets.shown(resource);
        with_etag(json_line(status, &shown), &shown)
    }
}

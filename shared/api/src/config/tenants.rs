//! Tenants: made, shown, changed and deleted by the holder of the access key. Whoever has a key of a tenant may look at it.

use axum::body::Body;
use axum::response::Response;
use clocks::epoch_millis;
use domain::access::Scope;
use domain::configuration::ConfigurationError;
use domain::ids::{Space, TenantId};
use domain::json::Object;
use domain::resource::{ApiKey, Kind, MetadataFilter, Resource as _, SpaceSettings, Tenant, TenantDeletion};
use domain::timestamp::Timestamp;
use futures_util::future::join_all;
use http::request::Parts;
use http::{Method, StatusCode};
use serde::Serialize;
use store::{StoreError, if_there};
use utoipa::openapi::path::{OperationBuilder, PathItem, PathItemBuilder};
use utoipa::openapi::{HttpMethod, Required};

use super::endpoint::{Action, Endpoint, EndpointRequest, Subject};
use super::etag::Precondition;
use super::merge_patch::MergePatch;
use super::openapi::blocks::{
    add_schema, filter, if_match, json, json_body, keyed, limit, next_page, ok, patch_body, path_parameter,
    with_errors,
};
use super::openapi::{add_input_schema, field_validation};
use super::parameters::{self, Query};
use super::random::digits;
use super::tenancy::by_identifier;
use super::unknown_members::with_warnings;
use super::{ConfigApi, no_content, with_version};
use crate::body;
use crate::error::{ApiError, json_line};

/// How many tenants are read at a time for a list.
const READ_AT_ONCE: usize = 16;

/// Characters of an identifier that is made, besides the first.
const MADE_LENGTH: usize = 15;

/// What is said of deleting a tenant with everything it has.
const ERASE: &str = "`true` suspends it, and deletes it with everything it has after the grace period.";

pub(super) static SUBJECT: Subject = Subject {
    endpoints: &[Endpoint {
        path: &[],
        actions: &[
            Action {
                method: Method::GET,
                labels: ("tenant", "get"),
                scope: Scope::ConfigRead,
                answer: |api, asked| Box::pin(api.get_tenant(asked.space)),
                describe: || {
                    let get = of_tenant("getTenant", "One tenant");
                    with_errors(
                        get.response("200", json("The tenant.", "Tenant")),
                        &["403", "404"],
                    )
                },
            },
            Action {
                method: Method::PATCH,
                labels: ("tenant", "update"),
                scope: Scope::KeysAdmin,
                answer: |api, asked| Box::pin(api.patch_tenant(asked)),
                describe: || {
                    let patch = of_tenant("patchTenant", "Change members of a tenant")
                        .parameter(field_validation())
                        .parameter(if_match())
                        .request_body(Some(patch_body("NewTenant")))
                        .response("200", json("It is changed.", "Tenant"));
                    with_errors(patch, &["400", "403", "404", "409", "412", "413"])
                },
            },
            Action {
                method: Method::DELETE,
                labels: ("tenant", "delete"),
                scope: Scope::KeysAdmin,
                answer: |api, asked| Box::pin(api.delete_tenant(asked)),
                describe: || {
                    let delete = of_tenant(
                        "deleteTenant",
                        "Remove a tenant that has no spaces, with its keys, or all that it has",
                    )
                    .parameter(filter("erase", ERASE))
                    .parameter(if_match())
                    .response("202", json("It is to be deleted.", "Tenant"))
                    .response("204", ok("It is gone.", None));
                    with_errors(delete, &["400", "403", "404", "409", "412"])
                },
            },
        ],
    }],
    schemas: |components| {
        add_schema::<Tenant>(components);
        add_schema::<TenantList>(components);
        add_input_schema::<Tenant>("NewTenant", components);
    },
};

/// The list of tenants in the OpenAPI document.
pub(super) fn listing() -> PathItem {
    let list = keyed("listTenants", "The tenants", "tenants")
        .parameter(limit())
        .parameter(next_page())
        .response("200", json("The tenants.", "TenantList"));
    let create = keyed("createTenant", "A new tenant", "tenants")
        .parameter(field_validation())
        .request_body(Some(json_body("NewTenant", Required::True)))
        .response("201", json("It is made.", "Tenant"));
    PathItemBuilder::new()
        .operation(HttpMethod::Get, with_errors(list, &["400"]))
        .operation(HttpMethod::Post, with_errors(create, &["400", "409", "413"]))
        .build()
}

/// An operation on a tenant, or on what it has.
pub(super) fn of_tenant(id: &str, summary: &str) -> OperationBuilder {
    keyed(id, summary, "tenants").parameter(path_parameter("tenant", "Identifier of the tenant."))
}

/// The tenants of a gateway.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct TenantList {
    /// In the order of their identifiers.
    tenants: Vec<Tenant>,
    /// Where to go on, if there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<String>,
}

impl ConfigApi {
    /// The identifiers of all tenants, in their order.
    async fn tenant_ids(&self) -> Result<Vec<TenantId>, StoreError> {
        let counts = self.store.counts().await?.into_iter();
        let of_tenants = counts.filter(|(_, kind, count)| *kind == Kind::Tenant && *count > 0);
        let mut ids: Vec<_> = of_tenants.filter_map(|(place, ..)| place.tenant()).collect();
        ids.sort_unstable();
        Ok(ids)
    }

    /// Lists the tenants.
    pub(super) async fn list_tenants(&self, parts: &Parts) -> Result<Response, ApiError> {
        let query = Query::of(parts, &["limit", "next"])?;
        let (limit, after) = (query.limit()?, query.get("next"));
        let mut ids = self.tenant_ids().await?;
        ids.retain(|id| after.is_none_or(|after| id.as_str() > after));
        let has_more = ids.len() > limit;
        ids.truncate(limit);
        let next = ids.last().filter(|_| has_more).map(ToString::to_string);
        let mut tenants = Vec::with_capacity(ids.len());
        for some in ids.chunks(READ_AT_ONCE) {
            let reading = some.iter().map(|id| async {
                let place = id.place();
                if_there(self.store.get::<Tenant>(&place, &place).await)
            });
            for read in join_all(reading).await {
                tenants.extend(read?.map(|tenant| Tenant::clone(&tenant)));
            }
        }
        Ok(json_line(StatusCode::OK, &TenantList { tenants, next }))
    }

    /// Makes a tenant, of an identifier that none ever had.
    pub(super) async fn create_tenant(&self, parts: &Parts, body: Body) -> Result<Response, ApiError> {
        let body = body::read(parts, body, self.limits).await?;
        let id = match parameters::given_text(&body, "tenantId")? {
            Some(given) => TenantId::from(given),
            None => made_id()?,
        };
        let place = id.place();
        let tenant = Tenant::decode(&place, None, &body)
            .map_err(|error| self.unreadable(Kind::Tenant, false, &body, error.into()))?;
        let ignored = self.ignored_members(Kind::Tenant, &place, parts, &body)?;
        let others = self.tenant_ids().await?;
        if others.binary_search(&id).is_err() {
            let limit = self.store.rules().max_tenants;
            if others.len() >= limit {
                return Err(ApiError::too_many_tenants(limit));
            }
            if !self.store.audit(&place, None, 1).await?.records.is_empty() {
                return Err(ApiError::tenant_was_there(&id));
            }
        }
        let created_at = Timestamp::of_millis(epoch_millis());
        let created = self.store.create(Tenant { created_at, ..tenant }).await;
        let created = created.map_err(by_identifier(&id))?;
        tracing::debug!(tenant = %id, "Tenant created.");
        let answer = self.answer_with(StatusCode::CREATED, &*created.value);
        Ok(with_warnings(
            with_version(answer, created.version),
            &ignored,
            &*created.value,
        ))
    }

    /// A tenant.
    pub(super) async fn tenant(&self, id: &TenantId) -> Result<Tenant, ApiError> {
        let place = id.place();
        let tenant = self.store.get::<Tenant>(&place, &place).await;
        Ok(Tenant::clone(&*tenant.map_err(by_identifier(id))?))
    }

    async fn get_tenant(&self, place: &Space) -> Result<Response, ApiError> {
        let tenant = self.tenant(&id_of(place)).await?;
        Ok(self.answer_with(StatusCode::OK, &tenant))
    }

    async fn patch_tenant(&self, asked: EndpointRequest<'_>) -> Result<Response, ApiError> {
        let (place, parts) = (asked.space, asked.parts);
        asked.caller.check_root()?;
        let body = body::read(parts, asked.body, self.limits).await?;
        let patch = MergePatch::read(&body)?;
        let ignored = self.ignored_members(Kind::Tenant, place, parts, &body)?;
        let (precondition, secrets) = (Precondition::of(parts), self.secrets.clone());
        let of_place = place.clone();
        let takes_deletion_back = patch.removes("deletion");
        let revise = move |stored: &Tenant| {
            precondition.check(stored, &secrets)?;
            let patched = Tenant::decode(&of_place, None, &patch.applied_to(stored))?;
            let mut patched = patched.in_place_of(stored);
            if takes_deletion_back && let Some(deletion) = patched.deletion.take() {
                may_be_taken_back(stored, deletion)?;
            }
            Ok(patched)
        };
        let id = id_of(place);
        let written = self.store.revise(place, place, revise).await;
        let written = written.map_err(by_identifier(&id))?;
        tracing::debug!(tenant = %id, "Tenant updated.");
        if names_plan(&body) {
            self.follow_plan(&written.value).await?;
        }
        let answer = self.answer_with(StatusCode::OK, &*written.value);
        Ok(with_warnings(
            with_version(answer, written.version),
            &ignored,
            &*written.value,
        ))
    }

    /// Puts the spaces of a tenant on its plan. Whoever is interrupted here asks for it once more.
    pub(super) async fn follow_plan(&self, tenant: &Tenant) -> Result<(), StoreError> {
        for space in &tenant.spaces {
            let stored = if_there(self.store.get::<SpaceSettings>(space, space).await)?;
            if stored.is_none_or(|stored| stored.plan == tenant.plan) {
                continue;
            }
            let (id, plan) = (tenant.tenant_id(), tenant.plan.clone());
            let follow = move |stored: &SpaceSettings| {
                let mut settings = stored.clone();
                if settings.tenant.as_ref() == Some(&id) {
                    settings.plan.clone_from(&plan);
                }
                Ok(settings)
            };
            if_there(self.store.revise(space, space, follow).await)?;
        }
        Ok(())
    }

    async fn delete_tenant(&self, asked: EndpointRequest<'_>) -> Result<Response, ApiError> {
        let place = asked.space;
        asked.caller.check_root()?;
        if Query::of(asked.parts, &["erase"])?.flag("erase", false)? {
            return self.leave(asked).await;
        }
        let id = id_of(place);
        let tenant = self.tenant(&id).await?;
        let (precondition, secrets) = (Precondition::of(asked.parts), self.secrets.clone());
        let is_meant = precondition.check(&tenant, &secrets);
        is_meant.map_err(|error| by_identifier(&id)(error.into()))?;
        if !tenant.spaces.is_empty() {
            // Before the keys are gone.
            return Err(ConfigurationError::TenantInUse {
                tenant: id,
                kind: Kind::Space,
                count: tenant.spaces.len(),
            }
            .into());
        }
        for key in self
            .store
            .list::<ApiKey>(place, &MetadataFilter::default())
            .await?
        {
            if_there(self.store.delete::<ApiKey>(place, &key.key_id).await)?;
        }
        let check = move |stored: &Tenant| precondition.check(stored, &secrets);
        let removed = self.store.delete_checked(place, place, check).await;
        let removed = removed.map_err(by_identifier(&id))?;
        tracing::debug!(tenant = %id, "Tenant deleted.");
        Ok(with_version(no_content(), removed.version))
    }
}

/// The tenant of a place.
pub(super) fn id_of(place: &Space) -> TenantId {
    place.tenant().unwrap_or_else(|| TenantId::from(place.as_str()))
}

fn made_id() -> Result<TenantId, ApiError> {
    let rest = digits::<MADE_LENGTH>()?.to_ascii_lowercase();
    Ok(TenantId::from(format!("t{rest}")))
}

/// Refuses to take back what is about to begin, or has begun.
fn may_be_taken_back(tenant: &Tenant, deletion: TenantDeletion) -> Result<(), ConfigurationError> {
    if deletion.can_be_taken_back(epoch_millis()) {
        return Ok(());
    }
    Err(ConfigurationError::TenantLeaving {
        tenant: tenant.tenant_id(),
        begun: true,
    })
}

/// Whether a patch says something of the plan.
fn names_plan(patch: &[u8]) -> bool {
    let object = Object::from_first_value(patch).unwrap_or_default();
    object
        .members()
        .any(|(name, _)| name.eq_ignore_ascii_case("plan"))
}

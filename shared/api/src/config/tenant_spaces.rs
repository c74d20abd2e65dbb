//! The spaces of a tenant: made and removed by whoever administers it, within what it may have, and taken from it by
//! the holder of the access key. Settings of a space say whose it is, and the tenant lists what it has; what the settings say counts.

use std::sync::Arc;

use axum::response::Response;
use domain::access::Scope;
use domain::configuration::ConfigurationError;
use domain::ids::{Space, TenantId};
use domain::resource::{Kind, Resource as _, SpaceSettings, Tenant, TenantState};
use domain::space_version::SpaceVersion;
use http::{Method, StatusCode};
use serde::Serialize;
use store::{StoreError, Written, if_there};
use utoipa::openapi::{AllOfBuilder, ComponentsBuilder, ObjectBuilder, RefOr, Required, Schema};

use super::caller::Caller;
use super::endpoint::{Action, Endpoint, EndpointRequest, Subject};
use super::openapi::blocks::{add_schema, json, json_body, ok, path_parameter, reference, text, with_errors};
use super::openapi::field_validation;
use super::parameters::{self, Query};
use super::tenancy::by_identifier;
use super::tenants::{id_of, of_tenant};
use super::unknown_members::with_warnings;
use super::{ConfigApi, no_content, with_version};
use crate::body;
use crate::error::{ApiError, json_line};

/// How often a space is released that is made anew each time.
const MOST_RELEASES: usize = 4;

pub(super) static SUBJECT: Subject = Subject {
    endpoints: &[
        Endpoint {
            path: &["spaces"],
            actions: &[
                Action {
                    method: Method::GET,
                    labels: ("tenant", "list"),
                    scope: Scope::ConfigRead,
                    answer: |api, asked| Box::pin(api.list_spaces_of_tenant(asked)),
                    describe: || {
                        let list = of_tenant("listTenantSpaces", "The spaces of a tenant");
                        let list = list.response("200", json("The spaces.", "TenantSpaceList"));
                        with_errors(list, &["400", "403", "404"])
                    },
                },
                Action {
                    method: Method::POST,
                    labels: ("space", "create"),
                    scope: Scope::KeysAdmin,
                    answer: |api, asked| Box::pin(api.create_space_of_tenant(asked)),
                    describe: || {
                        let create = of_tenant("createTenantSpace", "A space for a tenant")
                            .parameter(field_validation())
                            .request_body(Some(json_body("NewTenantSpace", Required::True)))
                            .response("201", json("It is the tenant's.", "SpaceSettings"));
                        with_errors(create, &["400", "403", "404", "409", "413"])
                    },
                },
            ],
        },
        Endpoint {
            path: &["spaces", "{id}"],
            actions: &[Action {
                method: Method::DELETE,
                labels: ("space", "release"),
                scope: Scope::KeysAdmin,
                answer: |api, asked| Box::pin(api.release_space(asked)),
                describe: || {
                    let release = of_tenant(
                        "releaseTenantSpace",
                        "Remove an empty space, or take it from the tenant",
                    )
                    .parameter(path_parameter("id", "Name of the space."))
                    .response("204", ok("It is gone, or nobody's with all that is in it.", None));
                    with_errors(release, &["403", "404", "409"])
                },
            }],
        },
    ],
    schemas: |components| {
        add_schema::<TenantSpaceList>(components);
        add_new_space(components);
    },
};

/// Settings, and the name of the space.
fn add_new_space(components: &mut ComponentsBuilder) {
    let name = ObjectBuilder::new().property("space", text()).required("space");
    let schema = AllOfBuilder::new()
        .item(reference("SpaceSettingsUpdate"))
        .item(name)
        .build();
    *components = std::mem::take(components).schema("NewTenantSpace", RefOr::T(Schema::AllOf(schema)));
}

/// The spaces of a tenant.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct TenantSpaceList {
    /// In the order in which it got them.
    spaces: Vec<TenantSpace>,
}

/// A space of a tenant.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TenantSpace {
    /// Its name.
    #[schema(value_type = String)]
    space: Space,
}

impl ConfigApi {
    async fn list_spaces_of_tenant(&self, asked: EndpointRequest<'_>) -> Result<Response, ApiError> {
        Query::of(asked.parts, &[])?;
        let tenant = self.tenant(&id_of(asked.space)).await?;
        let spaces = tenant.spaces.into_iter().map(|space| TenantSpace { space });
        let spaces = spaces.collect();
        Ok(json_line(StatusCode::OK, &TenantSpaceList { spaces }))
    }

    async fn create_space_of_tenant(&self, asked: EndpointRequest<'_>) -> Result<Response, ApiError> {
        let (place, parts) = (asked.space, asked.parts);
        let id = id_of(place);
        let body = body::read(parts, asked.body, self.limits).await?;
        let space = Space::from(parameters::given_text(&body, "space")?.unwrap_or_default());
        let settings = SpaceSettings::decode(&space, None, &body)
            .map_err(|error| self.unreadable(Kind::Space, false, &body, error.into()))?;
        let ignored = self.ignored_members(Kind::Space, &space, parts, &body)?;
        let by_key = matches!(asked.caller, Caller::Key(_));
        if by_key {
            // Nobody learns by trying which names others have.
            if !id.names(&space) {
                return Err(ApiError::foreign_space_name(&id));
            }
            if settings.plan.is_some() {
                return Err(ConfigurationError::PlanNotYours.into());
            }
            if !self.store.space_state(&space).await?.snapshot.is_empty() {
                return Err(exists(&space).into());
            }
        }
        let own_plan = settings.plan.is_some();
        let tenant = self.listed(place, &space).await.map_err(by_identifier(&id))?;
        let made = match self.made_over(&tenant.value, settings).await {
            Ok(made) => made,
            Err(error) => {
                if tenant.is_new && !self.is_of(&space, &id).await? {
                    self.unlisted(place, &space, &id).await?;
                }
                return Err(error.into());
            }
        };
        // Who released the space or changed the plan meanwhile has not seen that the space is made.
        let now = match self.listed(place, &space).await {
            Ok(now) => now.value,
            Err(error) => {
                self.taken_from(&space, &id, by_key).await?;
                return Err(by_identifier(&id)(error));
            }
        };
        if !own_plan && now.plan != tenant.value.plan {
            self.follow_plan(&now).await?;
        }
        tracing::debug!(tenant = %id, %space, "Space of a tenant created.");
        let answer = self.answer_with(StatusCode::CREATED, &*made.value);
        Ok(with_warnings(
            with_version(answer, made.version),
            &ignored,
            &*made.value,
        ))
    }

    /// The tenant with a space more in its list, as far as it may have one. What fails after that is listed and not the
    /// tenant's: it can be made once more, or released.
    async fn listed(&self, place: &Space, space: &Space) -> Result<Listed, StoreError> {
        let before = self.store.get::<Tenant>(place, place).await?;
        if before.state == TenantState::Active && before.spaces.contains(space) {
            return Ok(Listed {
                is_new: false,
                value: Tenant::clone(&before),
            });
        }
        let of_space = space.clone();
        let list = move |stored: &Tenant| match stored.state {
            TenantState::Active => Ok(stored.with_space(&of_space)),
            TenantState::Suspended => Err(ConfigurationError::TenantSuspended {
                tenant: stored.tenant_id(),
            }),
        };
        let written = self.store.revise(place, place, list).await?;
        Ok(Listed {
            is_new: !before.spaces.contains(space),
            value: Tenant::clone(&written.value),
        })
    }

    /// Whether a space is a tenant's, perhaps by another request that asks for the same.
    pub(super) async fn is_of(&self, space: &Space, tenant: &TenantId) -> Result<bool, StoreError> {
        let settings = if_there(self.store.get::<SpaceSettings>(space, space).await)?;
        Ok(settings.is_some_and(|settings| settings.tenant.as_ref() == Some(tenant)))
    }

    /// Takes a space from the list of a tenant. Gives whether that is so: one that is made at the same moment is listed again.
    async fn unlisted(&self, place: &Space, space: &Space, id: &TenantId) -> Result<bool, StoreError> {
        let of_list = space.clone();
        let unlist = move |stored: &Tenant| Ok(stored.without_space(&of_list));
        if_there(self.store.revise(place, place, unlist).await)?;
        if !self.is_of(space, id).await? {
            return Ok(true);
        }
        if_there(self.listed(place, space).await)?;
        Ok(false)
    }

    /// Has the settings of a space say that it is a tenant's, unless they say that it is somebody's. A space that is there is
    /// taken over as it is.
    async fn made_over(
        &self,
        tenant: &Tenant,
        settings: SpaceSettings,
    ) -> Result<Written<Arc<SpaceSettings>>, StoreError> {
        let space = settings.space.clone();
        let (id, plan) = (
            tenant.tenant_id(),
            settings.plan.clone().or_else(|| tenant.plan.clone()),
        );
        let revise = move |stored: Option<&SpaceSettings>| {
            if stored.is_some_and(|stored| stored.tenant.is_some()) {
                return Err(exists(&settings.space));
            }
            let mut made = stored.unwrap_or(&settings).clone();
            made.tenant = Some(id.clone());
            made.plan = plan.clone().or(made.plan);
            Ok(made)
        };
        self.store.put(&space, &space, revise).await
    }

    /// A space with nothing in it goes, with its settings; from one that has something in it, the tenant is taken.
    async fn release_space(&self, asked: EndpointRequest<'_>) -> Result<Response, ApiError> {
        let (place, space) = (asked.space, Space::from(asked.id));
        let id = id_of(place);
        let tenant = if_there(self.store.get::<Tenant>(place, place).await)?;
        let is_listed = tenant
            .as_ref()
            .is_some_and(|tenant| tenant.spaces.contains(&space));
        // What the list lacks is the tenant's all the same if the space says so.
        if !is_listed && !self.is_of(&space, &id).await? {
            self.tenant(&id).await?;
            let (kind, id) = (Kind::Space, space.to_string());
            return Err(ConfigurationError::NotFound { kind, id }.into());
        }
        // Without the tenant nobody would keep its events out any more.
        let is_active = tenant.is_none_or(|tenant| tenant.state == TenantState::Active);
        let must_be_empty = matches!(asked.caller, Caller::Key(_)) || !is_active;
        for _ in 0..MOST_RELEASES {
            let version = self.taken_from(&space, &id, must_be_empty).await?;
            if self.unlisted(place, &space, &id).await? {
                tracing::debug!(tenant = %id, %space, "Space of a tenant released.");
                return Ok(with_version(no_content(), version));
            }
        }
        Err(StoreError::Contended { space }.into())
    }

    /// Takes a space from a tenant, if it is one of its: with nothing in it, it is gone.
    async fn taken_from(
        &self,
        space: &Space,
        id: &TenantId,
        must_be_empty: bool,
    ) -> Result<Option<SpaceVersion>, ApiError> {
        let state = self.store.space_state(space).await?;
        let settings = state.snapshot.settings();
        if settings.is_none_or(|settings| settings.tenant.as_ref() != Some(id)) {
            return Ok(None);
        }
        let mut after = state.snapshot.clone();
        after.remove::<SpaceSettings>(space);
        if after.is_empty() {
            let gone = self.store.replace(state, after).await?;
            let contended = || StoreError::Contended { space: space.clone() };
            return Ok(gone.ok_or_else(contended)?.version);
        }
        if must_be_empty {
            return Err(ApiError::space_in_use(space));
        }
        Ok(self.without_tenant(space, id.clone()).await?)
    }

    async fn without_tenant(&self, space: &Space, id: TenantId) -> Result<Option<SpaceVersion>, StoreError> {
        let release = move |stored: &SpaceSettings| {
            let mut settings = stored.clone();
            settings.tenant.take_if(|tenant| *tenant == id);
            Ok(settings)
        };
        let released = if_there(self.store.revise(space, space, release).await)?;
        Ok(released.and_then(|released| released.version))
    }
}

/// A tenant whose list has a space.
struct Listed {
    /// Whether it had it not before.
    is_new: bool,
    value: Tenant,
}

fn exists(space: &Space) -> ConfigurationError {
    ConfigurationError::AlreadyExists {
        kind: Kind::Space,
        id: space.to_string(),
    }
}

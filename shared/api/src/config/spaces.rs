//! Spaces as a whole: the list of them, and the settings of each. Every space has settings: what it says of itself is stored,
//! and all else is as the gateway is set. So they can be read and changed before anything is in the space, and DELETE gives
//! the defaults back.

use std::collections::BTreeMap;

use axum::response::Response;
use domain::access::Scope;
use domain::configuration::ConfigurationError;
use domain::ids::Space;
use domain::resource::{Kind, Resource as _, SpaceSettings};
use http::request::Parts;
use http::{Method, StatusCode};
use offload::off_runtime;
use serde::Serialize;
use store::{StoreError, if_there};
use utoipa::openapi::path::{OperationBuilder, PathItem, PathItemBuilder};
use utoipa::openapi::{HttpMethod, Required};

use super::endpoint::{Action, Endpoint, EndpointRequest, Subject};
use super::etag::Precondition;
use super::merge_patch::MergePatch;
use super::openapi::blocks::{
    add_schema, any_space, if_match, json, json_body, keyed, limit, next_page, ok, patch_body, with_errors,
    writable_space,
};
use super::openapi::{add_input_schema, field_validation};
use super::parameters::Query;
use super::unknown_members::with_warnings;
use super::{ConfigApi, no_content, with_version};
use crate::body;
use crate::error::{ApiError, json_answer, json_bytes};

pub(super) static SUBJECT: Subject = Subject {
    endpoints: &[Endpoint {
        path: &[],
        actions: &[
            Action {
                method: Method::GET,
                labels: ("space", "get"),
                scope: Scope::ConfigRead,
                answer: |api, asked| Box::pin(api.settings_of(asked.space)),
                describe: || {
                    let get = operation("getSpace", "The settings of a space").parameter(any_space());
                    with_errors(get.response("200", json("The settings.", "SpaceSettings")), &[])
                },
            },
            Action {
                method: Method::PUT,
                labels: ("space", "update"),
                scope: Scope::KeysAdmin,
                answer: |api, asked| Box::pin(api.replace_settings(asked)),
                describe: || {
                    let put = write("updateSpace", "Replace the settings of a space")
                        .request_body(Some(json_body("SpaceSettingsUpdate", Required::True)))
                        .response("200", json("They are replaced.", "SpaceSettings"));
                    with_errors(put, &["400", "403", "412", "413"])
                },
            },
            Action {
                method: Method::PATCH,
                labels: ("space", "update"),
                scope: Scope::KeysAdmin,
                answer: |api, asked| Box::pin(api.patch_settings(asked)),
                describe: || {
                    let patch = write("patchSpace", "Change members of the settings of a space")
                        .request_body(Some(patch_body("SpaceSettingsUpdate")))
                        .response("200", json("They are changed.", "SpaceSettings"));
                    with_errors(patch, &["400", "403", "412", "413"])
                },
            },
            Action {
                method: Method::DELETE,
                labels: ("space", "delete"),
                scope: Scope::KeysAdmin,
                answer: |api, asked| Box::pin(api.reset_settings(asked)),
                describe: || {
                    let delete = operation("resetSpace", "Give a space the settings of the gateway")
                        .parameter(any_space())
                        .parameter(if_match())
                        .response("204", ok("It has none of its own.", None));
                    with_errors(delete, &["400", "403", "409", "412"])
                },
            },
        ],
    }],
    schemas: |components| {
        add_schema::<SpaceSettings>(components);
        add_schema::<SpaceList>(components);
        add_input_schema::<SpaceSettings>("SpaceSettingsUpdate", components);
    },
};

/// The list of spaces in the OpenAPI document.
pub(super) fn listing() -> PathItem {
    let list = operation("listSpaces", "The spaces that have something in them")
        .parameter(limit())
        .parameter(next_page())
        .response("200", json("The spaces.", "SpaceList"));
    PathItemBuilder::new()
        .operation(HttpMethod::Get, with_errors(list, &["400"]))
        .build()
}

fn operation(id: &str, summary: &str) -> OperationBuilder {
    keyed(id, summary, "spaces")
}

fn write(id: &str, summary: &str) -> OperationBuilder {
    operation(id, summary)
        .parameter(writable_space())
        .parameter(field_validation())
        .parameter(if_match())
}

/// The spaces that have something in them.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct SpaceList {
    /// In the order of their names.
    spaces: Vec<SpaceSummary>,
    /// Where to go on, if there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<String>,
}

/// What is in a space.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct SpaceSummary {
    /// Its name.
    #[schema(value_type = String)]
    space: Space,
    /// How many event types it has.
    event_types: usize,
    /// How many functions it has.
    functions: usize,
    /// How many subscriptions it has.
    subscriptions: usize,
    /// How many CORS configurations it has.
    cors: usize,
    /// Whether it has settings of its own.
    has_settings: bool,
}

impl SpaceList {
    /// A page of spaces: those after a name, and not more than a number.
    fn of(counts: Vec<(Space, Kind, usize)>, after: Option<&str>, limit: usize) -> Self {
        let mut spaces = BTreeMap::<Space, BTreeMap<Kind, usize>>::new();
        for (space, kind, count) in counts {
            // What is kept of a tenant is no space.
            if space.tenant().is_some() {
                continue;
            }
            spaces.entry(space).or_default().insert(kind, count);
        }
        let mut left = spaces
            .into_iter()
            .filter(|(space, _)| after.is_none_or(|after| space.as_str() > after));
        let spaces: Vec<_> = left.by_ref().take(limit).map(SpaceSummary::of).collect();
        let next = left.next().and(spaces.last()).map(|last| last.space.to_string());
        Self { spaces, next }
    }
}

impl SpaceSummary {
    fn of((space, counts): (Space, BTreeMap<Kind, usize>)) -> Self {
        let count = |kind| counts.get(&kind).copied().unwrap_or_default();
        Self {
            space,
            event_types: count(Kind::EventType),
            functions: count(Kind::Function),
            subscriptions: count(Kind::Subscription),
            cors: count(Kind::Cors),
            has_settings: count(Kind::Space) > 0,
        }
    }
}

/// Refuses another plan than the stored one.
fn same_plan(stored: &SpaceSettings, plan: Option<&str>) -> Result<(), ConfigurationError> {
    if stored.plan.as_deref() == plan {
        Ok(())
    } else {
        Err(ConfigurationError::PlanNotYours)
    }
}

impl ConfigApi {
    /// Lists the spaces.
    pub(super) async fn list_spaces(&self, parts: &Parts) -> Result<Response, ApiError> {
        let query = Query::of(parts, &["limit", "next"])?;
        let (limit, after) = (query.limit()?, query.get("next").map(str::to_owned));
        let counts = self.store.counts().await?;
        // There may be very many.
        let render = move || json_bytes(&SpaceList::of(counts, after.as_deref(), limit));
        Ok(json_answer(StatusCode::OK, off_runtime(render).await))
    }

    /// What a space says of itself.
    pub(super) async fn settings_or_unset(&self, space: &Space) -> Result<SpaceSettings, StoreError> {
        let settings = if_there(self.store.get::<SpaceSettings>(space, space).await)?;
        Ok(settings.map_or_else(
            || SpaceSettings::unset(space),
            |stored| SpaceSettings::clone(&stored),
        ))
    }

    async fn settings_of(&self, space: &Space) -> Result<Response, ApiError> {
        let settings = self.settings_or_unset(space).await?;
        Ok(self.answer_with(StatusCode::OK, &settings))
    }

    async fn replace_settings(&self, asked: EndpointRequest<'_>) -> Result<Response, ApiError> {
        let (space, parts) = (asked.space, asked.parts);
        let body = body::read(parts, asked.body, self.limits).await?;
        let settings = SpaceSettings::decode(space, None, &body)
            .map_err(|error| self.unreadable(Kind::Space, true, &body, error.into()))?;
        let may_change_plan = asked.caller.may_change_plan();
        self.put_settings(space, (parts, &body), move |stored| {
            let mut settings = settings.clone();
            settings.tenant.clone_from(&stored.tenant);
            if !may_change_plan {
                // Who cannot change it need not know of it.
                settings.plan = settings.plan.or_else(|| stored.plan.clone());
                same_plan(stored, settings.plan.as_deref())?;
            }
            Ok(settings)
        })
        .await
    }

    async fn patch_settings(&self, asked: EndpointRequest<'_>) -> Result<Response, ApiError> {
        let (space, parts) = (asked.space, asked.parts);
        let body = body::read(parts, asked.body, self.limits).await?;
        let patch = MergePatch::read(&body)?;
        let of_space = space.clone();
        let may_change_plan = asked.caller.may_change_plan();
        self.put_settings(space, (parts, &body), move |stored| {
            let mut settings = SpaceSettings::decode(&of_space, None, &patch.applied_to(stored))?;
            settings.tenant.clone_from(&stored.tenant);
            if !may_change_plan {
                same_plan(stored, settings.plan.as_deref())?;
            }
            Ok(settings)
        })
        .await
    }

    /// Writes what a revision makes of the settings as they are at that moment.
    async fn put_settings(
        &self,
        space: &Space,
        (parts, body): (&Parts, &[u8]),
        revise: impl Fn(&SpaceSettings) -> Result<SpaceSettings, ConfigurationError> + Send + Sync + 'static,
    ) -> Result<Response, ApiError> {
        let ignored = self.ignored_members(Kind::Space, space, parts, body)?;
        let (precondition, secrets) = (Precondition::of(parts), self.secrets.clone());
        let unset = SpaceSettings::unset(space);
        let revise = move |stored: Option<&SpaceSettings>| {
            let stored = stored.unwrap_or(&unset);
            precondition.check(stored, &secrets)?;
            revise(stored)
        };
        let written = match self.store.put(space, space, revise).await {
            Ok(written) => written,
            Err(error) => {
                return Err(Box::pin(self.unstorable(Kind::Space, space, (parts, body), error)).await);
            }
        };
        tracing::debug!(%space, "Space updated.");
        let answer = self.answer_with(StatusCode::OK, &*written.value);
        let answer = with_version(answer, written.version);
        Ok(with_warnings(answer, &ignored, &*written.value))
    }

    async fn reset_settings(&self, asked: EndpointRequest<'_>) -> Result<Response, ApiError> {
        let (space, parts) = (asked.space, asked.parts);
        let (precondition, secrets) = (Precondition::of(parts), self.secrets.clone());
        let unset = SpaceSettings::unset(space);
        let of_stored = (precondition.clone(), secrets.clone());
        let may_change_plan = asked.caller.may_change_plan();
        let check = move |stored: &SpaceSettings| {
            of_stored.0.check(stored, &of_stored.1)?;
            if may_change_plan {
                return Ok(());
            }
            same_plan(stored, None)
        };
        let removed = match self.store.delete_checked(space, space, check).await {
            Ok(removed) => removed,
            Err(StoreError::Rejected(ConfigurationError::NotFound { .. })) => {
                precondition.check(&unset, &secrets)?;
                return Ok(no_content());
            }
            Err(error) => return Err(error.into()),
        };
        tracing::debug!(%space, "Space deleted.");
        Ok(with_version(no_content(), removed.version))
    }
}

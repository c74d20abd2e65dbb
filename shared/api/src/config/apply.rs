//! A space as one document: all of it read at once, and made what a document says, in one step and by the rules of single
//! writes. What is planned is planned on one state of the space and made only if that still holds.

use std::sync::Arc;

use axum::response::Response;
use domain::access::Scope;
use domain::configuration::{
    ConfigurationError, Plan, PlanOptions, Snapshot, SpaceRules, StepLimit, WantedSpace, plan,
};
use domain::ids::Space;
use domain::resource::Kind;
use domain::space_version::SpaceVersion;
use http::header::{ETAG, HeaderValue};
use http::request::Parts;
use http::{Method, StatusCode};
use offload::off_runtime_for;
use store::{SpaceState, StoreError};

use self::actions::{ApplyPlan, actions};
use self::changed::WriteRules;
use self::document::{Document, Reading};
use self::problems::Problems;
use super::endpoint::{Action, Endpoint, EndpointRequest, Subject};
use super::etag::Precondition;
use super::parameters::Query;
use super::unknown_members::FIELD_VALIDATION;
use super::{ConfigApi, with_version};
use crate::body;
use crate::error::{ApiError, json_answer, json_bytes};

mod actions;
mod changed;
mod described;
mod document;
mod export;
mod members;
mod places;
mod problems;
#[cfg(test)]
mod tests;

pub(super) static SUBJECT: Subject = Subject {
    endpoints: &[
        Endpoint {
            path: &["export"],
            actions: &[Action {
                method: Method::GET,
                labels: ("space", "export"),
                scope: Scope::ConfigRead,
                answer: |api, asked| Box::pin(api.export(asked.space, asked.parts)),
                describe: described::export,
            }],
        },
        Endpoint {
            path: &["apply"],
            actions: &[Action {
                method: Method::POST,
                labels: ("space", "apply"),
                scope: Scope::ConfigWrite,
                answer: |api, asked| Box::pin(api.apply(asked)),
                describe: described::apply,
            }],
        },
    ],
    schemas: described::add_schemas,
};

/// How often a document is planned anew because others changed the space meanwhile.
const ATTEMPTS: usize = 5;

/// What a plan has been made of a space.
struct Made {
    /// The state that its last step led to; `None` where all requests see it, or there was nothing to do.
    version: Option<SpaceVersion>,
}

/// All that a plan follows from but the space itself.
struct Planning {
    wanted: WantedSpace,
    warnings: Vec<String>,
    prune: bool,
    set: Option<String>,
    adopt: bool,
    may_change_plan: bool,
    step: Option<StepLimit>,
    rules: SpaceRules,
    write_rules: WriteRules,
    secrets: super::SecretRules,
}

impl Planning {
    /// What is to be done to a space in this state, with the version that it is.
    fn plan(&self, before: &Snapshot, next_created: u64) -> Result<(Plan, ApplyPlan), Problems> {
        let options = PlanOptions {
            prune: self.prune,
            set: self.set.clone(),
            adopt: self.adopt,
            keeps_plan: !self.may_change_plan,
            next_created,
            step: self.step,
        };
        let mut problems = Problems::default();
        let plan = match plan(before, self.wanted.clone(), &options, &self.rules) {
            Ok(plan) => plan,
            Err(errors) => {
                problems.extend(errors);
                return Err(problems);
            }
        };
        let after = plan.steps.last().unwrap_or(before);
        let told = self
            .write_rules
            .check_all((before, after), &plan, &self.wanted, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        let warnings = self.warnings.iter().cloned().chain(told).collect();
        let told = ApplyPlan {
            version: export::version(&export::export(before, &self.secrets)),
            applied: false,
            steps: plan.steps.len(),
            actions: actions(before, after, &plan, &self.wanted),
            warnings,
        };
        Ok((plan, told))
    }
}

impl ConfigApi {
    async fn export(&self, space: &Space, parts: &Parts) -> Result<Response, ApiError> {
        Query::of(parts, &[])?;
        let state = self.store.space_state(space).await?;
        let secrets = self.secrets.clone();
        let render = move || {
            let document = export::export(&state.snapshot, &secrets);
            (export::version(&document), document)
        };
        let (version, document) = off_runtime_for(space.as_str(), render).await;
        let mut answer = json_answer(StatusCode::OK, document);
        if let Ok(tag) = HeaderValue::try_from(format!("\"{version}\"")) {
            answer.headers_mut().insert(ETAG, tag);
        }
        Ok(answer)
    }

    async fn apply(&self, asked: EndpointRequest<'_>) -> Result<Response, ApiError> {
        let EndpointRequest {
            space,
            caller,
            parts,
            body,
            ..
        } = asked;
        let query = Query::of(parts, &["dryRun", "prune", "set", "adopt", FIELD_VALIDATION])?;
        let is_dry_run = query.flag("dryRun", false)?;
        let (prune, adopt) = (query.flag("prune", false)?, query.flag("adopt", false)?);
        let set = query.get("set").map(str::to_owned);
        let is_strict = self.is_strict(parts)?;
        let body = body::read(parts, body, self.limits).await?;
        let reading = Reading {
            space: space.clone(),
            is_strict,
            set: set.clone(),
        };
        let document = off_runtime_for(space.as_str(), move || Document::read(&body, &reading)).await?;
        if !document.problems.is_empty() {
            return Ok(document.problems.into_response());
        }
        let planning = Arc::new(Planning {
            wanted: document.wanted,
            warnings: document.warnings,
            prune,
            set,
            adopt,
            may_change_plan: caller.may_change_plan(),
            step: self.store.step_limit(),
            rules: *self.store.rules(),
            write_rules: WriteRules::of(self, is_strict),
            secrets: self.secrets.clone(),
        });
        let precondition = Precondition::of(parts);
        for _ in 0..ATTEMPTS {
            let state = self.store.space_state(space).await?;
            let (planning, snapshot, next) = (planning.clone(), state.snapshot.clone(), state.next_created);
            let planned = move || planning.plan(&snapshot, next);
            let (plan, told) = match off_runtime_for(space.as_str(), planned).await {
                Ok(planned) => planned,
                Err(problems) => return Ok(problems.into_response()),
            };
            if !precondition.holds_for(&told.version) {
                let (kind, id) = (Kind::Space, space.to_string());
                return Err(ConfigurationError::PreconditionFailed { kind, id }.into());
            }
            if changes_settings(&state.snapshot, &plan) {
                caller.check_allowed(Scope::KeysAdmin)?;
            }
            if !caller.may_change_plan() && changes_plan(&state.snapshot, &plan) {
                return Err(ConfigurationError::PlanNotYours.into());
            }
            if is_dry_run {
                return Ok(answer(space, told, None).await);
            }
            if let Some(Made { version }) = self.make(state, plan).await? {
                tracing::debug!(%space, steps = told.steps, "Configuration applied.");
                let told = ApplyPlan {
                    applied: true,
                    ..told
                };
                return Ok(answer(space, told, version).await);
            }
        }
        Err(StoreError::Contended { space: space.clone() }.into())
    }

    /// Makes of a space in one state what a plan says. `None` where others changed it before, and nothing is changed.
    async fn make(&self, mut state: SpaceState, plan: Plan) -> Result<Option<Made>, ApiError> {
        let all = plan.steps.len();
        let mut version = None;
        for (made, step) in plan.steps.into_iter().enumerate() {
            match self.store.replace(state, step).await? {
                Some(written) => (state, version) = (written.value, written.version),
                None if made == 0 => return Ok(None),
                None => {
                    return Err(ApiError::outdated(format!(
                        "The space has been changed by others: {made} of {all} steps were made. Apply the document again."
                    )));
                }
            }
        }
        Ok(Some(Made { version }))
    }
}

/// Whether a plan changes the settings of the space, which say whether its events need a key.
fn changes_settings(before: &Snapshot, plan: &Plan) -> bool {
    plan.steps.last().is_some_and(|after| {
        let changes = before.changes_to(after);
        changes.iter().any(|change| change.kind() == Kind::Space)
    })
}

/// Whether the quotas of the space would be those of another plan.
fn changes_plan(before: &Snapshot, plan: &Plan) -> bool {
    let named = |space: &Snapshot| space.settings().and_then(|settings| settings.plan.clone());
    plan.steps
        .last()
        .is_some_and(|after| named(before) != named(after))
}

async fn answer(space: &Space, told: ApplyPlan, version: Option<SpaceVersion>) -> Response {
    let bytes = off_runtime_for(space.as_str(), move || json_bytes(&told)).await;
    with_version(json_answer(StatusCode::OK, bytes), version)
}

//! What of a plan is looked at besides the rules of the configuration: what single writes refuse before they ask the store.

use dataflow::schema::SchemaLimits;
use dataflow::schema::compatibility::CompareBudget;
use dataflow::transform::TransformLimits;
use domain::configuration::{Change, Configured, Plan, ResourceChange, Snapshot, WantedSpace};
use domain::resource::{EventType, Function, Kind};
use gateway::OwnConfigApi;

use super::places::Places;
use super::problems::Problems;
use crate::config::schemas::{check_newest, check_restored};
use crate::config::secrets::SecretRules;
use crate::config::unknown_members::{check_doubts, refused};
use crate::config::{ConfigApi, own_destination, transforms};
use crate::error::ApiError;
use crate::health::{HealthPaths, refuse_shadowed};

/// What single writes go by.
#[derive(Debug, Clone)]
pub(super) struct WriteRules {
    pub(super) secrets: SecretRules,
    pub(super) own: OwnConfigApi,
    pub(super) transforms: TransformLimits,
    pub(super) schemas: SchemaLimits,
    pub(super) health: HealthPaths,
    pub(super) is_strict: bool,
}

/// What is found of a plan, and what is left to find more.
struct Told<'a> {
    places: &'a Places,
    problems: &'a mut Problems,
    budget: CompareBudget,
}

impl WriteRules {
    pub(super) fn of(api: &ConfigApi, is_strict: bool) -> Self {
        Self {
            secrets: api.secrets.clone(),
            own: api.own.clone(),
            transforms: api.transforms,
            schemas: api.schemas,
            health: api.health.clone(),
            is_strict,
        }
    }

    /// Looks at all that a plan writes. Gives what is to be told of it though it is no reason to refuse it.
    pub(super) fn check_all(
        &self,
        (before, after): (&Snapshot, &Snapshot),
        plan: &Plan,
        wanted: &WantedSpace,
        problems: &mut Problems,
    ) -> Vec<String> {
        let places = Places::of(wanted, plan);
        // All of a document takes no more than one schema may.
        let told = &mut Told {
            places: &places,
            problems,
            budget: CompareBudget::new(self.schemas.compare_steps),
        };
        let mut warnings = Vec::new();
        for change in before.changes_to(after) {
            match &change {
                ResourceChange::Space(change) => self.check(change, None, told),
                ResourceChange::EventType(change) => {
                    self.check(change, None, told);
                    warnings.extend(self.check_restored(change, told));
                }
                ResourceChange::Cors(change) => self.check(change, None, told),
                ResourceChange::Subscription(change) => self.check(change, None, told),
                ResourceChange::Function(change) => {
                    let id = change.newest().map(|function| &function.function_id);
                    let old = id.and_then(|id| plan.renamed_functions.get(id));
                    let old = old.and_then(|old| before.get::<Function>(old).ok());
                    self.check(change, old.as_deref(), told);
                }
            }
        }
        warnings
    }

    /// Looks at the versions of the schema of an event type that is new and has several. Gives those that do not go with
    /// each other.
    fn check_restored(&self, change: &Change<EventType>, told: &mut Told<'_>) -> Vec<String> {
        let Some(after) = change.after.as_ref().filter(|_| change.before.is_none()) else {
            return Vec::new();
        };
        let event_type = &*after.resource;
        if event_type.older_schemas.is_empty() {
            return Vec::new();
        }
        let place = told.places.get(Kind::EventType, event_type.name.as_ref());
        match check_restored(event_type, &self.schemas, &told.budget) {
            Ok(incompatible) => {
                let place = place.unwrap_or_default();
                let texts = incompatible.into_iter();
                texts.map(|text| format!("{place}: {text}")).collect()
            }
            Err(error) => {
                told.problems.add(place.as_deref(), error);
                Vec::new()
            }
        }
    }

    /// `renamed` is what it was under another id.
    fn check<R: Configured>(&self, change: &Change<R>, renamed: Option<&R>, told: &mut Told<'_>) {
        let Some(after) = &change.after else { return };
        let resource = &*after.resource;
        let stored = change.before.as_ref().map(|stored| &*stored.resource).or(renamed);
        if let Err(error) = self.check_one(resource, stored, &told.budget) {
            let place = told.places.get(R::KIND, resource.id().as_ref());
            told.problems.add(place.as_deref(), error);
        }
    }

    fn check_one<R: Configured>(
        &self,
        resource: &R,
        stored: Option<&R>,
        budget: &CompareBudget,
    ) -> Result<(), ApiError> {
        self.secrets
            .check(resource)
            .map_err(domain::configuration::ConfigurationError::from)?;
        own_destination::check(resource, &self.own)?;
        transforms::check(resource, &self.transforms)?;
        // One that is there already stays as it is.
        if stored.is_none() {
            refuse_shadowed(&self.health, resource)?;
        }
        check_doubts(resource, stored, self.is_strict).map_err(refused)?;
        if let Some(next) = resource.as_event_type() {
            let version = |event_type: &EventType| event_type.schema_version;
            let before = stored.and_then(R::as_event_type).and_then(version);
            // Several at once are looked at together.
            let is_restored = stored.is_none() && !next.older_schemas.is_empty();
            if next.schema_version != before && !is_restored {
                check_newest(next, &self.schemas, budget)?;
            }
        }
        Ok(())
    }
}

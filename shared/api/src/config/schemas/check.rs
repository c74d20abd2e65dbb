//! A schema before it is stored: whether it is one, and whether it goes with the versions before it. That takes longer than a
//! store may be kept from others, so it is done beforehand, and holds only as long as no other version comes between.

use dataflow::schema::compatibility::{
    CompareBudget, CompareLimits, Compatibility, Policy, Refusal, refusals,
};
use dataflow::schema::{Schema, SchemaError, SchemaLimits};
use domain::configuration::{ConfigurationError, Configured};
use domain::ids::Space;
use domain::refusal::Refusal as Told;
use domain::resource::{CompatibilityMode, CompatibilityPolicy, EventType, Resource};
use offload::off_runtime_for;
use store::if_there;

use crate::config::ConfigApi;
use crate::error::{ApiError, Fault};

/// What a schema was compared with.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::config) enum SchemaCheck {
    /// Nothing had to be compared.
    #[default]
    Nothing,
    /// The newest version that was stored, if there was any.
    Newest(Option<u32>),
}

/// Why a schema is not stored.
enum Refused {
    NoSchema(SchemaError),
    /// It, or others of the same document, take too long to compile.
    TakesTooLong,
    Incompatible {
        with: u32,
        refusals: Vec<Refusal>,
    },
}

impl SchemaCheck {
    /// Refuses a change if what it was compared with is not the newest any more.
    pub(in crate::config) fn still_holds<R: Configured>(self, stored: &R) -> Result<(), ConfigurationError> {
        let (Self::Newest(compared), Some(stored)) = (self, stored.as_event_type()) else {
            return Ok(());
        };
        if stored.schema_version == compared {
            return Ok(());
        }
        Err(ConfigurationError::SchemaChanged(stored.name.clone()))
    }
}

impl ConfigApi {
    /// Checks the schema of a resource that is to be stored, in the place of one that there may be.
    pub(in crate::config) async fn check_schema<R: Configured>(
        &self,
        space: &Space,
        resource: &R,
    ) -> Result<SchemaCheck, ApiError> {
        let Some(event_type) = resource.as_event_type().filter(|given| given.schema.is_some()) else {
            return Ok(SchemaCheck::default());
        };
        let stored = if_there(self.store.get::<EventType>(space, &event_type.name).await)?;
        let mut next = event_type.clone();
        next.keep_masked(stored.as_deref())
            .map_err(ConfigurationError::from)?;
        self.check_schema_of(stored.as_deref(), next).await
    }

    /// Checks the newest version of an event type, if that is another than the stored one has.
    pub(super) async fn check_schema_of(
        &self,
        stored: Option<&EventType>,
        next: EventType,
    ) -> Result<SchemaCheck, ApiError> {
        let compared = stored.and_then(|stored| stored.schema_version);
        if next.schema_version != compared {
            let (limits, whose) = (self.schemas, next.space.to_string());
            let check = move || check_newest(&next, &limits, &CompareBudget::new(limits.compare_steps));
            off_runtime_for(&whose, check).await?;
        }
        Ok(SchemaCheck::Newest(compared))
    }
}

/// Refuses an event type whose newest schema is none, or does not go with the versions before it. That may take long; all
/// comparisons that have the same budget are bounded together.
pub(in crate::config) fn check_newest(
    next: &EventType,
    limits: &SchemaLimits,
    budget: &CompareBudget,
) -> Result<(), ApiError> {
    check(next, limits, budget).map_err(|refused| match refused {
        Refused::NoSchema(error) => no_schema("schema".to_owned(), &error),
        Refused::TakesTooLong => takes_too_long(),
        Refused::Incompatible { with, refusals } => {
            let version = next.schema_version.unwrap_or_default();
            let message = format!(
                "version {version} of the schema of {:?} is not compatible with version {with}",
                next.name.as_str()
            );
            let faults = refusals.into_iter().map(Fault::from).collect();
            ApiError::incompatible(message, faults)
        }
    })
}

/// Refuses an event type of a document that is to have several versions of its schema from the beginning, if one of them is
/// none. Tells of each that does not go with the one before it: that was so where it comes from, as
/// [`CompatibilityMode`] looks at nothing that is there when it is changed, and copies are not refused for it. Bounded as
/// [`check_newest`] is.
pub(in crate::config) fn check_restored(
    next: &EventType,
    limits: &SchemaLimits,
    budget: &CompareBudget,
) -> Result<Vec<String>, ApiError> {
    let mut incompatible = Vec::new();
    let mut before: Option<(u32, Schema)> = None;
    for (at, (version, text)) in next.schema_versions().enumerate() {
        let is_newest = next.schema_version == Some(version);
        let field = || {
            if is_newest {
                "schema".to_owned()
            } else {
                format!("olderSchemas[{at}].schema")
            }
        };
        if budget.is_spent() {
            return Err(takes_too_long());
        }
        let schema = Schema::compile(text.get(), limits).map_err(|error| no_schema(field(), &error))?;
        if !budget.has_compiled(schema.bytes()) {
            return Err(takes_too_long());
        }
        if let Some((with, old)) = &before
            && !compared(next, old, &schema, budget).is_empty()
        {
            incompatible.push(format!(
                "version {version} of the schema of {:?} is not compatible with version {with}",
                next.name.as_str()
            ));
        }
        before = Some((version, schema));
    }
    Ok(incompatible)
}

fn no_schema(field: String, error: &SchemaError) -> ApiError {
    ApiError::invalid(format!(
        "Event type doesn't validate. Validation error: {field} {error}"
    ))
    .about(Told {
        field: Some(field),
        value: None,
        rule: Some("schema"),
        hint: Some(error.to_string().into()),
    })
}

fn takes_too_long() -> ApiError {
    ApiError::invalid(
        "Event type doesn't validate. Validation error: the schemas of the document take too long to compile and to compare: \
         apply some of them after the others"
            .to_owned(),
    )
}

/// Why one version may not follow another, by what the event type says of compatibility.
fn compared(event_type: &EventType, old: &Schema, new: &Schema, budget: &CompareBudget) -> Vec<Refusal> {
    let mode = mode(event_type.compatibility);
    let policy = match event_type.compatibility_policy {
        CompatibilityPolicy::Lenient => Policy::Lenient,
        CompatibilityPolicy::Strict => Policy::Strict,
    };
    if mode == Compatibility::None {
        return Vec::new();
    }
    refusals(mode, policy, old, new, &CompareLimits::default(), budget)
}

fn check(next: &EventType, limits: &SchemaLimits, budget: &CompareBudget) -> Result<(), Refused> {
    let Some((version, text)) = next.newest_schema() else {
        return Ok(());
    };
    // Nothing is compiled any more for what is refused anyway.
    if budget.is_spent() {
        return Err(Refused::TakesTooLong);
    }
    let new = Schema::compile(text.get(), limits).map_err(Refused::NoSchema)?;
    if !budget.has_compiled(new.bytes()) {
        return Err(Refused::TakesTooLong);
    }
    let mode = mode(next.compatibility);
    if mode == Compatibility::None {
        return Ok(());
    }
    let before = next
        .schema_versions()
        .rev()
        .filter(|(other, _)| *other != version);
    for (with, text) in before.take(if mode.is_transitive() { usize::MAX } else { 1 }) {
        // What cannot be read any more binds nobody.
        let Ok(old) = Schema::compile(text.get(), limits) else {
            continue;
        };
        let refusals = compared(next, &old, &new, budget);
        if !refusals.is_empty() {
            return Err(Refused::Incompatible { with, refusals });
        }
    }
    Ok(())
}

fn mode(mode: CompatibilityMode) -> Compatibility {
    match mode {
        CompatibilityMode::None => Compatibility::None,
        CompatibilityMode::Backward => Compatibility::Backward,
        CompatibilityMode::BackwardTransitive => Compatibility::BackwardTransitive,
        CompatibilityMode::Forward => Compatibility::Forward,
        CompatibilityMode::ForwardTransitive => Compatibility::ForwardTransitive,
        CompatibilityMode::Full => Compatibility::Full,
        CompatibilityMode::FullTransitive => Compatibility::FullTransitive,
    }
}

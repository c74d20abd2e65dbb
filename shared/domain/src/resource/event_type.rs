//! Event types (docs/contract.md §1.4): names that subscriptions may refer to, with an optional authorizer, and what is
//! known of the data of such events.

use serde::{Deserialize, Serialize};

use super::described::Described;
use super::hook::{self, Hook, HookOwner};
use super::{InvalidCause, InvalidResource, Kind, Metadata, Resource};
use crate::ids::{EventTypeName, FunctionId, Space};
use crate::json::{Json, Object, elements_within, kind};
use crate::validation::{self, Violations};

mod restored;
mod schema_history;
mod schema_settings;
mod schema_version;
#[cfg(test)]
mod tests;

pub(crate) use restored::VERSIONS_TAG;
pub use schema_settings::{CompatibilityMode, CompatibilityPolicy, Validation};
pub use schema_version::SchemaVersion;

/// Most examples of an event type.
pub const MAX_EXAMPLES: usize = 8;
/// Most bytes of all examples of an event type.
pub const MAX_EXAMPLE_BYTES: usize = 32 * 1024;

/// A registered event type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventType {
    /// Space it belongs to.
    #[schema(value_type = String)]
    pub space: Space,
    /// Its name.
    #[schema(value_type = String, pattern = "^[a-zA-Z0-9.\\-_]+$")]
    pub name: EventTypeName,
    /// Function asked before an event of this type is passed on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub authorizer_id: Option<FunctionId>,
    /// What people are told of it.
    #[serde(flatten)]
    pub described: Described,
    /// Data of such events, for people to read: at most 8, of 32 KiB together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Value>)]
    pub examples: Vec<Json>,
    /// What becomes of events whose data does not fit the schema.
    #[serde(default, skip_serializing_if = "Validation::is_default")]
    #[schema(value_type = Option<Validation>, nullable = false)]
    pub validation: Validation,
    /// Which versions of the schema may follow each other.
    #[serde(default, skip_serializing_if = "CompatibilityMode::is_default")]
    #[schema(value_type = Option<CompatibilityMode>, nullable = false)]
    pub compatibility: CompatibilityMode,
    /// What objects are taken to have besides the members that their schema names, when versions are compared.
    #[serde(default, skip_serializing_if = "CompatibilityPolicy::is_default")]
    #[schema(value_type = Option<CompatibilityPolicy>, nullable = false)]
    pub compatibility_policy: CompatibilityPolicy,
    /// Number of the newest version of the schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub schema_version: Option<u32>,
    /// JSON Schema of the data of such events, an object, `true` or `false`: the newest version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Value, required = false)]
    pub schema: Option<Json>,
    /// The versions before it, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub older_schemas: Vec<SchemaVersion>,
    /// Labels.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// Functions that are asked on the way of its events; at most 8 at each point.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub hooks: Vec<Hook>,
}

impl Resource for EventType {
    const KIND: Kind = Kind::EventType;
    type Id = EventTypeName;

    fn space(&self) -> &Space {
        &self.space
    }

    fn id(&self) -> &EventTypeName {
        &self.name
    }

    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.metadata
    }

    fn keep_masked(&mut self, stored: Option<&Self>) -> Result<(), InvalidResource> {
        self.follow(stored);
        Ok(())
    }

    fn decode(space: &Space, id: Option<&EventTypeName>, body: &[u8]) -> Result<Self, InvalidResource> {
        let event_type = parse(space, id, body).map_err(|cause| cause.of(Kind::EventType))?;
        Ok(event_type)
    }
}

fn parse(space: &Space, id: Option<&EventTypeName>, body: &[u8]) -> Result<EventType, InvalidCause> {
    let object = Object::from_first_value(body)?;
    let given = object.string_or_empty("name")?;
    let mut violations = Violations::of("Type");
    let described = Described::decode(&object, &mut violations)?;
    let mode = |name| Ok::<_, InvalidCause>(object.string(name)?);
    let words = [
        mode("validation")?,
        mode("compatibility")?,
        mode("compatibilityPolicy")?,
    ];
    let words = words.each_ref().map(Option::as_deref);
    let validation = words[0].and_then(Validation::of_name);
    let compatibility = words[1].and_then(CompatibilityMode::of_name);
    let policy = words[2].and_then(CompatibilityPolicy::of_name);
    let examples = examples(&object, &mut violations)?;
    let schema = object.get("schema").map(Json::from_raw);
    let event_type = EventType {
        space: space.clone(),
        name: id.cloned().unwrap_or_else(|| given.into()),
        authorizer_id: object
            .string("authorizerId")?
            .map(|id| FunctionId::from(id.as_ref())),
        described,
        examples,
        validation: validation.unwrap_or_default(),
        compatibility: compatibility.unwrap_or_default(),
        compatibility_policy: policy.unwrap_or_default(),
        schema_version: None,
        schema,
        older_schemas: Vec::new(),
        metadata: object.strings("metadata")?.unwrap_or_default(),
        hooks: hook::decode(&object, HookOwner::SpaceOrType)?,
    };
    let is_schema = event_type
        .schema
        .as_ref()
        .is_none_or(|schema| matches!(kind(schema.as_raw()), "object" | "bool"));
    violations
        .check(
            "Validation",
            unread(words[0], validation.is_some(), Validation::TAG),
        )
        .check(
            "Compatibility",
            unread(words[1], compatibility.is_some(), CompatibilityMode::TAG),
        )
        .check(
            "CompatibilityPolicy",
            unread(words[2], policy.is_some(), CompatibilityPolicy::TAG),
        )
        .check("Schema", (!is_schema).then_some("schema"));
    // The form of the name is a rule for new event types only: older data may hold others (Q45).
    let name = event_type.name.as_str();
    let broken = if id.is_some() {
        validation::required(name)
    } else {
        validation::name(name, "eventType")
    };
    violations
        .check("Space", validation::space(space))
        .check("Name", broken);
    violations.into_result()?;
    Ok(event_type)
}

/// The tag of a word that is given and means nothing.
fn unread(word: Option<&str>, means_something: bool, tag: &'static str) -> Option<&'static str> {
    (word.is_some() && !means_something).then_some(tag)
}

fn examples(object: &Object<'_>, violations: &mut Violations) -> Result<Vec<Json>, InvalidCause> {
    let Some(raw) = object.get("examples") else {
        return Ok(Vec::new());
    };
    let examples = elements_within(raw.get().as_bytes(), MAX_EXAMPLES)?;
    violations.check("Examples", (raw.get().len() > MAX_EXAMPLE_BYTES).then_some("max"));
    Ok(examples.into_iter().map(Json::from_raw).collect())
}

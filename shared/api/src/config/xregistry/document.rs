//! The document: a registry with its groups, schemas and versions.

use std::collections::{BTreeMap, BTreeSet};

use domain::configuration::Stored;
use domain::ids::Space;
use domain::json::Json;
use domain::resource::{CompatibilityMode, EventType};
use serde::Serialize;
use serde_json::{Value, json};

use super::format::format;

/// Most characters of an id of the registry.
const LONGEST_ID: usize = 128;
/// The time of a registry in which nothing was created.
pub(super) const NEVER: &str = "1970-01-01T00:00:00Z";

/// What every entity has.
#[derive(Debug, Serialize)]
struct Entity {
    /// Where it stands in the document.
    #[serde(rename = "self")]
    own: String,
    xid: String,
    /// How many changes it has had, as far as versions show them.
    epoch: u64,
    createdat: String,
    /// When versions come is not kept: the time at which the event type came.
    modifiedat: String,
}

/// The schemas of a space.
#[derive(Debug, Serialize)]
pub(super) struct Registry<'r> {
    specversion: &'static str,
    registryid: &'r str,
    #[serde(flatten)]
    entity: Entity,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    modelsource: Value,
    schemagroups: BTreeMap<&'r str, Group<'r>>,
}

#[derive(Debug, Serialize)]
struct Group<'r> {
    schemagroupid: &'r str,
    #[serde(flatten)]
    entity: Entity,
    schemas: BTreeMap<&'r str, Schema<'r>>,
}

#[derive(Debug, Serialize)]
struct Schema<'r> {
    schemaid: &'r str,
    #[serde(rename = "self")]
    own: String,
    xid: String,
    metaurl: String,
    meta: Meta<'r>,
    versions: BTreeMap<String, Version<'r>>,
}

#[derive(Debug, Serialize)]
struct Meta<'r> {
    schemaid: &'r str,
    #[serde(flatten)]
    entity: Entity,
    /// Whoever reads this document changes nothing by it.
    readonly: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    compatibility: Option<CompatibilityMode>,
    defaultversionid: String,
    defaultversionurl: String,
    defaultversionsticky: bool,
}

#[derive(Debug, Serialize)]
struct Version<'r> {
    schemaid: &'r str,
    versionid: String,
    #[serde(flatten)]
    entity: Entity,
    isdefault: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'r str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<&'r str, &'r str>,
    ancestorid: String,
    contenttype: &'static str,
    format: String,
    /// As it was sent, to the digit.
    schema: &'r Json,
}

impl Entity {
    fn at(xid: String, epoch: u64, time: &str) -> Self {
        Self {
            own: format!("#{xid}"),
            xid,
            epoch,
            createdat: time.to_owned(),
            modifiedat: time.to_owned(),
        }
    }
}

impl<'r> Registry<'r> {
    pub(super) fn of(
        space: &'r Space,
        description: Option<String>,
        event_types: &'r [Stored<EventType>],
    ) -> Self {
        let group = format!("/schemagroups/{space}");
        let schemas: BTreeMap<_, _> = listed(event_types)
            .filter_map(|stored| Some((stored.resource.name.as_str(), Schema::of(stored, &group)?)))
            .collect();
        let epoch = schemas.values().map(|schema| schema.meta.entity.epoch).sum();
        let first = event_types.iter().min_by_key(|stored| stored.created);
        let time = first.map_or_else(|| NEVER.to_owned(), Stored::created_at);
        let groups = is_id(space.as_str()).then(|| {
            let group = Group {
                schemagroupid: space.as_str(),
                entity: Entity::at(group, epoch, &time),
                schemas,
            };
            (space.as_str(), group)
        });
        Self {
            specversion: "1.0-rc4",
            registryid: space.as_str(),
            entity: Entity::at("/".to_owned(), epoch, &time),
            description,
            modelsource: model(),
            schemagroups: groups.into_iter().collect(),
        }
    }
}

impl<'r> Schema<'r> {
    /// `None`: the event type has no schema.
    fn of(stored: &'r Stored<EventType>, group: &str) -> Option<Self> {
        let event_type = &*stored.resource;
        let (newest, _) = event_type.newest_schema()?;
        let name = event_type.name.as_str();
        let time = stored.created_at();
        let xid = format!("{group}/schemas/{name}");
        let version_at = |number: u32| format!("{xid}/versions/{number}");
        let mut before = None;
        let versions = event_type.schema_versions().map(|(number, schema)| {
            let version = Version {
                schemaid: name,
                versionid: number.to_string(),
                // A version never changes.
                entity: Entity::at(version_at(number), 1, &time),
                isdefault: number == newest,
                description: event_type.described.description.as_deref(),
                labels: event_type
                    .metadata
                    .iter()
                    .map(|(key, value)| (key.as_str(), value.as_str()))
                    .collect(),
                ancestorid: before.replace(number).unwrap_or(number).to_string(),
                contenttype: "application/schema+json",
                format: format(schema),
                schema,
            };
            (version.versionid.clone(), version)
        });
        let versions = versions.collect();
        let compatibility = event_type.compatibility;
        Some(Self {
            schemaid: name,
            own: format!("#{xid}"),
            metaurl: format!("#{xid}/meta"),
            meta: Meta {
                schemaid: name,
                entity: Entity::at(format!("{xid}/meta"), newest.into(), &time),
                readonly: true,
                compatibility: (compatibility != CompatibilityMode::None).then_some(compatibility),
                defaultversionid: newest.to_string(),
                defaultversionurl: format!("#{}", version_at(newest)),
                defaultversionsticky: false,
            },
            versions,
            xid,
        })
    }
}

/// The event types that are schemas of the registry. Ids are the same that differ in nothing but case: of these the first is
/// taken.
pub(super) fn listed(event_types: &[Stored<EventType>]) -> impl Iterator<Item = &Stored<EventType>> {
    let mut taken = BTreeSet::new();
    let mut listed: Vec<_> = event_types.iter().collect();
    listed.sort_by_key(|stored| stored.created);
    listed
        .into_iter()
        .filter(|stored| is_id(stored.resource.name.as_str()) && stored.resource.newest_schema().is_some())
        .filter(move |stored| taken.insert(stored.resource.name.as_str().to_ascii_lowercase()))
}

/// Whether a name can be an id of the registry.
pub(super) fn is_id(name: &str) -> bool {
    let starts = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.len() <= LONGEST_ID
        && name.starts_with(starts)
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._~:@".contains(&b))
}

/// What a registry of schemas holds. Versions of one schema may be of several drafts.
pub(super) fn model() -> Value {
    json!({"groups": {"schemagroups": {
        "singular": "schemagroup",
        "modelversion": "1.0-rc4",
        "modelcompatiblewith": "https://xregistry.io/xreg/domains/schema/specs/model.json",
        "resources": {"schemas": {
            "singular": "schema",
            "modelversion": "1.0-rc4",
            "modelcompatiblewith": "https://xregistry.io/xreg/domains/schema/specs/model.json",
            "attributes": {"format": {"type": "string", "required": true}},
        }},
    }}})
}

#[cfg(test)]
mod tests;

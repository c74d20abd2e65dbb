//! The entities of the xRegistry API, each with the addresses of what is below it.

use std::collections::BTreeMap;

use domain::configuration::{ConfigurationError, Stored};
use domain::resource::{CompatibilityMode, EventType, Kind};
use serde_json::{Map, Value, json};

use super::document::{NEVER, is_id};
use super::format::format;
use crate::config::schemas::MEDIA_TYPE;
use crate::error::ApiError;

/// The schemas of a space as a registry at an address.
pub(super) struct Registry<'r> {
    /// The address, without a slash at its end.
    pub(super) base: &'r str,
    pub(super) space: &'r str,
    pub(super) description: Option<&'r str>,
    /// Those that the registry shows, by their ids.
    pub(super) schemas: BTreeMap<&'r str, &'r Stored<EventType>>,
}

impl Registry<'_> {
    pub(super) fn registry(&self) -> Map<String, Value> {
        let mut registry = self.entity("/", self.epoch(), &self.time());
        set(&mut registry, "specversion", json!("1.0-rc4"));
        set(&mut registry, "registryid", json!(self.space));
        if let Some(description) = self.description {
            set(&mut registry, "description", json!(description));
        }
        set(&mut registry, "schemagroupsurl", json!(self.url("/schemagroups")));
        set(&mut registry, "schemagroupscount", json!(self.groups().count()));
        registry
    }

    /// The ids of the groups: the space, where its name can be one.
    pub(super) fn groups(&self) -> impl Iterator<Item = &str> {
        Some(self.space).into_iter().filter(|space| is_id(space))
    }

    pub(super) fn group(&self) -> Map<String, Value> {
        let xid = self.group_xid();
        let mut group = self.entity(&xid, self.epoch(), &self.time());
        set(&mut group, "schemagroupid", json!(self.space));
        set(
            &mut group,
            "schemasurl",
            json!(self.url(&format!("{xid}/schemas"))),
        );
        set(&mut group, "schemascount", json!(self.schemas.len()));
        group
    }

    /// A schema: its newest version, and where the rest of it is. `details` says whether it is shown at the address of its
    /// details.
    pub(super) fn schema(&self, stored: &Stored<EventType>, details: bool) -> Map<String, Value> {
        let event_type = &stored.resource;
        let xid = self.schema_xid(event_type.name.as_str());
        let newest = event_type.schema_version.unwrap_or_default();
        let mut schema = self.version(stored, newest, details).unwrap_or_default();
        set(&mut schema, "self", json!(self.url(&at(&xid, details))));
        set(&mut schema, "metaurl", json!(self.url(&format!("{xid}/meta"))));
        set(
            &mut schema,
            "versionsurl",
            json!(self.url(&format!("{xid}/versions"))),
        );
        set(
            &mut schema,
            "versionscount",
            json!(event_type.schema_versions().count()),
        );
        set(&mut schema, "xid", json!(xid));
        schema
    }

    pub(super) fn meta(&self, stored: &Stored<EventType>) -> Map<String, Value> {
        let event_type = &stored.resource;
        let name = event_type.name.as_str();
        let xid = self.schema_xid(name);
        let newest = event_type.schema_version.unwrap_or_default();
        let mut meta = self.entity(&format!("{xid}/meta"), newest.into(), &stored.created_at());
        set(&mut meta, "schemaid", json!(name));
        set(&mut meta, "readonly", json!(true));
        if event_type.compatibility != CompatibilityMode::None {
            set(&mut meta, "compatibility", json!(event_type.compatibility));
        }
        set(&mut meta, "defaultversionid", json!(newest.to_string()));
        let url = self.url(&at(&format!("{xid}/versions/{newest}"), true));
        set(&mut meta, "defaultversionurl", json!(url));
        set(&mut meta, "defaultversionsticky", json!(false));
        meta
    }

    /// A version of a schema, if there is one with that number.
    pub(super) fn version(
        &self,
        stored: &Stored<EventType>,
        number: u32,
        details: bool,
    ) -> Option<Map<String, Value>> {
        let event_type = &stored.resource;
        let name = event_type.name.as_str();
        let mut ancestor = None;
        let mut found = None;
        for (version, schema) in event_type.schema_versions() {
            if version == number {
                found = Some((schema, ancestor.unwrap_or(version)));
                break;
            }
            ancestor = Some(version);
        }
        let (schema, ancestor) = found?;
        let xid = format!("{}/versions/{number}", self.schema_xid(name));
        let mut shown = self.entity(&xid, 1, &stored.created_at());
        set(&mut shown, "self", json!(self.url(&at(&xid, details))));
        set(&mut shown, "schemaid", json!(name));
        set(&mut shown, "versionid", json!(number.to_string()));
        set(
            &mut shown,
            "isdefault",
            json!(event_type.schema_version == Some(number)),
        );
        if let Some(description) = &event_type.described.description {
            set(&mut shown, "description", json!(description));
        }
        if !event_type.metadata.is_empty() {
            set(&mut shown, "labels", json!(event_type.metadata));
        }
        set(&mut shown, "ancestorid", json!(ancestor.to_string()));
        set(&mut shown, "contenttype", json!(MEDIA_TYPE));
        set(&mut shown, "format", json!(format(schema)));
        Some(shown)
    }

    /// Refuses the id of a group that there is not.
    pub(super) fn known_group(&self, group: &str) -> Result<(), ApiError> {
        if self.groups().any(|known| known == group) {
            return Ok(());
        }
        Err(ApiError::nothing_there())
    }

    /// A schema by its id.
    pub(super) fn known_schema(&self, group: &str, schema: &str) -> Result<&Stored<EventType>, ApiError> {
        self.known_group(group)?;
        let (kind, id) = (Kind::EventType, schema.to_owned());
        let missing = || ApiError::from(ConfigurationError::NotFound { kind, id });
        self.schemas.get(schema).copied().ok_or_else(missing)
    }

    pub(super) fn group_xid(&self) -> String {
        format!("/schemagroups/{}", self.space)
    }

    pub(super) fn schema_xid(&self, schema: &str) -> String {
        format!("{}/schemas/{schema}", self.group_xid())
    }

    fn url(&self, xid: &str) -> String {
        format!("{}{xid}", self.base)
    }

    /// What every entity has.
    fn entity(&self, xid: &str, epoch: u64, time: &str) -> Map<String, Value> {
        let mut entity = Map::new();
        set(&mut entity, "self", json!(self.url(xid)));
        set(&mut entity, "xid", json!(xid));
        set(&mut entity, "epoch", json!(epoch));
        set(&mut entity, "createdat", json!(time));
        set(&mut entity, "modifiedat", json!(time));
        entity
    }

    /// How many changes there were, as far as versions show them.
    fn epoch(&self) -> u64 {
        let versions = self.schemas.values().map(|stored| stored.resource.schema_version);
        versions.flatten().map(u64::from).sum()
    }

    fn time(&self) -> String {
        let first = self.schemas.values().min_by_key(|stored| stored.created);
        first.map_or_else(|| NEVER.to_owned(), |stored| stored.created_at())
    }
}

/// The path of an entity, or of its details.
fn at(xid: &str, details: bool) -> String {
    format!("{xid}{}", if details { "$details" } else { "" })
}

fn set(entity: &mut Map<String, Value>, name: &str, value: Value) {
    entity.insert(name.to_owned(), value);
}

//! What samples have at a place, and the schema that says so.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// What was seen at a place.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) types: BTreeSet<&'static str>,
    pub(super) objects: usize,
    pub(super) members: BTreeMap<String, (usize, Seen)>,
    /// What all members were, once there were too many names.
    pub(super) others: Option<Box<Seen>>,
    pub(super) elements: Option<Box<Seen>>,
    /// The format that all texts so far had.
    pub(super) format: Option<&'static str>,
    pub(super) texts: usize,
    /// Whether it is told that something here is left out.
    pub(super) is_told: bool,
}

impl Seen {
    /// The schema of it.
    pub(super) fn schema(&self) -> Map<String, Value> {
        let mut schema = Map::new();
        let mut types: Vec<_> = self.types.iter().copied().collect();
        if types.contains(&"number") {
            types.retain(|one| *one != "integer");
        }
        match types.as_slice() {
            [] => {}
            [one] => {
                schema.insert("type".to_owned(), json!(one));
            }
            several => {
                schema.insert("type".to_owned(), json!(several));
            }
        }
        if let Some(format) = self.format {
            schema.insert("format".to_owned(), json!(format));
        }
        if let Some(elements) = &self.elements {
            schema.insert("items".to_owned(), Value::Object(elements.schema()));
        }
        if self.others.is_some() || self.members.is_empty() {
            return schema;
        }
        let properties = self
            .members
            .iter()
            .map(|(name, (_, seen))| (name.clone(), Value::Object(seen.schema())));
        schema.insert("properties".to_owned(), Value::Object(properties.collect()));
        let always = self
            .members
            .iter()
            .filter(|(_, (count, _))| *count == self.objects);
        let required: Vec<_> = always.map(|(name, _)| name.as_str()).collect();
        if !required.is_empty() {
            schema.insert("required".to_owned(), json!(required));
        }
        schema
    }
}

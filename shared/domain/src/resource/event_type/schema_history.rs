//! The versions of the schema of an event type.

use serde_json::Value;

use super::super::{Described, Metadata};
use super::{CompatibilityMode, CompatibilityPolicy, EventType, SchemaVersion, Validation};
use crate::ids::{EventTypeName, Space};
use crate::json::Json;

impl EventType {
    /// One with a name and nothing else.
    pub fn named(space: &Space, name: EventTypeName) -> Self {
        Self {
            space: space.clone(),
            name,
            authorizer_id: None,
            described: Described::default(),
            examples: Vec::new(),
            validation: Validation::default(),
            compatibility: CompatibilityMode::default(),
            compatibility_policy: CompatibilityPolicy::default(),
            schema_version: None,
            schema: None,
            older_schemas: Vec::new(),
            metadata: Metadata::new(),
            hooks: Vec::new(),
        }
    }

    /// The versions of its schema, the oldest first.
    pub fn schema_versions(&self) -> impl DoubleEndedIterator<Item = (u32, &Json)> {
        let older = self
            .older_schemas
            .iter()
            .map(|older| (older.version, &older.schema));
        older.chain(self.newest_schema())
    }

    /// The newest version of its schema.
    pub fn newest_schema(&self) -> Option<(u32, &Json)> {
        self.schema_version.zip(self.schema.as_ref())
    }

    /// Bytes of all versions of its schema.
    pub fn schema_bytes(&self) -> usize {
        self.schema_versions().map(|(_, schema)| schema.get().len()).sum()
    }

    /// Whether a schema says the same as the newest one.
    pub fn has_schema(&self, schema: &Json) -> bool {
        let read = |json: &Json| serde_json::from_str::<Value>(json.get()).ok();
        let newest = self.schema.as_ref();
        newest.is_some_and(|newest| {
            newest == schema || read(newest).is_some_and(|newest| Some(newest) == read(schema))
        })
    }

    /// Puts its schema in its place among the versions that are stored. One that says the same as the newest is no new
    /// version, and without one they stay as they are: versions go by themselves, or with the event type. Of an event type
    /// that is new the versions are those that it was restored with, or it is the first.
    pub(super) fn follow(&mut self, stored: Option<&Self>) {
        let given = self.schema.take();
        let Some(stored) = stored else {
            self.schema_version = given.as_ref().and(self.schema_version.or(Some(1)));
            self.schema = given;
            return;
        };
        self.older_schemas.clone_from(&stored.older_schemas);
        self.schema.clone_from(&stored.schema);
        self.schema_version = stored.schema_version;
        if let Some(given) = given
            && !stored.has_schema(&given)
        {
            if let (Some(version), Some(schema)) = (self.schema_version, self.schema.take()) {
                self.older_schemas.push(SchemaVersion { version, schema });
            }
            self.schema_version = Some(self.schema_version.unwrap_or_default().saturating_add(1));
            self.schema = Some(given);
        }
    }

    /// It with a new version of its schema.
    #[must_use]
    pub fn with_schema(&self, schema: Json) -> Self {
        let mut next = Self {
            schema: Some(schema),
            ..self.clone()
        };
        next.follow(Some(self));
        next
    }

    /// It without a version of its schema; `None` if it has none of that number. Without the newest, the one before it is
    /// the newest again.
    pub fn without_schema(&self, version: u32) -> Option<Self> {
        let mut next = self.clone();
        if self.schema_version != Some(version) {
            let at = self
                .older_schemas
                .iter()
                .position(|older| older.version == version)?;
            next.older_schemas.remove(at);
            return Some(next);
        }
        let before = next.older_schemas.pop();
        next.schema_version = before.as_ref().map(|before| before.version);
        next.schema = before.map(|before| before.schema);
        Some(next)
    }
}

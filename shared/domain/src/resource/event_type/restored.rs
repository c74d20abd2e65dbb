//! The versions of a schema as a document of a whole space has them. They go with an event type that is not there yet; of
//! one that is, those that are stored count.

use super::{EventType, SchemaVersion};
use crate::json::{Json, JsonError, Object, elements, kind};
use crate::resource::{InvalidCause, InvalidResource, Kind};
use crate::validation::Violations;

/// The rule that numbers of versions break.
pub(crate) const VERSIONS_TAG: &str = "versions";

impl EventType {
    /// It with the numbers and the older versions that its JSON has: `schemaVersion` and `olderSchemas`.
    pub fn with_history(mut self, body: &[u8]) -> Result<Self, InvalidResource> {
        self.read_history(body)
            .map_err(|cause| cause.of(Kind::EventType))?;
        Ok(self)
    }

    fn read_history(&mut self, body: &[u8]) -> Result<(), InvalidCause> {
        let object = Object::from_first_value(body)?;
        let older = match object.get("olderSchemas") {
            None => Vec::new(),
            Some(list) => elements(list.get().as_bytes())?
                .into_iter()
                .map(|raw| Object::from_raw(raw, "olderSchemas").and_then(|one| version(&one)))
                .collect::<Result<Vec<_>, JsonError>>()?,
        };
        let newest = number(&object, "schemaVersion")?;
        let mut violations = Violations::of("Type");
        let is_read = older.iter().all(Option::is_some);
        let older: Vec<SchemaVersion> = older.into_iter().flatten().collect();
        let numbers: Vec<u32> = older.iter().map(|older| older.version).chain(newest).collect();
        let are_in_order = numbers.first() != Some(&0) && numbers.is_sorted_by(|one, next| one < next);
        let has_newest = older.is_empty() || (self.schema.is_some() && newest.is_some());
        violations
            .check("OlderSchemas", (!is_read || !has_newest).then_some(VERSIONS_TAG))
            .check("SchemaVersion", (!are_in_order).then_some(VERSIONS_TAG));
        violations.into_result()?;
        if self.schema.is_some() {
            self.schema_version = newest;
            self.older_schemas = older;
        }
        Ok(())
    }
}

/// A version, if it is one.
fn version(object: &Object<'_>) -> Result<Option<SchemaVersion>, JsonError> {
    let version = number(object, "version")?;
    let schema = object.get("schema");
    let schema = schema.filter(|schema| matches!(kind(schema), "object" | "bool"));
    Ok(version.zip(schema).map(|(version, schema)| SchemaVersion {
        version,
        schema: Json::from_raw(schema),
    }))
}

/// The number of a version; 0, which none has, where it is beyond those that there are.
fn number(object: &Object<'_>, name: &str) -> Result<Option<u32>, JsonError> {
    let given = object.integer(name)?;
    Ok(given.map(|number| u32::try_from(number).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::Resource as _;

    fn read(members: &str) -> Result<EventType, InvalidResource> {
        let body = format!(r#"{{"name":"e"{members}}}"#);
        let read = EventType::decode(&"default".into(), None, body.as_bytes()).unwrap();
        let mut read = read.with_history(body.as_bytes())?;
        read.keep_masked(None)?;
        Ok(read)
    }

    #[test]
    fn what_is_restored_is_as_it_was() {
        for (members, want) in [
            ("", ""),
            (r#","schemaVersion":3"#, ""),
            (r#","schema":true"#, "1 true"),
            (r#","schema":true,"olderSchemas":[]"#, "1 true"),
            (
                r#","schema":true,"olderSchemas":null,"schemaVersion":7"#,
                "7 true",
            ),
            (
                r#","schema":{"b":1.50},"schemaVersion":9,"olderSchemas":[{"version":2,"schema":{"a": 1}},{"version":5,"schema":false}]"#,
                r#"2 {"a": 1}, 5 false, 9 {"b":1.50}"#,
            ),
        ] {
            let versions = read(members).unwrap();
            let versions: Vec<_> = versions
                .schema_versions()
                .map(|(version, schema)| format!("{version} {}", schema.get()))
                .collect();
            assert_eq!(versions.join(", "), want, "{members}");
        }
    }

    #[test]
    fn histories_that_there_cannot_be() {
        for members in [
            r#","schemaVersion":2,"olderSchemas":[{"version":1,"schema":true}]"#,
            r#","schema":true,"olderSchemas":[{"version":1,"schema":true}]"#,
            r#","schema":true,"schemaVersion":0"#,
            r#","schema":true,"schemaVersion":-1"#,
            r#","schema":true,"schemaVersion":4294967296"#,
            r#","schema":true,"schemaVersion":1,"olderSchemas":[{"version":1,"schema":true}]"#,
            r#","schema":true,"schemaVersion":3,"olderSchemas":[{"version":2,"schema":true},{"version":1,"schema":true}]"#,
            r#","schema":true,"schemaVersion":3,"olderSchemas":[{"version":0,"schema":true}]"#,
            r#","schema":true,"schemaVersion":3,"olderSchemas":[{"version":1}]"#,
            r#","schema":true,"schemaVersion":3,"olderSchemas":[{"schema":true}]"#,
            r#","schema":true,"schemaVersion":3,"olderSchemas":[{"version":1,"schema":"x"}]"#,
            r#","schema":true,"schemaVersion":3,"olderSchemas":[null]"#,
            r#","schema":true,"schemaVersion":3,"olderSchemas":{}"#,
            r#","schema":true,"schemaVersion":"3""#,
        ] {
            assert!(read(members).is_err(), "{members}");
        }
    }

    #[test]
    fn where_there_is_one_its_own_versions_count() {
        let stored = read(r#","schema":true"#).unwrap();
        let body =
            br#"{"name":"e","schema":false,"schemaVersion":9,"olderSchemas":[{"version":8,"schema":{}}]}"#;
        let given = EventType::decode(&"default".into(), None, body).unwrap();
        let mut given = given.with_history(body).unwrap();
        given.keep_masked(Some(&stored)).unwrap();
        let numbers: Vec<_> = given.schema_versions().map(|(version, _)| version).collect();
        assert_eq!(numbers, [1, 2]);
    }
}

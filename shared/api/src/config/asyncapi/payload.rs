//! Schemas as they stand in an AsyncAPI document: with references that lead to where they stand there.

use domain::json::Json;
use serde_json::{Map, Value};

/// The schema of an event type, as a component of that name. `None` where the document cannot have it: what draft 4 says
/// otherwise, and references to names instead of places.
pub(super) fn payload(name: &str, schema: &Json) -> Option<Value> {
    let mut schema: Value = serde_json::from_str(schema.get()).ok()?;
    if let Value::Object(members) = &mut schema {
        let draft = members.remove("$schema");
        if draft.is_some_and(|draft| draft.as_str().is_some_and(|uri| uri.contains("draft-04"))) {
            return None;
        }
        // References would be resolved against it.
        members.remove("$id");
        members.remove("id");
    }
    let root = format!("#/components/schemas/{name}");
    moved(&mut schema, &root)?;
    Some(schema)
}

fn moved(value: &mut Value, root: &str) -> Option<()> {
    match value {
        Value::Object(members) => moved_members(members, root),
        Value::Array(elements) => elements.iter_mut().try_for_each(|element| moved(element, root)),
        _ => Some(()),
    }
}

fn moved_members(members: &mut Map<String, Value>, root: &str) -> Option<()> {
    if ["$anchor", "$dynamicRef", "$recursiveRef", "$id"]
        .iter()
        .any(|name| members.contains_key(*name))
    {
        return None;
    }
    for (name, value) in members {
        match value {
            Value::String(target) if name == "$ref" => {
                let rest = target
                    .strip_prefix('#')
                    .filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
                *target = format!("{root}{rest}");
            }
            value => moved(value, root)?,
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(schema: &Value) -> Option<Value> {
        payload("a.b", &Json::from_value(schema))
    }

    #[test]
    fn references_lead_to_where_the_schema_stands() {
        let schema = json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "urn:a",
            "properties": {"a": {"$ref": "#/$defs/a"}, "b": {"items": [{"$ref": "#"}]}}, "$defs": {"a": true}});
        let want = json!({"properties": {"a": {"$ref": "#/components/schemas/a.b/$defs/a"},
            "b": {"items": [{"$ref": "#/components/schemas/a.b"}]}}, "$defs": {"a": true}});
        assert_eq!(of(&schema), Some(want));
        for schema in [
            json!({"$schema": "http://json-schema.org/draft-04/schema#"}),
            json!({"items": {"$ref": "#name"}, "$defs": {"a": {"$anchor": "name"}}}),
            json!({"items": {"$ref": "other.json"}}),
        ] {
            assert_eq!(of(&schema), None);
        }
    }
}

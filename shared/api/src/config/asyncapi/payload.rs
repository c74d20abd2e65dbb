//! Schemas as they stand in an AsyncAPI document: with references that lead to where they stand there.
//!
//! AsyncAPI reads them as draft 7 with some words of its own. Those of other drafts can stay as long as draft 7 takes
//! them: what it does not know is an annotation to it.

use dataflow::schema::is_draft_7;
use domain::json::Json;
use serde_json::{Map, Value, json};

/// Words that mean something else to AsyncAPI.
const OTHER_WORDS: [&str; 3] = ["discriminator", "externalDocs", "deprecated"];

/// What stands at a place of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Schema,
    /// Schemas by names, which are no keywords.
    Names,
    /// Values, in which nothing is a keyword.
    Data,
}

/// The schema of an event type, as a component of that name. `None` where the document cannot have it: what draft 7 does not
/// take, or reads otherwise, and references to names instead of places.
pub(super) fn payload(name: &str, schema: &Json) -> Option<Value> {
    let mut schema: Value = serde_json::from_str(schema.get()).ok()?;
    match &mut schema {
        // There it is an object always.
        Value::Bool(true) => return Some(json!({})),
        Value::Bool(false) => return Some(json!({"not": {}})),
        Value::Object(members) => {
            let draft = members.remove("$schema");
            if draft.is_some_and(|draft| draft.as_str().is_some_and(|uri| uri.contains("draft-04"))) {
                return None;
            }
            // References would be resolved against it.
            members.remove("$id");
            members.remove("id");
        }
        _ => return None,
    }
    let root = format!("#/components/schemas/{name}");
    moved(&mut schema, At::Schema, &root)?;
    is_draft_7(&schema).then_some(schema)
}

fn moved(value: &mut Value, at: At, root: &str) -> Option<()> {
    match value {
        Value::Object(members) => moved_members(members, at, root),
        Value::Array(elements) => elements
            .iter_mut()
            .try_for_each(|element| moved(element, at, root)),
        _ => Some(()),
    }
}

fn moved_members(members: &mut Map<String, Value>, at: At, root: &str) -> Option<()> {
    if at == At::Schema {
        let is_named = ["$anchor", "$dynamicRef", "$recursiveRef", "$id"]
            .iter()
            .any(|name| members.contains_key(*name));
        if is_named {
            return None;
        }
        for word in OTHER_WORDS {
            members.remove(word);
        }
    }
    for (name, value) in members {
        match (at, name.as_str(), value) {
            (At::Schema, "$ref", Value::String(target)) => {
                let rest = target
                    .strip_prefix('#')
                    .filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
                *target = format!("{root}{rest}");
            }
            // Tools follow it wherever it stands.
            (_, "$ref", _) => return None,
            (At::Schema, name, value) => moved(value, below(name), root)?,
            (At::Names, _, value) => moved(value, At::Schema, root)?,
            (At::Data, _, value) => moved(value, At::Data, root)?,
        }
    }
    Some(())
}

/// What stands in the value of a keyword.
fn below(keyword: &str) -> At {
    match keyword {
        "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas"
        | "dependencies" => At::Names,
        "const" | "enum" | "default" | "examples" => At::Data,
        _ => At::Schema,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(schema: &Value) -> Option<Value> {
        payload("a.b", &Json::from_value(schema))
    }

    #[test]
    fn references_lead_to_where_the_schema_stands() {
        let schema = json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "urn:a",
            "properties": {"a": {"$ref": "#/$defs/a"}, "b": {"items": {"$ref": "#"}}}, "$defs": {"a": true}});
        let want = json!({"properties": {"a": {"$ref": "#/components/schemas/a.b/$defs/a"},
            "b": {"items": {"$ref": "#/components/schemas/a.b"}}}, "$defs": {"a": true}});
        assert_eq!(of(&schema), Some(want));
    }

    #[test]
    fn what_the_document_cannot_have_is_left_out() {
        for schema in [
            json!({"$schema": "http://json-schema.org/draft-04/schema#"}),
            json!({"items": {"$ref": "#name"}, "$defs": {"a": {"$anchor": "name"}}}),
            json!({"items": {"$ref": "other.json"}}),
            json!({"const": {"$ref": "#"}}),
            json!({"properties": {"$ref": {"type": "string"}}}),
            // Draft 6 does not know the word, and takes anything there.
            json!({"$schema": "http://json-schema.org/draft-06/schema#", "if": 5}),
            json!({"additionalItems": 5}),
        ] {
            assert_eq!(of(&schema), None, "{schema}");
        }
    }

    #[test]
    fn words_of_asyncapi_are_kept_where_they_are_names() {
        let schema = json!({"deprecated": "soon", "discriminator": {}, "properties": {"deprecated": {"externalDocs": 1}},
            "const": {"deprecated": 1}});
        let want = json!({"properties": {"deprecated": {}}, "const": {"deprecated": 1}});
        assert_eq!(of(&schema), Some(want));
        assert_eq!(of(&json!(true)), Some(json!({})));
        assert_eq!(of(&json!(false)), Some(json!({"not": {}})));
    }
}

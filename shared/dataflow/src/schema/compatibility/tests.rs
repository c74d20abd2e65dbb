//! Pairs of schemas: own tables, and those of others.

use serde_json::{Value, json};

use super::{CompareBudget, CompareLimits, Compatibility, Direction, Policy, Refusal, refusals};
use crate::schema::{Schema, SchemaLimits};

mod corpus;
mod costs;

fn schema(value: &Value) -> Schema {
    Schema::compile(&value.to_string(), &SchemaLimits::default()).unwrap()
}

fn compare(compatibility: Compatibility, policy: Policy, old: &Value, new: &Value) -> Vec<Refusal> {
    refusals(
        compatibility,
        policy,
        &schema(old),
        &schema(new),
        &CompareLimits::default(),
        &CompareBudget::default(),
    )
}

#[test]
fn every_refusal_has_path_rule_and_a_value_that_breaks() {
    let object = |properties: Value| json!({"type": "object", "properties": properties});
    for (old, new, path, rule) in [
        (
            object(json!({"a": {"type": "string"}})),
            object(json!({"a": {"type": "integer"}})),
            "/a",
            "type",
        ),
        (
            object(json!({"a": {}})),
            json!({"type": "object", "required": ["a"]}),
            "",
            "required",
        ),
        (
            object(json!({"a": {"enum": ["x", "y"]}})),
            object(json!({"a": {"enum": ["x"]}})),
            "/a",
            "enum",
        ),
        (
            object(json!({"a": {"type": "number"}})),
            object(json!({"a": {"type": "number", "maximum": 5}})),
            "/a",
            "maximum",
        ),
        (
            object(json!({"a": {"type": "integer"}})),
            object(json!({"a": {"type": "integer", "multipleOf": 5}})),
            "/a",
            "multipleOf",
        ),
        (
            object(json!({"a": {"type": "string"}})),
            object(json!({"a": {"type": "string", "maxLength": 5}})),
            "/a",
            "maxLength",
        ),
        (
            object(json!({"a": {"type": "string"}})),
            object(json!({"a": {"pattern": "^x"}})),
            "/a",
            "pattern",
        ),
        (
            object(json!({"a": {"type": "array"}})),
            object(json!({"a": {"type": "array", "maxItems": 2}})),
            "/a",
            "maxItems",
        ),
        (
            object(json!({"a": {"items": {"type": "number"}}})),
            object(json!({"a": {"items": {"type": "integer"}}})),
            "/a/*",
            "type",
        ),
        (
            object(json!({})),
            json!({"type": "object", "additionalProperties": false}),
            "/*",
            "false",
        ),
        (
            object(json!({})),
            json!({"type": "object", "maxProperties": 1}),
            "",
            "maxProperties",
        ),
        (
            json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "pattern": "^ord_[0-9]{4}$"}, "a": {}}}),
            json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "a": {"type": "null"}}}),
            "/a",
            "type",
        ),
    ] {
        let found = compare(Compatibility::Backward, Policy::Lenient, &old, &new);
        let refusal = found.iter().find(|one| one.path == path && one.rule == rule);
        let refusal = refusal.unwrap_or_else(|| panic!("{old} {new} {found:?}"));
        let value = refusal.value.as_ref().unwrap_or_else(|| panic!("{refusal:?}"));
        assert!(
            schema(&old).accepts_value(value) && !schema(&new).accepts_value(value),
            "{refusal:?}"
        );
        assert!(refusal.line().contains("for example"), "{}", refusal.line());
        let forward = compare(Compatibility::Forward, Policy::Lenient, &new, &old);
        assert_eq!(forward.len(), found.len(), "the other way round");
        assert!(forward.iter().all(|one| one.direction == Direction::Forward));
    }
}

#[test]
fn what_is_compatible_is_taken() {
    let recursive = |leaf: &str| {
        json!({"$defs": {"tree": {"type": "object", "properties": {
            "leaf": {"type": leaf}, "children": {"type": "array", "items": {"$ref": "#/$defs/tree"}}
        }}}, "$ref": "#/$defs/tree"})
    };
    for (old, new) in [
        (json!({"type": "integer"}), json!({"type": "number"})),
        (json!({"type": "string"}), json!({"type": ["string", "null"]})),
        (
            json!({"type": ["string", "null"]}),
            json!({"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ),
        (
            json!({"type": "integer", "exclusiveMinimum": 0}),
            json!({"type": "number", "minimum": 1}),
        ),
        (json!({"enum": [1, 2]}), json!({"type": "integer", "maximum": 2})),
        (
            json!({"enum": ["a", "bc"]}),
            json!({"type": "string", "maxLength": 2, "pattern": "^[a-c]+$"}),
        ),
        (json!({"const": 0.3}), json!({"multipleOf": 0.1})),
        (json!({"required": ["a", "b"]}), json!({"required": ["a"]})),
        (
            json!({"properties": {"a": {"type": "string"}}}),
            json!({"properties": {"a": {}}}),
        ),
        (
            json!({"oneOf": [{"type": "string"}, {"type": "null"}]}),
            json!({"oneOf": [{"type": "null"}, {"type": "string"}, {"type": "array"}]}),
        ),
        (
            json!({"oneOf": [{"type": "object", "required": ["k"], "properties": {"k": {"const": "a"}}}]}),
            json!({"oneOf": [
                {"type": "object", "required": ["k"], "properties": {"k": {"const": "a"}}},
                {"type": "object", "required": ["k"], "properties": {"k": {"const": "b"}}},
            ]}),
        ),
        (recursive("integer"), recursive("number")),
        (
            json!({"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"type": "string"}], "additionalItems": false}),
            json!({"prefixItems": [{"type": "string"}], "items": false}),
        ),
        (
            json!({"type": "object", "unevaluatedProperties": false, "properties": {"a": {"type": "string"}}}),
            json!({"type": "object", "additionalProperties": false, "properties": {"a": {}, "b": {}}}),
        ),
    ] {
        let found = compare(Compatibility::Backward, Policy::Strict, &old, &new);
        assert!(found.is_empty(), "{old} {new} {found:?}");
    }
    let found = compare(
        Compatibility::Backward,
        Policy::Strict,
        &recursive("number"),
        &recursive("integer"),
    );
    let refusal = found.iter().find(|one| one.path == "/leaf").unwrap();
    assert!(refusal.value.is_some());
}

#[test]
fn a_new_optional_property_of_an_open_object() {
    let old = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let new = json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}});
    assert!(compare(Compatibility::Full, Policy::Lenient, &old, &new).is_empty());
    let strict = compare(Compatibility::Full, Policy::Strict, &old, &new);
    assert_eq!(
        (strict.len(), strict[0].path.as_str(), strict[0].rule.as_str()),
        (1, "/b", "type")
    );
    // What is required is missed, whoever writes it.
    let mut required = new;
    required["required"] = json!(["b"]);
    let found = compare(Compatibility::Backward, Policy::Lenient, &old, &required);
    assert_eq!((found.len(), found[0].rule.as_str()), (1, "required"));
    // An object that says what its other members are is no open one.
    let typed = json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "number"}});
    assert!(!compare(Compatibility::Backward, Policy::Lenient, &typed, &required).is_empty());
}

#[test]
fn modes() {
    let (narrow, wide) = (json!({"type": "integer"}), json!({"type": "number"}));
    for (mode, is_widened, is_narrowed) in [
        (Compatibility::None, true, true),
        (Compatibility::Backward, true, false),
        (Compatibility::BackwardTransitive, true, false),
        (Compatibility::Forward, false, true),
        (Compatibility::ForwardTransitive, false, true),
        (Compatibility::Full, false, false),
        (Compatibility::FullTransitive, false, false),
    ] {
        let is_fine = |old, new| compare(mode, Policy::Strict, old, new).is_empty();
        assert_eq!(
            (is_fine(&narrow, &wide), is_fine(&wide, &narrow)),
            (is_widened, is_narrowed),
            "{mode:?}"
        );
    }
}

#[test]
fn comparisons_end() {
    // Every branch of the one has to be tried against every branch of the other, on every level.
    let level = |inner: &Value, type_: &str| {
        let branches: Vec<_> = (0..6)
            .map(|at| json!({"required": [format!("{type_}{at}")], "properties": {"x": inner}}))
            .collect();
        json!({ "anyOf": branches })
    };
    let deep = |type_: &str| (0..3).fold(json!({"type": type_}), |inner, _| level(&inner, type_));
    let found = compare(
        Compatibility::Full,
        Policy::Strict,
        &deep("string"),
        &deep("integer"),
    );
    assert!(!found.is_empty() && found.len() <= CompareLimits::default().refusals);
    let long = json!({"type": "string", "minLength": 4_000_000});
    let found = compare(
        Compatibility::Backward,
        Policy::Strict,
        &json!({"type": "string"}),
        &long,
    );
    assert_eq!(found.len(), 1);
    let many =
        json!({"type": "array", "minItems": 4_000_000, "items": {"type": "array", "minItems": 4_000_000}});
    assert!(
        !compare(
            Compatibility::Full,
            Policy::Strict,
            &json!({"type": "array"}),
            &many
        )
        .is_empty()
    );
}

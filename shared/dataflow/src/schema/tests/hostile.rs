//! Schemas and data that are made to take long. None of these ends if work is not bounded.

use serde_json::{Map, Value, json};

use super::compile;
use crate::schema::{SchemaFault, ViolationLimits};

fn nested(depth: usize) -> String {
    format!("{}1{}", "{\"x\":".repeat(depth), "}".repeat(depth))
}

/// Definitions of which each refers to the next.
fn chained(count: usize, link: impl Fn(Value) -> Value) -> Value {
    let mut definitions = Map::new();
    for at in 0..count {
        let next = json!({"$ref": format!("#/$defs/a{}", at + 1)});
        definitions.insert(format!("a{at}"), link(next));
    }
    definitions.insert(format!("a{count}"), json!(false));
    json!({"$ref": "#/$defs/a0", "$defs": definitions})
}

#[test]
fn branches_that_multiply_are_refused() {
    let in_place = chained(40, |next| json!({"allOf": [next, next]}));
    let inside = chained(
        40,
        |next| json!({"anyOf": [{"properties": {"x": next}}, {"properties": {"x": next}}]}),
    );
    assert!(matches!(
        compile(&in_place).unwrap_err().fault,
        SchemaFault::TooWide(_)
    ));
    assert!(matches!(
        compile(&inside).unwrap_err().fault,
        SchemaFault::TooManyLooks(_)
    ));
    let long = chained(5_000, |next| json!({"allOf": [next]}));
    assert!(matches!(
        compile(&long).unwrap_err().fault,
        SchemaFault::TooWide(_)
    ));
}

#[test]
fn what_refers_to_itself_several_times_is_checked_all_the_same() {
    let branch = json!({"type": "object", "required": ["y"], "properties": {"x": {"$ref": "#"}}});
    let schema = compile(&json!({"anyOf": [branch, branch, branch]})).unwrap();
    let found = schema.violations(&nested(100), &ViolationLimits::default());
    assert_eq!(found.len(), 1, "{found:?}");
    let shallow = schema.violations(&nested(2), &ViolationLimits::default());
    assert_eq!(shallow[0].schema_path, "/anyOf");
}

#[test]
fn long_chains_are_followed() {
    let schema = compile(&chained(1_000, |next| json!({"properties": {"x": next}}))).unwrap();
    assert_eq!(schema.accepts(&nested(100)), Some(true));
}

#[test]
fn large_data() {
    let numbers: Vec<u32> = (0..100_000).collect();
    let text = serde_json::to_string(&numbers).unwrap();
    let unique = compile(&json!({"uniqueItems": true})).unwrap();
    assert_eq!(unique.accepts(&text), Some(true));
    let texts: Vec<_> = numbers.iter().map(|n| format!("k{n}")).collect();
    let options: Vec<_> = texts.iter().step_by(4).collect();
    let listed = compile(&json!({"items": {"enum": options}})).unwrap();
    let found = listed.violations(
        &serde_json::to_string(&texts).unwrap(),
        &ViolationLimits::default(),
    );
    assert_eq!(found.len(), ViolationLimits::default().count);
    let members: Map<String, Value> = (0..1_000_000).map(|n| (format!("k{n}"), json!(n))).collect();
    let closed = compile(&json!({"additionalProperties": false})).unwrap();
    let found = closed.violations(
        &serde_json::to_string(&members).unwrap(),
        &ViolationLimits::default(),
    );
    assert_eq!(found.len(), 1);
    assert!(
        found[0].message.chars().count() <= 257,
        "{}",
        found[0].message.len()
    );
}

#[test]
fn patterns_are_matched_in_linear_time() {
    let schema = compile(&json!({"pattern": "^(a+)+$"})).unwrap();
    let data = format!("\"{}!\"", "a".repeat(200_000));
    assert_eq!(schema.accepts(&data), Some(false));
}

#[test]
fn data_that_is_nested_deeper_than_is_read_is_no_json() {
    let schema = compile(&json!({"properties": {"x": {"$ref": "#"}}})).unwrap();
    let found = schema.violations(&nested(100_000), &ViolationLimits::default());
    assert!(found[0].message.contains("no JSON"), "{found:?}");
}

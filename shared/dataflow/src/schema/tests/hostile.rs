//! Schemas and data that are made to take long. None of these ends if work is not bounded.

use serde_json::{Map, Value, json};

use super::compile;
use crate::schema::compatibility::{CompareBudget, CompareLimits, Compatibility, Policy, refusals};
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

/// The only violation of data of which not all are listed.
fn only(schema: &Value, data: &Value) -> String {
    let found = compile(schema)
        .unwrap()
        .violations(&data.to_string(), &ViolationLimits::default());
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].message.clone()
}

#[test]
fn violations_that_would_take_too_much_memory_are_not_listed() {
    // Each would have the long name in its path.
    let data = json!({"n".repeat(1_000_000): vec![1; 100_000]});
    let texts = json!({"additionalProperties": {"items": {"type": "string"}}});
    assert!(only(&texts, &data).contains("too large"));
    // Each of a branch would have a copy of all of it.
    let names: Vec<_> = (0..2_000).map(|at| format!("k{at}")).collect();
    let branches = json!({"anyOf": [{"required": names}, {"required": names}]});
    let data = json!({"a": "x".repeat(100_000)});
    assert!(only(&branches, &data).contains("too large"));
}

#[test]
fn data_that_would_take_too_long_is_not_checked() {
    let numbers: Vec<_> = (0..20_000).collect();
    let listed = json!({"items": {"enum": numbers}});
    assert!(only(&listed, &json!(vec![19_999; 100_000])).contains("too large to be checked"));
    assert_eq!(
        compile(&listed)
            .unwrap()
            .violations("[19999]", &ViolationLimits::default()),
        []
    );
    let patterns: Map<_, _> = (0..5_000).map(|at| (format!("^{at}$"), json!(true))).collect();
    let tried = json!({"items": {"patternProperties": patterns}});
    let data = json!(vec![json!({"a": 1}); 150_000]);
    assert!(only(&tried, &data).contains("too large to be checked"));
}

#[test]
fn a_long_name_above_many_parts() {
    let parts: Map<_, _> = (0..10_000).map(|at| (format!("p{at}"), json!({}))).collect();
    let schema = json!({"properties": {"n".repeat(100_000): {"properties": parts}}});
    assert!(matches!(
        compile(&schema).unwrap_err().fault,
        SchemaFault::LongPlaces(_)
    ));
}

#[test]
fn many_references_to_many_ids() {
    let definitions: Map<_, _> = (0..2_500)
        .map(|at| (format!("d{at}"), json!({"$id": format!("urn:x:{at}")})))
        .collect();
    let references: Vec<_> = (0..2_500)
        .map(|at| json!({"$ref": format!("urn:x:{at}#")}))
        .collect();
    let schema = json!({"$defs": definitions, "prefixItems": references});
    assert!(compile(&schema).is_ok());
}

#[test]
fn patterns_have_their_room_together() {
    let large = "[a-z]{1,300}[0-9]{1,300}";
    let patterns = |count: usize| {
        let members: Map<_, _> = (0..count)
            .map(|at| (format!("p{at}"), json!({"pattern": format!("{large}{at}")})))
            .collect();
        compile(&json!({"properties": members}))
    };
    assert!(patterns(1).is_ok());
    assert_eq!(patterns(1_000).unwrap_err().fault, SchemaFault::Pattern);
    let small: Vec<_> = (0..1_000)
        .map(|at| json!({"pattern": format!("^[a-z]+-{at}$")}))
        .collect();
    assert!(compile(&json!({"prefixItems": small})).is_ok());
}

#[test]
fn a_text_for_a_pattern_that_can_be_nothing() {
    let old =
        compile(&json!({"type": "string", "pattern": "^(a*)*$", "minLength": 4_000_000_000_u64})).unwrap();
    let new = compile(&json!({"type": "string", "pattern": "^(b*)*$", "minLength": 1_000})).unwrap();
    let limits = CompareLimits::default();
    for (one, other) in [(&old, &new), (&new, &old)] {
        let found = refusals(
            Compatibility::Full,
            Policy::Strict,
            one,
            other,
            &limits,
            &CompareBudget::default(),
        );
        assert!(!found.is_empty());
    }
}

#[test]
fn nothing_is_fetched() {
    for reference in [
        "http://127.0.0.1:1/x.json",
        "https://example.com/x",
        "file:///etc/hostname",
        "json-schema:///y",
        "//example.com/x",
        "x.json",
    ] {
        let error = compile(&json!({"items": {"$ref": reference}})).unwrap_err();
        assert_eq!(error.fault, SchemaFault::Unresolved(reference.to_owned()));
        let dynamic = compile(&json!({"items": {"$dynamicRef": reference}}));
        assert!(dynamic.is_err(), "{reference}");
    }
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

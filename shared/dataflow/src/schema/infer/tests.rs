//! What is told of data that a schema of samples does not describe.

use serde_json::{Value, json};

use super::*;

/// A value so many levels deep in members of a name, or in arrays.
fn nested(levels: usize, wrap: impl Fn(Value) -> Value) -> Value {
    (0..levels).fold(json!({"x": 1}), |inner, _| wrap(inner))
}

fn warnings(samples: &[Value], limits: &InferLimits) -> Vec<String> {
    infer(samples, limits).warnings
}

#[test]
fn what_is_too_deep_is_told_once_with_its_path() {
    let limits = InferLimits {
        depth: 3,
        ..InferLimits::default()
    };
    let deep = json!({"a": {"b/c": [{"x": 1}], "d": [[], [1]], "e": {"f": {}}}, "g": 1});
    let schema = infer([&deep, &deep], &limits);
    assert_eq!(
        schema.warnings,
        [
            "/a/b~1c/*: what is nested deeper than 3 levels is left out and may be anything",
            "/a/d/*: what is nested deeper than 3 levels is left out and may be anything",
        ]
    );
    assert_eq!(
        schema.schema["properties"]["a"]["properties"]["b/c"],
        json!({"type": "array", "items": {"type": "object"}})
    );
    assert_eq!(warnings(&[json!({"a": {"b": {"c": 1}}})], &limits), [""; 0]);
    let deep = nested(100, |inner| json!({"m": inner}));
    let path = "/m".repeat(32);
    let want = format!("{path}: what is nested deeper than 32 levels is left out and may be anything");
    assert_eq!(warnings(&[deep], &InferLimits::default()), [want]);
}

#[test]
fn maps_and_parts_beyond_the_limit_are_told() {
    let limits = InferLimits {
        parts: 5,
        names: 3,
        ..InferLimits::default()
    };
    let names = |count: usize| -> Value { (0..count).map(|at| (format!("n{at}"), json!(at))).collect() };
    assert_eq!(
        warnings(&[json!({"map": names(5)})], &limits),
        ["/map: more than 3 names, so that it is taken for a map, whose members may be anything"]
    );
    assert_eq!(
        warnings(&[json!([names(2), {"a": {"b": 1, "c": 1}}])], &limits),
        ["/*/a: the schema has 5 parts, and the other members are left out and may be anything"]
    );
    assert_eq!(
        warnings(&[names(9)], &limits),
        ["all data: more than 3 names, so that it is taken for a map, whose members may be anything"]
    );
}

#[test]
fn no_more_places_are_named_than_is_allowed_and_no_more_of_a_path_than_is_shown() {
    let limits = InferLimits {
        depth: 1,
        warnings: 2,
        ..InferLimits::default()
    };
    let many: Value = (0..9).map(|at| (format!("n{at}"), json!([at]))).collect();
    let told = warnings(&[many], &limits);
    assert_eq!(
        (told.len(), &*told[2]),
        (3, "something is left out at 7 more places")
    );
    let long = json!({"ü".repeat(100_000): [1]});
    let told = warnings(&[long], &limits);
    assert!(
        told[0].starts_with("/üü") && told[0].contains("…: ") && told[0].len() < 400,
        "{told:?}"
    );
}

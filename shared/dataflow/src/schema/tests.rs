//! Schemas that are taken and refused, and what of data they do not allow.

use serde_json::{Value, json};

use super::infer::{InferLimits, infer};
use super::{Schema, SchemaError, SchemaFault, SchemaLimits, Violation, ViolationLimits};

mod fuzz;
mod hostile;

pub(super) fn compile(schema: &Value) -> Result<Schema, SchemaError> {
    Schema::compile(&schema.to_string(), &SchemaLimits::default())
}

fn violations(schema: &Value, data: &Value) -> Vec<Violation> {
    compile(schema)
        .unwrap()
        .violations(&data.to_string(), &ViolationLimits::default())
}

#[test]
fn what_breaks_is_named_with_path_and_value() {
    let schema = json!({
        "type": "object",
        "required": ["id", "amount"],
        "properties": {
            "amount": {"type": "number", "minimum": 0},
            "items": {"type": "array", "items": {"type": "object", "properties": {"sku": {"pattern": "^[A-Z]+$"}}}},
            "state": {"enum": ["open", "paid"]},
            "a/b": {"const": 1},
        },
        "additionalProperties": false,
    });
    let data =
        json!({"amount": -1, "items": [{"sku": "A"}, {"sku": "b"}], "state": "lost", "a/b": 2, "more": 1});
    let found = violations(&schema, &data);
    let mut found: Vec<_> = found
        .iter()
        .map(|one| (one.path.as_str(), one.schema_path.as_str(), one.value.as_str()))
        .collect();
    found.sort_unstable();
    let all = data.to_string().chars().take(64).collect::<String>() + "…";
    let mut want = [
        ("", "/additionalProperties", all.as_str()),
        ("", "/required", all.as_str()),
        ("/a~1b", "/properties/a~1b/const", "2"),
        ("/amount", "/properties/amount/minimum", "-1"),
        (
            "/items/1/sku",
            "/properties/items/items/properties/sku/pattern",
            "\"b\"",
        ),
        ("/state", "/properties/state/enum", "\"lost\""),
    ];
    want.sort_unstable();
    assert_eq!(found, want);
    assert!(violations(&schema, &json!({"id": 1, "amount": 0})).len() == 1);
    let no_json = compile(&json!(true))
        .unwrap()
        .violations("{", &ViolationLimits::default());
    assert!(no_json[0].message.contains("no JSON"), "{no_json:?}");
}

#[test]
fn messages_repeat_neither_the_data_nor_long_lists() {
    let long = "x".repeat(10_000);
    let options: Vec<_> = (0..1_000).collect();
    for (schema, data) in [
        (json!({"type": "integer"}), json!(long)),
        (json!({"enum": options}), json!(long)),
        (json!({"const": long}), json!(1)),
        (json!({"not": {"const": long}}), json!(long)),
        (
            json!({"anyOf": [{"type": "null"}, {"maxLength": 1}]}),
            json!(long),
        ),
        (
            json!({"additionalProperties": false}),
            json!({ long.as_str(): 1 }),
        ),
    ] {
        for one in violations(&schema, &data) {
            let text = serde_json::to_string(&one).unwrap();
            assert!(text.len() < 1_200, "{text}");
        }
    }
}

#[test]
fn drafts() {
    for (uri, exclusive, wrong) in [
        (
            "http://json-schema.org/draft-04/schema#",
            json!({"minimum": 1, "exclusiveMinimum": true}),
            json!({"exclusiveMinimum": 1}),
        ),
        (
            "http://json-schema.org/draft-06/schema#",
            json!({"exclusiveMinimum": 1}),
            json!({"exclusiveMinimum": true}),
        ),
        (
            "http://json-schema.org/draft-07/schema#",
            json!({"exclusiveMinimum": 1}),
            json!({"exclusiveMinimum": true}),
        ),
        (
            "https://json-schema.org/draft/2019-09/schema",
            json!({"exclusiveMinimum": 1}),
            json!({"exclusiveMinimum": true}),
        ),
        (
            "https://json-schema.org/draft/2020-12/schema",
            json!({"exclusiveMinimum": 1}),
            json!({"exclusiveMinimum": true}),
        ),
    ] {
        let of_draft = |mut schema: Value| {
            schema["$schema"] = json!(uri);
            compile(&schema)
        };
        let schema = of_draft(exclusive).unwrap();
        assert_eq!(schema.draft_uri(), uri);
        assert_eq!(
            (schema.accepts("1"), schema.accepts("2"), schema.accepts("x")),
            (Some(false), Some(true), None)
        );
        assert!(of_draft(wrong).is_err(), "{uri}");
    }
    assert_eq!(
        compile(&json!({})).unwrap().draft_uri(),
        "https://json-schema.org/draft/2020-12/schema"
    );
}

#[test]
fn what_is_no_schema_is_refused_with_its_position() {
    let deep = (0..70).fold(json!(true), |inner, _| json!({"not": inner}));
    for (schema, pointer, text) in [
        (json!({"type": "strin"}), "/type", ""),
        (
            json!({"properties": {"a": {"minLength": -1}}}),
            "/properties/a/minLength",
            "",
        ),
        (
            json!({"properties": {"a": {"pattern": "("}}}),
            "/properties/a/pattern",
            "linear time",
        ),
        (json!({"pattern": "^(?=a)b"}), "/pattern", "look-around"),
        (json!({"pattern": r"(a)\1"}), "/pattern", "references back"),
        (json!({"pattern": "((a{100}){100}){100}"}), "/pattern", ""),
        (
            json!({"items": {"$ref": "#/$defs/none"}}),
            "/items/$ref",
            "leads nowhere",
        ),
        (
            json!({"items": {"$ref": "http://127.0.0.1:1/x.json"}}),
            "/items/$ref",
            "leads nowhere",
        ),
        (
            json!({"items": {"$ref": "file:///etc/passwd"}}),
            "/items/$ref",
            "leads nowhere",
        ),
        (json!({"allOf": [{"$ref": "#"}]}), "", "back to itself"),
        (json!({"$schema": "http://example.com/draft"}), "", "Unknown"),
        (deep, "", "deeper"),
        (json!("text"), "", ""),
    ] {
        let error = compile(&schema).unwrap_err();
        assert!(error.pointer.starts_with(pointer), "{schema} {error}");
        assert!(error.to_string().contains(text), "{schema} {error}");
    }
    let error = Schema::compile("{\n  \"type\": }", &SchemaLimits::default()).unwrap_err();
    assert!(
        matches!(
            error.fault,
            SchemaFault::NotJson {
                line: 2,
                column: 11,
                ..
            }
        ),
        "{error}"
    );
    let large = format!("{{\"title\":\"{}\"}}", "x".repeat(256 * 1024));
    let error = Schema::compile(&large, &SchemaLimits::default()).unwrap_err();
    assert!(matches!(error.fault, SchemaFault::TooLarge { .. }), "{error}");
}

#[test]
fn a_schema_of_samples() {
    let samples = [
        json!({"id": 1, "at": "2026-01-31T12:00:00Z", "tags": ["a"], "of": null, "n": 1}),
        json!({"id": 2, "at": "2026-02-01T00:00:00+01:00", "tags": [], "of": {"day": "2026-01-31"}, "n": 1.5, "more": true}),
    ];
    let inferred = infer(&samples, &InferLimits::default());
    assert!(inferred.warnings.is_empty());
    let schema = inferred.schema;
    assert_eq!(
        schema,
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "required": ["at", "id", "n", "of", "tags"],
            "properties": {
                "id": {"type": "integer"},
                "at": {"type": "string", "format": "date-time"},
                "tags": {"type": "array", "items": {"type": "string"}},
                "of": {
                    "type": ["null", "object"],
                    "required": ["day"],
                    "properties": {"day": {"type": "string", "format": "date"}},
                },
                "n": {"type": "number"},
                "more": {"type": "boolean"},
            },
        })
    );
    for sample in &samples {
        assert!(violations(&schema, sample).is_empty());
    }
}

#[test]
fn a_schema_of_samples_has_bounds() {
    let map = |count: usize| Value::Object((0..count).map(|at| (format!("k{at}"), json!(at))).collect());
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    let wide = json!({"a": map(150), "b": map(150), "c": map(1_000_000)});
    for sample in [deep, wide] {
        let schema = infer([&sample], &InferLimits::default()).schema;
        assert!(schema.to_string().len() < 20_000);
        assert!(compile(&schema).unwrap().accepts_value(&sample));
    }
}

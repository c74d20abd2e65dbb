//! The schema is the published one, takes every documented configuration, and finds mistakes.

use jsonschema::Validator;
use serde_json::{Deserializer, Value, json};

use super::configuration_schema;

const PUBLISHED: &str = include_str!("../../../../../docs/gateway.schema.json");
const TARGETS: &str = include_str!("../../../../../docs/targets.md");
const API: &str = include_str!("../../../../../docs/api.md");
const EXAMPLE: &str = include_str!("../../../../../examples/dev/gateway.yaml");

fn validator() -> Validator {
    let schema = configuration_schema();
    assert!(jsonschema::meta::is_valid(&schema));
    jsonschema::validator_for(&schema).unwrap()
}

/// What is wrong with a document, with the places.
fn problems(validator: &Validator, document: &Value) -> Vec<String> {
    let errors = validator.iter_errors(document);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

/// JSON values that a text begins with.
fn leading_values(text: &str) -> Vec<Value> {
    let values = Deserializer::from_str(text).into_iter::<Value>();
    values.map_while(Result::ok).collect()
}

#[test]
fn the_published_schema_is_this_one() {
    let schema = configuration_schema();
    if serde_json::from_str::<Value>(PUBLISHED).ok() != Some(schema.clone()) {
        let fresh = std::env::temp_dir().join("gateway.schema.json");
        std::fs::write(&fresh, serde_json::to_string_pretty(&schema).unwrap() + "\n").unwrap();
        panic!(
            "docs/gateway.schema.json is not what the code makes: copy {} there",
            fresh.display()
        );
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_definition_is_used() {
    let schema = configuration_schema();
    let mut names = Vec::new();
    super::add_names(&schema, &mut names);
    names.sort();
    names.dedup();
    let defined: Vec<_> = schema["$defs"].as_object().unwrap().keys().cloned().collect();
    let mut sorted = defined.clone();
    sorted.sort();
    assert_eq!(names, sorted);
}

#[test]
fn documented_targets_fit() {
    let validator = validator();
    let blocks = TARGETS.split("```json\n").skip(1);
    let functions: Vec<_> = blocks
        .flat_map(leading_values)
        .filter(|value| value.get("provider").is_some())
        .collect();
    assert!(functions.len() >= 15, "{}", functions.len());
    for function in functions {
        let document = json!({"functions": [function]});
        assert_eq!(problems(&validator, &document), [""; 0], "{document}");
    }
}

#[test]
fn documented_documents_and_exports_fit() {
    let validator = validator();
    let bodies = API.split("/apply").skip(1).filter_map(|rest| {
        let (command, body) = rest.split_once("-d '")?;
        let is_of_it = !command.contains('\n');
        leading_values(body).into_iter().next().filter(|_| is_of_it)
    });
    let exports = API
        .lines()
        .filter(|line| line.starts_with("{\"eventTypes\":[{\"space\""));
    let exports = exports.flat_map(leading_values);
    let mut fitting = 0;
    for document in bodies.chain(exports) {
        assert_eq!(problems(&validator, &document), [""; 0], "{document}");
        fitting += 1;
    }
    assert!(fitting >= 4, "{fitting}");
    let example: Value = serde_yaml_ng::from_str(EXAMPLE).unwrap();
    assert_eq!(problems(&validator, &example), [""; 0]);
}

#[test]
fn all_that_a_resource_can_have_fits() {
    let document = json!({
        "settings": {
            "space": "shop", "description": "Orders", "paths": "specific", "unmatched": 404, "emit": "key",
            "labels": {"team": "a"}, "hooks": [{"point": "receive", "functionId": "f", "config": {"a": [1]}}]
        },
        "eventTypes": [{
            "space": "shop", "name": "order.placed", "owner": "a", "tags": ["b"], "schema": {"type": "object"}, "schemaVersion": 2,
            "validation": "reject", "compatibility": "backward", "examples": [{"any": null}], "createdAt": "2026-01-01T00:00:00Z",
            "olderSchemas": [{"version": 1, "schema": true}]
        }],
        "functions": [
            {"functionId": "f", "type": "http", "moved": {"from": "e"}, "provider": {
                "url": "https://a/", "format": {"version": "1.0", "mode": "binary"},
                "authorization": {"type": "bearer", "token": {"environment": "TOKEN"}}
            }},
            {"functionId": "w", "type": "weighted", "provider": {"weighted": [{"functionId": "f", "weight": 1}]}}
        ],
        "subscriptions": [{
            "type": "async", "eventType": "order.*", "functionId": "f", "retry": {"maxAttempts": 3},
            "filters": [{"sql": "a = 1"}], "transform": {"jsonata": "$"}, "rateLimit": {"rate": 0.5}
        }],
        "cors": null
    });
    assert_eq!(problems(&validator(), &document), [""; 0]);
    assert!(validator().is_valid(&json!({})));
}

#[test]
fn mistakes_are_found_at_their_place() {
    let validator = validator();
    let function = |function: Value| json!({"functions": [function]});
    let http = json!({"url": "https://a/"});
    for (document, place) in [
        (json!({"function": []}), ""),
        (json!({"settings": {"unmatched": 405}}), "/settings/unmatched"),
        (json!({"eventTypes": [{"name": "a b"}]}), "/eventTypes/0/name"),
        (json!({"eventTypes": [{"title": "a"}]}), "/eventTypes/0"),
        (
            json!({"subscriptions": [{"type": "later", "eventType": "a", "functionId": "f"}]}),
            "/subscriptions/0/type",
        ),
        (
            json!({"subscriptions": [{"type": "sync", "eventType": "a"}]}),
            "/subscriptions/0",
        ),
        (
            json!({"cors": [{"method": "GET", "path": "/", "origins": []}]}),
            "/cors/0",
        ),
        (
            function(json!({"functionId": "f", "type": "http", "provider": {"uri": "x"}})),
            "/functions/0/provider",
        ),
        (
            function(json!({"functionId": "f", "type": "ftp", "provider": http})),
            "/functions/0/type",
        ),
        (
            function(json!({"functionId": "f", "type": "http", "provider": http, "colour": 1})),
            "/functions/0",
        ),
        (
            function(json!({"functionId": "f", "type": "awssqs", "provider": http})),
            "/functions/0/provider",
        ),
        (
            function(json!({"functionId": "f", "provider": http})),
            "/functions/0",
        ),
    ] {
        let found = problems(&validator, &document);
        assert!(
            found
                .iter()
                .any(|problem| problem.starts_with(&format!("{place}: "))),
            "{document}: {found:?}"
        );
    }
}

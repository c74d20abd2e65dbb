//! That reading and planning take no more than what is sent and what there is.

use serde_json::{Value, json};

use super::*;
use crate::config::SecretRules;
use crate::health::HealthPaths;

/// So many functions and subscriptions to them.
fn document(count: usize, prefix: &str, moved_from: Option<&str>) -> String {
    let function = |number: usize| {
        let url = format!("http://localhost:1/{number}");
        let mut function =
            json!({"functionId": format!("{prefix}{number}"), "type": "http", "provider": {"url": url}});
        if let Some(old) = moved_from {
            function["moved"] = json!({"from": format!("{old}{number}")});
        }
        function
    };
    let subscription = |number: usize| {
        json!({"type": "async", "eventType": "e", "functionId": format!("{prefix}{number}"),
            "path": format!("/{number}")})
    };
    let functions: Vec<Value> = (0..count).map(function).collect();
    let subscriptions: Vec<Value> = (0..count).map(subscription).collect();
    json!({"eventTypes": [{"name": "e"}], "functions": functions, "subscriptions": subscriptions}).to_string()
}

fn read(body: &str) -> Document {
    let reading = Reading {
        space: "default".into(),
        is_strict: false,
        set: Some("a".to_owned()),
    };
    let document = Document::read(body.as_bytes(), &reading).unwrap();
    assert!(document.problems.is_empty());
    document
}

fn planning(body: &str) -> Planning {
    Planning {
        wanted: read(body).wanted,
        warnings: Vec::new(),
        prune: true,
        set: Some("a".to_owned()),
        adopt: false,
        may_change_plan: true,
        step: None,
        rules: SpaceRules::default(),
        write_rules: WriteRules {
            secrets: SecretRules::default(),
            own: gateway::OwnConfigApi::default(),
            transforms: dataflow::transform::TransformLimits::default(),
            schemas: dataflow::schema::SchemaLimits::default(),
            health: HealthPaths::default(),
            is_strict: false,
        },
        secrets: SecretRules::default(),
    }
}

fn made(body: &str) -> Snapshot {
    let Ok((mut plan, _)) = planning(body).plan(&Snapshot::default(), 1) else {
        panic!("it is in order");
    };
    plan.steps.pop().unwrap()
}

#[test]
fn work_grows_with_the_document() {
    scaling::assert_linear(
        "read",
        40,
        |count| document(count, "f", Some("e")),
        |body| read(body),
    );
    let before = |count| made(&document(count, "f", None));
    for (name, moved_from) in [("replaced", None), ("renamed", Some("f"))] {
        let input = |count| (before(count), planning(&document(count, "g", moved_from)));
        scaling::assert_linear(name, 40, input, |(before, planning)| {
            let Ok((_, told)) = planning.plan(before, 1_000_000) else {
                panic!("it is in order");
            };
            assert_eq!(told.steps, 1);
            told
        });
    }
}

/// Texts that are not what they seem.
#[test]
fn hostile_texts_are_read_in_linear_time() {
    type Text = fn(usize) -> String;
    let texts: [(&str, Text); 4] = [
        ("members", |n| {
            format!(
                "{{\"functions\":[{{{}\"moved\":{{\"from\":\"a\"}}}}]}}",
                "\"a\":1,".repeat(n)
            )
        }),
        ("repeated", |n| {
            format!("{{{}\"cors\":[]}}", "\"cors\":[],".repeat(n))
        }),
        ("elements", |n| format!("{{\"functions\":[{}1]}}", "1,".repeat(n))),
        ("escapes", |n| {
            format!(
                "{{\"functions\":[{{\"{}\":1,\"moved\":1}}]}}",
                "\\u0061".repeat(n)
            )
        }),
    ];
    for (name, text) in texts {
        scaling::assert_linear(name, 400, text, |text| {
            let reading = Reading {
                space: "default".into(),
                is_strict: true,
                set: None,
            };
            let is_refused = Document::read(text.as_bytes(), &reading)
                .map_or(true, |document| !document.problems.is_empty());
            assert!(is_refused, "{name}");
        });
    }
}

//! The document and the router speak of the same paths, methods and members.

use http::Method;
use serde_json::Value;

use crate::config::paths::{self, Resolved, Route};
use crate::config::resources::ResourceOperation;
use crate::config::subjects::{OF_TENANTS, SUBJECTS};

fn document() -> Value {
    serde_json::to_value(super::openapi()).unwrap()
}

/// Paths of the document with a value for every parameter, and the methods that they have.
fn operations(document: &Value) -> Vec<(String, Vec<Method>)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let methods = |item: &Value| {
        let names = item.as_object().unwrap().keys();
        names.map(|name| name.to_uppercase().parse().unwrap()).collect()
    };
    paths.map(|(path, item)| (path.clone(), methods(item))).collect()
}

/// Whether the router answers such a request.
fn is_served(path: &str, method: &Method) -> bool {
    match paths::resolve(path, method) {
        Resolved::Route(Route::Resource { id, .. }) => ResourceOperation::of(method, id).is_some(),
        Resolved::Route(Route::Endpoint { endpoint, .. }) => endpoint.action(method).is_some(),
        Resolved::Route(
            Route::Status | Route::Metrics | Route::Diagnosis | Route::OpenApi | Route::Spaces,
        ) => method == Method::GET,
        Resolved::Route(Route::Tenants) => [Method::GET, Method::POST].contains(method),
        Resolved::Redirect(_) | Resolved::Unknown => false,
    }
}

#[test]
fn what_is_described_is_served_and_nothing_else() {
    let all = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::PATCH,
    ];
    let document = document();
    let operations = operations(&document);
    let subjects = SUBJECTS.iter().chain(&OF_TENANTS);
    let endpoints: usize = subjects.map(|subject| subject.endpoints.len()).sum();
    assert_eq!(operations.len(), 6 + 4 * 2 + endpoints);
    for (path, described) in operations {
        let sample = path
            .replace("{space}", "default")
            .replace("{tenant}", "acme")
            .replace("{id}", "an-id")
            .replace("{version}", "1")
            .replace("{versionid}", "1")
            .replace("{schemagroupid}", "default")
            .replace("{schemaid}", "a-type")
            .replace("{deliveryId}", "an-id");
        assert!(!sample.contains('{'), "{path}");
        for method in &all {
            assert_eq!(
                is_served(&sample, method),
                described.contains(method),
                "{method} {path}"
            );
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn check(value: &Value, schemas: &Value) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(target)) = members.get("$ref") {
                    let name = target.strip_prefix("#/components/schemas/").unwrap();
                    assert!(!schemas[name].is_null(), "{target}");
                }
                members.values().for_each(|member| check(member, schemas));
            }
            Value::Array(items) => items.iter().for_each(|item| check(item, schemas)),
            _ => {}
        }
    }
    let document = document();
    check(&document, &document["components"]["schemas"]);
}

#[test]
fn identifiers_of_operations_are_unique() {
    let document = document();
    let mut ids: Vec<_> = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|item| item.as_object().unwrap().values())
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[test]
fn members_of_durable_delivery_are_described() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    let subscription = &schemas["Subscription"];
    for member in ["retry", "ordered", "paused", "pausedReason"] {
        assert!(!subscription["properties"][member].is_null(), "{member}");
        let required = subscription["required"].as_array().unwrap();
        assert!(!required.contains(&Value::from(member)), "{member}");
    }
    for member in ["maxAttempts", "maxAgeSeconds", "minDelay", "maxDelay"] {
        assert!(
            !schemas["RetryPolicy"]["properties"][member].is_null(),
            "{member}"
        );
    }
    let endpoint = &schemas["HttpEndpoint"];
    assert_eq!(endpoint["properties"]["signingSecrets"]["type"], "array");
    assert_eq!(endpoint["required"], serde_json::json!(["url"]));
    for (schema, members) in [
        ("DeadLetterList", &["deadLetters", "next", "dropped"][..]),
        ("DeadLetterSummary", &["eventId", "bytes", "deadAt"]),
        ("Redrive", &["deliveryId", "subscriptionId", "all", "limit"]),
        (
            "ExplainRequest",
            &["event", "eventType", "method", "path", "ask", "headers"],
        ),
        ("DeliveryAttempt", &["eventId", "nextAttemptAt", "durationMs"]),
        ("DeadLetter", &["deliveryId", "lastResponse", "deadAt"]),
    ] {
        for member in members {
            assert!(
                !schemas[schema]["properties"][member].is_null(),
                "{schema}.{member}"
            );
        }
    }
}

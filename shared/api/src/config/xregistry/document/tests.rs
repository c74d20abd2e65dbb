//! Documents of spaces.

use std::sync::Arc;

use domain::resource::Resource as _;
use serde_json::{Value, json};

use super::*;

fn stored(body: &Value, created: u64) -> Stored<EventType> {
    let mut event_type = EventType::decode(&"shop".into(), None, body.to_string().as_bytes()).unwrap();
    event_type.keep_masked(None).unwrap();
    Stored {
        resource: Arc::new(event_type),
        created,
    }
}

fn document(event_types: &[Stored<EventType>]) -> Value {
    let space = Space::from("shop");
    let text = serde_json::to_string(&Registry::of(&space, None, event_types)).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn versions_with_their_ancestors() {
    let mut order = stored(
        &json!({"name": "order", "schema": {"title": "one"}, "compatibility": "backward", "metadata": {"team": "a"}}),
        1_795_255_201_250_000,
    );
    let second: Json =
        serde_json::from_str(r#"{"$schema":"http://json-schema.org/draft-07/schema#"}"#).unwrap();
    order.resource = Arc::new(order.resource.with_schema(second));
    let found = document(&[order]);
    let schema = &found["schemagroups"]["shop"]["schemas"]["order"];
    assert_eq!(schema["meta"]["compatibility"], "backward");
    assert_eq!(schema["meta"]["createdat"], "2026-11-21T10:00:01.25Z");
    let of = |version: &str| {
        let version = &schema["versions"][version];
        json!([
            version["ancestorid"],
            version["isdefault"],
            version["format"],
            version["labels"]["team"]
        ])
    };
    assert_eq!(of("1"), json!(["1", false, "JsonSchema/draft/2020-12", "a"]));
    assert_eq!(of("2"), json!(["1", true, "JsonSchema/draft-07", "a"]));
}

#[test]
fn references_lead_to_what_they_name() {
    let found = document(&[stored(&json!({"name": "order", "schema": {}}), 1)]);
    let schema = &found["schemagroups"]["shop"]["schemas"]["order"];
    for (reference, want) in [
        (&schema["self"], schema),
        (&schema["metaurl"], &schema["meta"]),
        (&schema["meta"]["self"], &schema["meta"]),
        (&schema["meta"]["defaultversionurl"], &schema["versions"]["1"]),
        (&schema["versions"]["1"]["self"], &schema["versions"]["1"]),
        (
            &found["schemagroups"]["shop"]["self"],
            &found["schemagroups"]["shop"],
        ),
    ] {
        let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
        assert_eq!(found.pointer(pointer), Some(want), "{pointer}");
    }
}

#[test]
fn what_can_have_no_id_and_what_has_no_schema_is_left_out() {
    let found = document(&[
        stored(&json!({"name": "Order", "schema": {}}), 2),
        stored(&json!({"name": "order", "schema": {}}), 1),
        stored(&json!({"name": ".hidden", "schema": {}}), 3),
        stored(&json!({"name": "x".repeat(LONGEST_ID + 1), "schema": {}}), 4),
        stored(&json!({"name": "plain"}), 5),
    ]);
    let schemas = found["schemagroups"]["shop"]["schemas"].as_object().unwrap();
    assert_eq!(schemas.keys().collect::<Vec<_>>(), ["order"]);
    let empty = document(&[]);
    assert_eq!(empty["schemagroups"]["shop"]["schemas"], json!({}));
    assert_eq!(empty["createdat"], NEVER);
}

//! Event types as they are read and written, and the versions of their schemas.

use super::*;

fn decode(body: &str) -> Result<EventType, String> {
    EventType::decode(&"default".into(), None, body.as_bytes()).map_err(|err| err.to_string())
}

#[test]
fn output_order_and_absent_members() {
    let event_type =
        decode(r#"{"metadata":{"b":"1","a":"2"},"NAME":"t","authorizerId":"f","space":"x"}"#).unwrap();
    assert_eq!(
        serde_json::to_string(&event_type).unwrap(),
        r#"{"space":"default","name":"t","authorizerId":"f","metadata":{"a":"2","b":"1"}}"#
    );
    let plain = decode(r#"{"name":"t","metadata":{},"authorizerId":null}"#).unwrap();
    assert_eq!(
        serde_json::to_string(&plain).unwrap(),
        r#"{"space":"default","name":"t"}"#
    );
}

#[test]
fn texts() {
    let prefix = "Event Type doesn't validate. Validation error: ";
    for (body, want) in [
        ("", "EOF"),
        ("{", "unexpected EOF"),
        (
            "{}",
            "Key: 'Type.Name' Error:Field validation for 'Name' failed on the 'required' tag",
        ),
        (
            r#"{"name":"a b"}"#,
            "Key: 'Type.Name' Error:Field validation for 'Name' failed on the 'eventType' tag",
        ),
    ] {
        assert_eq!(decode(body).unwrap_err(), format!("{prefix}{want}"));
    }
}

fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

fn stored(body: &str) -> EventType {
    let mut event_type = EventType::decode(&"default".into(), None, body.as_bytes()).unwrap();
    event_type.keep_masked(None).unwrap();
    event_type
}

/// The versions with the titles of their schemas.
fn versions(event_type: &EventType) -> Vec<(u32, String)> {
    let versions = event_type.schema_versions();
    versions
        .map(|(version, schema)| (version, schema.get().to_owned()))
        .collect()
}

#[test]
fn members_about_the_data_are_kept_as_they_are_written() {
    let text = r#"{"space":"default","name":"t","description":"d","owner":"o","tags":["a"],"examples":[{"n": 1.50}],"validation":"warn","compatibility":"full_transitive","compatibilityPolicy":"strict","schemaVersion":1,"schema":{"minimum": 1.50},"metadata":{"a":"b"}}"#;
    let event_type = stored(text);
    assert_eq!(serde_json::to_string(&event_type).unwrap(), text);
    assert_eq!(serde_json::from_str::<EventType>(text).unwrap(), event_type);
    let value = serde_json::to_value(&event_type).unwrap();
    let again: EventType = serde_json::from_value(value).unwrap();
    assert_eq!(again.schema_version, Some(1));
}

#[test]
fn words_that_mean_nothing_are_refused() {
    for (body, field) in [
        (r#"{"name":"t","validation":"on"}"#, "Validation"),
        (r#"{"name":"t","compatibility":"BACKWARD"}"#, "Compatibility"),
        (r#"{"name":"t","compatibilityPolicy":""}"#, "CompatibilityPolicy"),
        (r#"{"name":"t","schema":"text"}"#, "Schema"),
        (r#"{"name":"t","schema":[]}"#, "Schema"),
    ] {
        let error = decode(body).unwrap_err();
        assert!(error.contains(&format!("'Type.{field}'")), "{error}");
    }
    assert!(decode(r#"{"name":"t","examples":{}}"#).is_err());
    let examples = format!(r#"{{"name":"t","examples":[{}1]}}"#, "1,".repeat(MAX_EXAMPLES));
    assert!(decode(&examples).is_err());
    let large = format!(
        r#"{{"name":"t","examples":["{}"]}}"#,
        "x".repeat(MAX_EXAMPLE_BYTES)
    );
    assert!(decode(&large).unwrap_err().contains("Examples"));
}

#[test]
fn another_schema_is_another_version() {
    let first = stored(r#"{"name":"t","schema":{"title":"a","minimum":1.0}}"#);
    assert_eq!(
        versions(&first),
        [(1, r#"{"title":"a","minimum":1.0}"#.to_owned())]
    );
    // What says the same is no other.
    assert_eq!(
        first.with_schema(json(r#"{ "minimum": 1.0, "title": "a" }"#)),
        first
    );
    let second = first.with_schema(json("true"));
    let third = second.with_schema(json("false"));
    let numbers = |event_type: &EventType| {
        versions(event_type)
            .into_iter()
            .map(|(version, _)| version)
            .collect::<Vec<_>>()
    };
    assert_eq!(numbers(&third), [1, 2, 3]);
    assert_eq!(third.newest_schema().unwrap().1.get(), "false");
    assert_eq!(third.schema_bytes(), first.schema_bytes() + 9);
    // Without one they stay, whatever is sent of the numbers.
    let mut put = EventType::decode(
        &"default".into(),
        Some(&"t".into()),
        br#"{"schemaVersion":9,"olderSchemas":[]}"#,
    )
    .unwrap();
    put.keep_masked(Some(&third)).unwrap();
    assert_eq!(versions(&put), versions(&third));
    let without = third.without_schema(2).unwrap();
    assert_eq!(numbers(&without), [1, 3]);
    let without = without.without_schema(3).unwrap();
    assert_eq!((numbers(&without), without.schema_version), (vec![1], Some(1)));
    let without = without.without_schema(1).unwrap();
    assert!(without.newest_schema().is_none() && without.schema.is_none());
    assert!(third.without_schema(4).is_none());
}

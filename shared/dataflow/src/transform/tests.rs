//! What both languages make, and what they refuse.

use super::*;

mod input_transformer;
mod jsonata;

/// An event of about 500 bytes, as functions know them.
const EVENT: &str = r#"{"specversion":"1.0","id":"b7a3","source":"https://shop.example/orders","type":"order.created","time":"2026-11-30T10:00:00Z","datacontenttype":"application/json","subject":"4711","data":{"order":12345678901234567890,"customer":{"id":"c-99","name":"Ada \"Countess\" Lovelace","tags":["new","vip"]},"items":[{"sku":"A-1","price":34.45,"quantity":2},{"sku":"B-7","price":21.67,"quantity":1}],"total":1.50,"paid":true,"note":null}}"#;

fn applied(transform: &str, json: &str) -> Result<String, TransformError> {
    let limits = TransformLimits::default();
    let context = TransformContext {
        rule_arn: "default/orders",
        rule_name: "orders",
        ingestion_time: "2026-11-30T10:00:01Z",
        now: Some(0),
    };
    Transform::compile(transform, &limits)?.apply(json, &context, &limits)
}

/// Code and position of what went wrong.
fn refused(transform: &str, json: &str) -> (String, Option<usize>) {
    let error = applied(transform, json).unwrap_err();
    (error.code, error.position)
}

#[test]
fn a_transform_has_one_language() {
    for (transform, code) in [
        ("{}", "form"),
        ("[]", "form"),
        ("7", "form"),
        ("", "form"),
        (r#"{"jsonata": 1}"#, "form"),
        (r#"{"jsonata": "a", "inputPath": "$"}"#, "form"),
        (r#"{"jsonata": "a", "jq": "."}"#, "form"),
        (r#"{"jq": "."}"#, "form"),
    ] {
        assert_eq!(refused(transform, EVENT), (code.to_owned(), None), "{transform}");
    }
}

#[test]
fn a_compiled_transform_is_shared_by_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Transform>();
}

#[test]
fn sizes_are_bounded() {
    let limits = TransformLimits {
        max_source_bytes: 20,
        max_input_bytes: 30,
        max_output_bytes: 10,
        ..TransformLimits::default()
    };
    let context = TransformContext::default();
    let long = r#"{"jsonata": "a & a & a & a & a & a & a"}"#;
    assert_eq!(
        Transform::compile(long, &limits).unwrap_err().code,
        "sourceTooLarge"
    );
    for transform in [
        r#"{"jsonata": "a"}"#,
        r#"{"inputTransformer": {"inputPathsMap": {"a": "$.a"}, "inputTemplate": "<a>"}}"#,
    ] {
        let transform = Transform::compile(transform, &limits).unwrap();
        let apply = |json: &str| transform.apply(json, &context, &limits);
        assert_eq!(apply(r#"{"a": "bbbb"}"#).unwrap(), r#""bbbb""#);
        assert!(matches!(
            apply(r#"{"a": "bbbbbbbbbbbb"}"#).unwrap_err().code.as_str(),
            "outputTooLarge" | "U1001"
        ));
        let large = apply(r#"{"a": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}"#);
        assert_eq!(large.unwrap_err().code, "inputTooLarge");
    }
}

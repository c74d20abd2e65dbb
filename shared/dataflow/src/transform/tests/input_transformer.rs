//! The input transformer: what the documentation of EventBridge says, and where ours tells of a fault.

use super::{EVENT, applied, refused};

fn transformer(paths: &[(&str, &str)], template: &str) -> String {
    let paths: serde_json::Map<_, _> = paths
        .iter()
        .map(|(name, path)| ((*name).to_owned(), (*path).into()))
        .collect();
    serde_json::json!({"inputTransformer": {"inputPathsMap": paths, "inputTemplate": template}}).to_string()
}

#[test]
fn values_keep_their_text() {
    let paths = [
        ("order", "$.data.order"),
        ("total", "$.detail.total"),
        ("customer", "$.data.customer"),
        ("name", "$.data.customer.name"),
        ("second", "$.data.items[1].sku"),
        ("skus", "$.data.items[*].sku"),
        ("type", "$.detail-type"),
        ("none", "$.data.none"),
        ("null", "$.data.note"),
        ("quoted", "$['data']['paid']"),
    ];
    for (template, want) in [
        ("<order>", "12345678901234567890"),
        (
            r#"{"a": <order>, "b": "<total>"}"#,
            r#"{"a": 12345678901234567890, "b": "1.50"}"#,
        ),
        (
            r#"{"a": <name>, "b": "by <name>"}"#,
            r#"{"a": "Ada \"Countess\" Lovelace", "b": "by Ada \"Countess\" Lovelace"}"#,
        ),
        (r#"{"a": <skus>}"#, r#"{"a": ["A-1","B-7"]}"#),
        (
            r#""<skus> of <type>, <second>""#,
            r#""[A-1,B-7] of order.created, B-7""#,
        ),
        (
            r#""<customer>""#,
            r#""{id:c-99,name:Ada \"Countess\" Lovelace,tags:[new,vip]}""#,
        ),
        (
            r#"{"a": <none>, "b": "<none>", "c": <null>, "d": "<null>"}"#,
            r#"{"a": "", "b": "", "c": null, "d": "null"}"#,
        ),
        (r"{<second>: <quoted>}", r#"{"B-7": true}"#),
        ("\"a <second>\"\n\"b\"", r#""\"a B-7\"\n\"b\"""#),
        (r#""1 < 2""#, r#""1 < 2""#),
        (
            r#"["<aws.events.rule-arn>", <aws.events.rule-name>, "<aws.events.event.ingestion-time>"]"#,
            r#"["default/orders", "orders", "2026-11-30T10:00:01Z"]"#,
        ),
        ("<aws.events.event.json>", EVENT),
    ] {
        let made = applied(&transformer(&paths, template), EVENT);
        assert_eq!(made.as_deref(), Ok(want), "{template}");
    }
    let event = applied(&transformer(&paths, "<aws.events.event>"), EVENT).unwrap();
    assert!(event.ends_with(
        r#""time":"2026-11-30T10:00:01Z","datacontenttype":"application/json","subject":"4711"}"#
    ));
}

#[test]
fn names_are_read_without_regard_to_case() {
    let aws = r#"{"inputTransformer": {"InputPathsMap": {"id": "$.id"}, "InputTemplate": "\"<id>\""}}"#;
    assert_eq!(applied(aws, EVENT).as_deref(), Ok(r#""b7a3""#));
}

#[test]
fn the_short_forms() {
    for (transform, want) in [
        (r#"{"inputPath": "$.data.total"}"#, "1.50"),
        (r#"{"inputPath": "$.detail.items[0].sku"}"#, r#""A-1""#),
        (r#"{"inputPath": "$"}"#, EVENT),
        (r#"{"input": {"a": 1.0}}"#, r#"{"a": 1.0}"#),
        (r#"{"input": "{\"a\": 1.0}"}"#, r#"{"a": 1.0}"#),
        (r#"{"input": "text"}"#, r#""text""#),
    ] {
        assert_eq!(applied(transform, EVENT).as_deref(), Ok(want), "{transform}");
    }
    let nothing = refused(r#"{"inputPath": "$.data.none"}"#, EVENT);
    assert_eq!(nothing, ("noResult".to_owned(), None));
}

#[test]
fn faults_have_a_place() {
    let paths = [("a", "$.data.customer"), ("b", "$.data.items[*]")];
    for (template, code, position) in [
        ("{\"ä\": \"<unknown>\"}", "template", Some(7)),
        (r#"{"a": "<a>"}"#, "template", Some(7)),
        (r#"{"a": "<b>"}"#, "template", Some(7)),
        (r#"{"a": <a>"#, "template", None),
        (r#"{"a": "<a>}"#, "template", Some(11)),
        ("<a> text", "template", None),
        ("", "form", None),
    ] {
        let got = refused(&transformer(&paths, template), EVENT);
        assert_eq!(got, (code.to_owned(), position), "{template}");
    }
    for (path, position) in [
        ("data", Some(0)),
        ("$.", Some(2)),
        ("$.a..b", Some(4)),
        ("$a", Some(1)),
        ("$.a[x]", Some(3)),
        ("$.a[-1]", Some(3)),
        ("$.a[1", Some(3)),
    ] {
        let got = refused(&transformer(&[("a", path)], "<a>"), EVENT);
        assert_eq!(got, ("path".to_owned(), position), "{path}");
    }
    assert_eq!(refused(&transformer(&[("a b", "$")], "1"), EVENT).0, "form");
    let many: Vec<_> = (0..101).map(|n| format!("n{n}")).collect();
    let many: Vec<_> = many.iter().map(|name| (name.as_str(), "$")).collect();
    assert_eq!(refused(&transformer(&many, "1"), EVENT).0, "form");
}

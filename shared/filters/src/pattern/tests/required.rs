//! What patterns require holds for every event that they let pass.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Data, compile};
use crate::pattern::{Pattern, ignore_case};
use crate::reading::Reading;
use crate::steps::Steps;
use crate::wanted::{FieldId, Wanted};
use crate::{Requirement, Scalar, Test, number};

/// Whether a value is what a test wants.
fn holds(test: &Test, value: &Scalar<'_>) -> bool {
    match (test, value) {
        (Test::Present, _) | (Test::Null, Scalar::Null) => true,
        (Test::Bool(wanted), Scalar::Bool(value)) => wanted == value,
        (Test::Number(wanted), Scalar::Number(value)) => **wanted == *number::canonical(value),
        (test, Scalar::String(value)) => match test {
            Test::Text(wanted) => **wanted == **value,
            Test::TextIgnoringCase(wanted) => **wanted == *ignore_case::fold(value),
            Test::Prefix(wanted) => value.starts_with(&**wanted),
            Test::Suffix(wanted) => value.ends_with(&**wanted),
            Test::Contains(wanted) => value.contains(&**wanted),
            _ => false,
        },
        _ => false,
    }
}

/// The first requirement that does not hold for an event, if the pattern lets it pass.
pub(super) fn broken(pattern: &Pattern, event: &str) -> Option<Requirement> {
    let mut wanted = Wanted::default();
    let mut paths: BTreeMap<FieldId, String> = BTreeMap::new();
    pattern.paths(&mut |path| {
        paths.insert(wanted.add(path), path.to_owned());
    });
    let event = Data(event);
    let reading = Reading::of(&event, &wanted);
    if !pattern.matches(&reading, &Steps::new(usize::MAX)) {
        return None;
    }
    let mut requirements = pattern.requirements();
    reading.each_leaf(&mut |field, value| {
        requirements.retain(|requirement| {
            !requirement
                .iter()
                .any(|anchor| *anchor.path == *paths[&field] && holds(&anchor.test, value))
        });
    });
    requirements.pop()
}

const TEXTS: [&str; 14] = [
    "",
    "a",
    "ab",
    "Ab",
    "a*b",
    "straße",
    "STRASSE",
    "ǆ",
    "\\\"",
    "\\\"q\\\"",
    "10.0.0.7",
    "::ffff:a00:7",
    "2001:db8::1",
    "2001:DB8::1",
];

fn text() -> impl Strategy<Value = String> {
    prop::sample::select(TEXTS.to_vec()).prop_map(|text| format!("\"{text}\""))
}

fn number() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["0", "-0", "1", "1.0", "10", "1e1", "-1"]).prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = String> {
    let other = prop::sample::select(vec!["null", "true", "false", "[]", "{}"]).prop_map(str::to_owned);
    prop_oneof![4 => text(), 2 => number(), 1 => other]
}

fn wanted() -> impl Strategy<Value = String> {
    let of_text = |operator: &'static str| text().prop_map(move |text| format!("{{\"{operator}\":{text}}}"));
    let ignoring = |operator: &'static str| {
        text().prop_map(move |text| format!("{{\"{operator}\":{{\"equals-ignore-case\":{text}}}}}"))
    };
    let fixed = prop::sample::select(vec![
        "null",
        "true",
        r#"{"exists":true}"#,
        r#"{"exists":false}"#,
        r#"{"cidr":"0.0.0.0/0"}"#,
        r#"{"wildcard":"*"}"#,
        r#"{"wildcard":"a*"}"#,
        r#"{"wildcard":"*ab"}"#,
        r#"{"wildcard":"*RAS*"}"#,
        r#"{"wildcard":"S*RAS*E"}"#,
        r#"{"anything-but":"a"}"#,
        r#"{"numeric":[">=",0]}"#,
        r#"{"numeric":["=",1]}"#,
    ]);
    prop_oneof![
        text(),
        number(),
        of_text("prefix"),
        of_text("suffix"),
        of_text("equals-ignore-case"),
        ignoring("prefix"),
        ignoring("suffix"),
        fixed.prop_map(str::to_owned),
    ]
}

fn pattern() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec!["a", "b", "c"]);
    let leaf = (key.clone(), prop::collection::vec(wanted(), 1..3))
        .prop_map(|(key, wanted)| format!("\"{key}\":[{}]", wanted.join(",")));
    leaf.prop_recursive(3, 12, 3, move |inner| {
        let below = (key.clone(), inner.clone()).prop_map(|(key, inner)| format!("\"{key}\":{{{inner}}}"));
        let or = prop::collection::vec(inner.clone(), 2..4)
            .prop_map(|branches| format!("\"$or\":[{{{}}}]", branches.join("},{")));
        let all = prop::collection::vec(inner, 1..3).prop_map(|all| all.join(","));
        prop_oneof![below, or, all]
    })
    .prop_map(|inner| format!("{{{inner}}}"))
}

fn event() -> impl Strategy<Value = String> {
    let object = |values: BoxedStrategy<String>| {
        prop::collection::vec(values, 3)
            .prop_map(|v| format!(r#"{{"a":{},"b":{},"c":{}}}"#, v[0], v[1], v[2]))
    };
    let inner = value().prop_recursive(2, 8, 3, move |inner| {
        let array = prop::collection::vec(inner.clone(), 0..3).prop_map(|v| format!("[{}]", v.join(",")));
        prop_oneof![array, object(inner.boxed())]
    });
    object(inner.boxed())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_required_holds(pattern in pattern(), event in event()) {
        if let Ok(compiled) = compile(&pattern) {
            prop_assert_eq!(broken(&compiled, &event), None, "{} {}", pattern, event);
        }
    }
}

#[test]
fn operators_require_what_they_can() {
    let texts = |pattern: &str| -> Vec<String> {
        let requirements = compile(pattern).unwrap().requirements();
        requirements
            .iter()
            .map(|anchors| {
                let of: Vec<_> = anchors
                    .iter()
                    .map(|anchor| format!("{} {:?}", anchor.path, anchor.test))
                    .collect();
                of.join(" | ")
            })
            .collect()
    };
    for (pattern, expected) in [
        (
            r#"{"a":["x",1.0,true,null]}"#,
            &[r#"data.a Text("x") | data.a Number("1") | data.a Bool(true) | data.a Null"#][..],
        ),
        (
            r#"{"a":[{"prefix":"x"}],"b":[{"suffix":"y"}]}"#,
            &[r#"data.a Prefix("x")"#, r#"data.b Suffix("y")"#],
        ),
        (
            r#"{"a":[{"wildcard":"ab*cde*f"}]}"#,
            &[r#"data.a Contains("cde")"#],
        ),
        (r#"{"a":[{"wildcard":"abc*d"}]}"#, &[r#"data.a Prefix("abc")"#]),
        (r#"{"a":[{"wildcard":"*"}]}"#, &["data.a Present"]),
        (
            r#"{"a":[{"equals-ignore-case":"Straße"}]}"#,
            &[r#"data.a TextIgnoringCase("strasse")"#],
        ),
        (
            r#"{"a":[{"numeric":["=",10]}],"b":[{"numeric":["<",1]}]}"#,
            &[r#"data.a Number("1e1")"#, "data.b Present"],
        ),
        (r#"{"a":[{"exists":true}]}"#, &["data.a Present"]),
        (r#"{"a":["x",{"exists":false}]}"#, &[]),
        (
            r#"{"$or":[{"a":["x"]},{"b":["y"],"c":[{"exists":true}]}]}"#,
            &[r#"data.a Text("x") | data.b Text("y")"#],
        ),
        (r#"{"$or":[{"a":["x"]},{"b":[{"exists":false}]}]}"#, &[]),
    ] {
        assert_eq!(texts(pattern), expected, "{pattern}");
    }
}

#[test]
fn addresses_are_required_however_they_are_written() {
    let forms = [
        "10.0.0.7",
        "::ffff:a00:7",
        "::FFFF:0a00:0007",
        "0:0:0:0:0:ffff:a00:7",
    ];
    for wanted in forms {
        let pattern = compile(&format!(r#"{{"a":["{wanted}"]}}"#)).unwrap();
        for written in forms {
            let event = format!(r#"{{"a":"{written}"}}"#);
            assert!(super::matches(&pattern, &event), "{wanted} {written}");
            assert_eq!(broken(&pattern, &event), None, "{wanted} {written}");
        }
    }
}

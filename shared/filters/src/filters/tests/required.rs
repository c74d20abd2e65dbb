//! Requirements are sound: what matches fulfils them. And they say something.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::compile;
use crate::number::canonical;
use crate::reading::Reading;
use crate::sample::{Sample, number, text};
use crate::wanted::Wanted;
use crate::{Anchor, Scalar, Test};

fn holds(wish: &Test, value: &Scalar<'_>) -> bool {
    match (wish, value) {
        (Test::Present, _) | (Test::Null, Scalar::Null) => true,
        (Test::Text(wanted), Scalar::String(text)) => **wanted == **text,
        (Test::Number(wanted), Scalar::Number(text)) => **wanted == *canonical(text),
        (Test::Bool(wanted), Scalar::Bool(value)) => wanted == value,
        (Test::TextIgnoringCase(wanted), Scalar::String(text)) => {
            wanted.to_lowercase() == text.to_lowercase()
        }
        (Test::Prefix(part), Scalar::String(text)) => text.starts_with(&**part),
        (Test::Suffix(part), Scalar::String(text)) => text.ends_with(&**part),
        (Test::Contains(part), Scalar::String(text)) => text.contains(&**part),
        _ => false,
    }
}

fn anchor_holds(anchor: &Anchor, event: &Sample) -> bool {
    let mut wanted = Wanted::default();
    wanted.add(&anchor.path);
    let mut found = false;
    Reading::of(event, &wanted).each_leaf(&mut |_, value| found |= holds(&anchor.test, value));
    found
}

/// Texts that look like the values of other types, and parts of them.
const TEXTS: [&str; 20] = [
    "a",
    "ab",
    "abc",
    "b",
    "7",
    "07",
    "+7",
    "-0",
    "0",
    "1",
    "1.5",
    "e",
    "true",
    "TRUE",
    "tr",
    "false",
    "1e2",
    "ä",
    "a.b",
    "5000000000",
];
const NAMES: [&str; 4] = ["a", "b", "type", "missing"];

fn event() -> impl Strategy<Value = Sample> {
    let value = prop_oneof![
        3 => prop::sample::select(&TEXTS[..]).prop_map(text),
        1 => prop::sample::select(&["7", "-0", "0", "1", "1.5", "1e2", "5000000000"][..]).prop_map(number),
        1 => any::<bool>().prop_map(Scalar::Bool),
        1 => Just(Scalar::Null),
    ];
    let attribute = (prop::sample::select(&NAMES[..3]), value);
    let attributes = prop::collection::vec(attribute, 0..4);
    let data = prop::sample::select(
        &[
            "a",
            "7",
            "7.0",
            "true",
            "null",
            r#"["a",7]"#,
            "[]",
            "{}",
            r#""Ab""#,
        ][..],
    );
    (attributes, data).prop_map(|(attributes, data)| {
        let data = if data == "a" { r#""a""# } else { data };
        let event = Sample::default().with_data(&format!(r#"{{"x":{data}}}"#));
        let with = |event: Sample, (name, value): (&str, _)| event.with(name, value);
        attributes.into_iter().fold(event, with)
    })
}

/// What a pattern may ask of a field.
fn wish() -> impl Strategy<Value = Json> {
    let kinds = prop::sample::select(
        &[
            "prefix",
            "suffix",
            "equals-ignore-case",
            "anything-but",
            "wildcard",
        ][..],
    );
    prop_oneof![
        2 => a_text().prop_map(|text| json!(text)),
        3 => (kinds, a_text()).prop_map(|(kind, text)| json!({kind: text})),
        1 => any::<bool>().prop_map(|there| json!({"exists": there})),
        1 => prop::sample::select(vec![json!(7), json!(true), Json::Null, json!({"numeric": [">", 1]})]),
    ]
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&NAMES[..])
}

fn a_text() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&TEXTS[..])
}

fn literal() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => a_text().prop_map(|text| format!("'{text}'")),
        1 => prop::sample::select(&["7", "0", "-1", "true", "FALSE"][..]).prop_map(str::to_owned),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    let operand = || prop_oneof![3 => name().prop_map(str::to_owned), 1 => literal()];
    let comparison = prop::sample::select(&["=", "=", "=", "!=", "<", ">="][..]);
    let leaf = prop_oneof![
        4 => (operand(), comparison, prop_oneof![2 => literal(), 1 => operand()])
            .prop_map(|(left, operator, right)| format!("{left} {operator} {right}")),
        2 => (operand(), "[ab7e.]?[%_]?[ab7ru]{0,2}[%_]?[bc5e]?").prop_map(|(left, like)| format!("{left} LIKE '{like}'")),
        1 => (operand(), "[ab%]{0,3}").prop_map(|(left, like)| format!("{left} NOT LIKE '{like}'")),
        2 => (operand(), literal(), literal()).prop_map(|(left, one, other)| format!("{left} IN ({one}, {other})")),
        1 => (operand(), literal(), operand()).prop_map(|(left, one, other)| format!("{left} NOT IN ({one}, {other})")),
        1 => name().prop_map(|name| format!("EXISTS {name}")),
        1 => operand(),
        1 => operand().prop_map(|operand| format!("LENGTH({operand}) > 1")),
    ];
    leaf.prop_recursive(3, 12, 2, |inner| {
        let logic = prop::sample::select(&["AND", "AND", "OR", "OR", "XOR"][..]);
        prop_oneof![
            4 => (inner.clone(), logic, inner.clone())
                .prop_map(|(left, operator, right)| format!("{left} {operator} {right}")),
            1 => inner.clone().prop_map(|inner| format!("({inner})")),
            1 => inner.prop_map(|inner| format!("NOT ({inner})")),
        ]
    })
}

fn filter() -> impl Strategy<Value = Json> {
    let dialect = prop::sample::select(&["exact", "prefix", "suffix"][..]);
    let leaf = prop_oneof![
        3 => (dialect, name(), a_text()).prop_map(|(dialect, name, text)| json!({dialect: {name: text}})),
        1 => (name(), a_text(), name(), a_text())
            .prop_map(|(one, text, other, also)| json!({"prefix": {one: text, other: also}})),
        4 => expression().prop_map(|sql| json!({"sql": sql})),
        2 => (prop::sample::select(&["a", "b", "x", "missing"][..]), wish(), wish()).prop_map(|(name, one, other)| {
            let field = json!({name: [one, other]});
            if name == "x" { json!({"pattern": {"data": field}}) } else { json!({"pattern": field}) }
        }),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let list = prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            list.clone().prop_map(|list| json!({"all": list})),
            list.prop_map(|list| json!({"any": list})),
            inner.prop_map(|inner| json!({"not": inner})),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn what_matches_fulfils_every_requirement(
        filters in prop::collection::vec(filter(), 1..3),
        events in prop::collection::vec(event(), 8),
    ) {
        let json = serde_json::to_string(&filters).unwrap();
        let compiled = compile(&json).unwrap();
        let requirements = compiled.requirements();
        let mut paths = Vec::new();
        compiled.paths(&mut |path| paths.push(path.to_owned()));
        for requirement in &requirements {
            // Nothing could be found by a path that is not read.
            prop_assert!(requirement.iter().all(|anchor| paths.iter().any(|path| **path == *anchor.path)));
        }
        for event in &events {
            let matches = compiled.matches(event);
            let conditions = compiled.explain(event);
            if conditions.iter().all(|condition| condition.passes) {
                let negated = json.contains("\"not\"");
                prop_assert!(matches || negated, "{} {:?}", json, event);
            }
            for requirement in &requirements {
                let holds = requirement.iter().any(|anchor| anchor_holds(anchor, event));
                prop_assert!(!matches || holds, "{} {:?} {:?}", json, requirement, event);
            }
        }
    }
}

/// Requirements as short texts: `type=a` and the like; alternatives joined by `|`.
fn required(filters: &str) -> Vec<String> {
    let anchor = |anchor: &Anchor| {
        let path = &anchor.path;
        match &anchor.test {
            Test::Text(text) => format!("{path}={text}"),
            Test::Number(text) => format!("{path}=#{text}"),
            Test::Bool(value) => format!("{path}=?{value}"),
            Test::Prefix(text) => format!("{path}^{text}"),
            Test::Suffix(text) => format!("{path}${text}"),
            Test::Contains(text) => format!("{path}~{text}"),
            Test::Present => format!("{path}!"),
            other => format!("{path} {other:?}"),
        }
    };
    let requirements = compile(filters).expect("filters").requirements();
    let joined = |anchors: &Vec<Anchor>| anchors.iter().map(anchor).collect::<Vec<_>>().join("|");
    requirements.iter().map(joined).collect()
}

#[test]
fn what_is_required() {
    let table: [(&str, &[&str]); 21] = [
        (
            r#"[{"exact":{"type":"a","source":"b"}}]"#,
            &["type=a", "source=b"],
        ),
        (r#"[{"exact":{"n":"7"}}]"#, &["n=7|n=#7"]),
        (r#"[{"exact":{"n":"true"}}]"#, &["n=true|n=?true"]),
        (
            r#"[{"prefix":{"type":"a."}},{"suffix":{"type":".b"}}]"#,
            &["type^a.", "type$.b"],
        ),
        (r#"[{"prefix":{"n":"1"}}]"#, &["n!"]),
        (
            r#"[{"any":[{"exact":{"type":"a"}},{"prefix":{"type":"b."}}]}]"#,
            &["type=a|type^b."],
        ),
        (
            r#"[{"any":[{"exact":{"type":"a","source":"x"}},{"exact":{"type":"b","source":"y"}}]}]"#,
            &["type=a|type=b", "source=x|source=y"],
        ),
        (
            r#"[{"any":[{"exact":{"type":"a"}},{"exact":{"source":"b"}}]}]"#,
            &["source=b|type=a"],
        ),
        (
            r#"[{"any":[{"exact":{"type":"a"}},{"not":{"exact":{"type":"b"}}}]}]"#,
            &[],
        ),
        (r#"[{"not":{"exact":{"type":"a"}}}]"#, &[]),
        (
            r#"[{"sql":"type = 'a' AND source LIKE '/x%' AND EXISTS subject"}]"#,
            &["type=a", "source^/x", "subject!"],
        ),
        (r#"[{"sql":"type IN ('a', 'b')"}]"#, &["type=a|type=b"]),
        (r#"[{"sql":"type LIKE '%.b'"}]"#, &["type$.b"]),
        (r#"[{"sql":"type LIKE '%-b-%'"}]"#, &["type~-b-"]),
        (r#"[{"sql":"type LIKE 'a'"}]"#, &["type=a"]),
        (
            r#"[{"sql":"(type = 'a' AND id = 'x') OR type = 'b'"}]"#,
            &["type=a|type=b"],
        ),
        (
            r#"[{"sql":"type = 'a' OR type = 'b' AND source = 'c'"}]"#,
            &["type=a|type=b", "source=c"],
        ),
        (r#"[{"sql":"hop < ttl"}]"#, &["hop!", "ttl!"]),
        (r#"[{"sql":"type = 'a' OR NOT EXISTS type"}]"#, &[]),
        (r#"[{"sql":"n = 7"}]"#, &["n!"]),
        (
            r#"[{"sql":"LENGTH(subject) > 3 XOR flag"}]"#,
            &["subject!", "flag!"],
        ),
    ];
    for (filters, wanted) in table {
        assert_eq!(required(filters), wanted, "{filters}");
    }
}

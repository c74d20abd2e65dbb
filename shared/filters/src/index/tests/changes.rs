//! Whatever comes, is replaced and goes: the index finds what the filters let pass one by one, and keeps nothing of what went.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::support::{Event, compile, found, index};
use crate::FilterIndex;

/// Values that begin, end and contain each other, and look like numbers.
const VALUES: [&str; 10] = ["a", "ab", "abc", "abcd", "bcd", "ABC", "xabcx", "1", "2", "true"];

fn value() -> impl Strategy<Value = &'static str> {
    prop::sample::select(VALUES.as_slice())
}

fn attribute() -> impl Strategy<Value = &'static str> {
    prop::sample::select(["type", "source", "subject", "ext"].as_slice())
}

/// A condition of an event pattern.
fn leaf() -> impl Strategy<Value = String> {
    prop_oneof![
        value().prop_map(|value| format!("{value:?}")),
        Just("1".to_owned()),
        Just("true".to_owned()),
        Just("null".to_owned()),
        value().prop_map(|value| format!(r#"{{"prefix":"{value}"}}"#)),
        value().prop_map(|value| format!(r#"{{"suffix":"{value}"}}"#)),
        value().prop_map(|value| format!(r#"{{"wildcard":"*{value}*"}}"#)),
        value().prop_map(|value| format!(r#"{{"wildcard":"a*{value}"}}"#)),
        value().prop_map(|value| format!(r#"{{"equals-ignore-case":"{value}"}}"#)),
        value().prop_map(|value| format!(r#"{{"prefix":{{"equals-ignore-case":"{value}"}}}}"#)),
        value().prop_map(|value| format!(r#"{{"anything-but":["{value}"]}}"#)),
        Just(r#"{"numeric":[">",0,"<=",1]}"#.to_owned()),
        Just(r#"{"numeric":["=",1]}"#.to_owned()),
        Just(r#"{"exists":true}"#.to_owned()),
        Just(r#"{"exists":false}"#.to_owned()),
    ]
}

fn leaves() -> impl Strategy<Value = String> {
    prop::collection::vec(leaf(), 1..3).prop_map(|leaves| format!("[{}]", leaves.join(",")))
}

fn pattern() -> impl Strategy<Value = String> {
    prop_oneof![
        (attribute(), leaves()).prop_map(|(name, leaves)| format!(r#"{{"{name}":{leaves}}}"#)),
        (attribute(), leaves(), leaves())
            .prop_map(|(name, one, other)| format!(r#"{{"{name}":{one},"data":{{"x":{other}}}}}"#)),
        (leaves(), leaves())
            .prop_map(|(one, other)| format!(r#"{{"data":{{"x":{one},"y":{{"z":{other}}}}}}}"#)),
        (leaves(), leaves()).prop_map(|(one, other)| format!(
            r#"{{"$or":[{{"data":{{"x":{one}}}}},{{"subject":{other}}}]}}"#
        )),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    let plain = prop_oneof![
        (attribute(), value()).prop_map(|(name, value)| format!("{name} = '{value}'")),
        (attribute(), value()).prop_map(|(name, value)| format!("{name} != '{value}'")),
        (attribute(), value()).prop_map(|(name, value)| format!("'{value}' = {name}")),
        attribute().prop_map(|name| format!("{name} = 1")),
        attribute().prop_map(|name| format!("{name} = TRUE")),
        attribute().prop_map(|name| format!("{name} > 1")),
        attribute().prop_map(|name| format!("EXISTS {name}")),
        (attribute(), value(), value())
            .prop_map(|(name, one, other)| format!("{name} IN ('{one}', '{other}')")),
        (attribute(), value()).prop_map(|(name, value)| format!("{name} LIKE '{value}%'")),
        (attribute(), value()).prop_map(|(name, value)| format!("{name} LIKE '%{value}_'")),
        (attribute(), value()).prop_map(|(name, value)| format!("{name} NOT LIKE '%{value}%'")),
        attribute().prop_map(|name| format!("LENGTH({name}) = 3")),
        (attribute(), value()).prop_map(|(name, value)| format!("UPPER({name}) = UPPER('{value}')")),
    ];
    plain.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one}) AND ({other})")),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one}) OR ({other})")),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one}) XOR ({other})")),
            inner.prop_map(|inner| format!("NOT ({inner})")),
        ]
    })
}

fn dialect() -> impl Strategy<Value = String> {
    let texts: &[&str] = &["exact", "prefix", "suffix"];
    let plain = prop_oneof![
        (prop::sample::select(texts), attribute(), value())
            .prop_map(|(dialect, name, value)| format!(r#"{{"{dialect}":{{"{name}":"{value}"}}}}"#)),
        (prop::sample::select(texts), value(), value()).prop_map(|(dialect, one, other)| format!(
            r#"{{"{dialect}":{{"type":"{one}","ext":"{other}"}}}}"#
        )),
        expression().prop_map(|expression| format!(r#"{{"sql":"{expression}"}}"#)),
        pattern().prop_map(|pattern| format!(r#"{{"pattern":{pattern}}}"#)),
    ];
    plain.prop_recursive(2, 6, 3, |inner| {
        let several = prop::collection::vec(inner.clone(), 1..4).prop_map(|members| members.join(","));
        prop_oneof![
            several
                .clone()
                .prop_map(|members| format!(r#"{{"all":[{members}]}}"#)),
            several.prop_map(|members| format!(r#"{{"any":[{members}]}}"#)),
            inner.prop_map(|member| format!(r#"{{"not":{member}}}"#)),
        ]
    })
}

fn filters() -> impl Strategy<Value = String> {
    prop::collection::vec(dialect(), 1..3).prop_map(|filters| format!("[{}]", filters.join(",")))
}

fn data() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        value().prop_map(|value| format!("{value:?}")),
        prop::sample::select(["1", "1.0", "2e0", "true", "false", "null", "\"\"", "{}", "[]"].as_slice())
            .prop_map(str::to_owned),
    ];
    let several =
        prop::collection::vec(scalar.clone(), 0..4).prop_map(|values| format!("[{}]", values.join(",")));
    let x = prop_oneof![scalar.clone(), several];
    let objects = (scalar.clone(), scalar.clone())
        .prop_map(|(one, other)| format!(r#"[{{"z":{one}}},{{"z":[{other}]}}]"#));
    let y = prop_oneof![
        scalar.clone().prop_map(|z| format!(r#"{{"z":{z}}}"#)),
        objects,
        scalar
    ];
    (x, y).prop_map(|(x, y)| format!(r#"{{"x":{x},"y":{y}}}"#))
}

fn event() -> impl Strategy<Value = Event> {
    let attributes = prop::collection::btree_map(attribute(), value(), 0..4);
    let data = prop::option::of(
        prop_oneof![4 => data(), 1 => Just("\"abc\"".to_owned()), 1 => Just("no JSON".to_owned())],
    );
    (attributes, data).prop_map(|(attributes, data)| Event {
        data,
        ..Event::with(&attributes.into_iter().collect::<Vec<_>>())
    })
}

/// A key's filters, or that they go.
fn change() -> impl Strategy<Value = (usize, Option<String>)> {
    (0..12_usize, prop::option::weighted(0.75, filters()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_found_is_what_passes(
        changes in prop::collection::vec(change(), 1..40),
        events in prop::collection::vec(event(), 1..6),
    ) {
        let stays = r#"[{"exact":{"type":"abc"}}]"#;
        let mut model = BTreeMap::from([(99, compile(stays))]);
        let mut index = FilterIndex::default();
        index.insert(99, compile(stays));
        let mut copies = Vec::new();
        for (key, filters) in changes {
            copies.push((index.clone(), model.clone()));
            if let Some(json) = filters {
                index.insert(key, compile(&json));
                model.insert(key, compile(&json));
            } else {
                index.remove(&key);
                model.remove(&key);
            }
        }
        copies.push((index.clone(), model.clone()));
        for (index, model) in copies.iter().rev().step_by(7) {
            for event in &events {
                let passed: Vec<usize> =
                    model.iter().filter(|(_, filters)| filters.matches(event)).map(|(key, _)| *key).collect();
                prop_assert_eq!(found(index, event), passed, "{:?}", event);
            }
        }

        let mut in_order = FilterIndex::default();
        for (key, filters) in &model {
            in_order.insert(*key, filters.clone());
        }
        prop_assert!(in_order == index, "an index is what is in it");

        for key in 0..12 {
            index.remove(&key);
        }
        let mut fresh = FilterIndex::default();
        fresh.insert(99, compile(stays));
        prop_assert!(index == fresh);
        prop_assert_eq!(index.kept(), fresh.kept(), "what went left something behind");
        index.remove(&99);
        prop_assert!(index == FilterIndex::default());
        prop_assert!(index.is_empty());
        prop_assert_eq!(index.kept(), FilterIndex::<usize>::default().kept());
    }
}

#[test]
fn other_filters_are_another_index() {
    let one = index(&[r#"[{"exact":{"type":"a"}}]"#]);
    assert_ne!(one, index(&[r#"[{"exact":{"type":"b"}}]"#]));
    assert_ne!(one, FilterIndex::default());
    assert_eq!(one, index(&[r#"[{"exact":{"type":"a"}}]"#]));
}

//! Evaluation is what a slow and obvious one says: patterns are written out for all combinations of branches, events are
//! flattened, and every choice of values is tried.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{compile, matches};

/// An event, or a value in it.
#[derive(Debug, Clone)]
enum Json {
    Leaf(u8),
    Array(Vec<Json>),
    Object(Vec<(&'static str, Json)>),
}

/// A pattern. Keys of fields may have dots.
#[derive(Debug, Clone)]
struct Fields(Vec<Field>);

#[derive(Debug, Clone)]
enum Field {
    Values(&'static str, Vec<Wanted>),
    Below(&'static str, Fields),
    Or(Vec<Fields>),
}

#[derive(Debug, Clone, Copy)]
enum Wanted {
    Leaf(u8),
    Not(u8),
    Exists,
    Absent,
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = (0..3_u8).prop_map(Json::Leaf);
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            object(inner),
        ]
    })
}

fn object(values: impl Strategy<Value = Json>) -> impl Strategy<Value = Json> {
    let keys = prop::sample::subsequence(vec!["a", "a-b", "b", "c"], 0..=4);
    (keys, prop::collection::vec(values, 4))
        .prop_map(|(keys, values)| Json::Object(keys.into_iter().zip(values).collect()))
}

fn fields() -> impl Strategy<Value = Fields> {
    let wanted = prop_oneof![
        4 => (0..3_u8).prop_map(Wanted::Leaf),
        1 => (0..3_u8).prop_map(Wanted::Not),
        1 => Just(Wanted::Exists),
        2 => Just(Wanted::Absent),
    ];
    let key = prop::sample::select(vec!["a", "a-b", "b", "c", "a.b"]);
    let values = (key.clone(), prop::collection::vec(wanted, 1..3))
        .prop_map(|(key, wanted)| Fields(vec![Field::Values(key, wanted)]));
    values.prop_recursive(4, 16, 3, move |inner| {
        let below =
            (key.clone(), inner.clone()).prop_map(|(key, fields)| Fields(vec![Field::Below(key, fields)]));
        let or =
            prop::collection::vec(inner.clone(), 2..4).prop_map(|branches| Fields(vec![Field::Or(branches)]));
        let all = prop::collection::vec(inner, 1..4)
            .prop_map(|all| Fields(all.into_iter().flat_map(|fields| fields.0).collect()));
        prop_oneof![2 => below, 1 => or, 3 => all]
    })
}

impl Json {
    fn write(&self) -> String {
        let list = |parts: Vec<String>| parts.join(",");
        match self {
            Self::Leaf(value) => value.to_string(),
            Self::Array(values) => format!("[{}]", list(values.iter().map(Self::write).collect())),
            Self::Object(members) => {
                let member = |(key, value): &(&str, Self)| format!("\"{key}\":{}", value.write());
                format!("{{{}}}", list(members.iter().map(member).collect()))
            }
        }
    }

    /// The leaves with their paths and the elements that they are in: the numbers of arrays with those of elements.
    fn flatten(&self, path: &str, inside: &[(usize, usize)], arrays: &mut usize, flat: &mut Vec<Flat>) {
        match self {
            Self::Leaf(value) => flat.push((path.to_owned(), *value, inside.to_vec())),
            Self::Object(members) => {
                for (key, value) in members {
                    value.flatten(&join(path, key), inside, arrays, flat);
                }
            }
            Self::Array(values) => {
                let array = *arrays;
                *arrays += 1;
                for (i, value) in values.iter().enumerate() {
                    let mut inside = inside.to_vec();
                    // Which element a value without parts is, is not asked.
                    if !matches!(value, Self::Leaf(_)) {
                        inside.push((array, i));
                    }
                    value.flatten(path, &inside, arrays, flat);
                }
            }
        }
    }
}

type Flat = (String, u8, Vec<(usize, usize)>);

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

impl Wanted {
    fn write(self) -> String {
        match self {
            Self::Leaf(value) => value.to_string(),
            Self::Not(value) => format!(r#"{{"anything-but":{value}}}"#),
            Self::Exists => r#"{"exists":true}"#.to_owned(),
            Self::Absent => r#"{"exists":false}"#.to_owned(),
        }
    }

    fn passes(self, value: u8) -> bool {
        match self {
            Self::Leaf(wanted) => wanted == value,
            Self::Not(wanted) => wanted != value,
            Self::Exists => true,
            Self::Absent => false,
        }
    }
}

/// What is wanted at each path: one of the combinations.
type Rule = BTreeMap<String, Vec<Wanted>>;

impl Fields {
    fn write(&self) -> String {
        let field = |field: &Field| match field {
            Field::Values(key, wanted) => {
                let wanted: Vec<_> = wanted.iter().map(|wanted| wanted.write()).collect();
                format!("\"{key}\":[{}]", wanted.join(","))
            }
            Field::Below(key, fields) => format!("\"{key}\":{}", fields.write()),
            Field::Or(branches) => {
                let branches: Vec<_> = branches.iter().map(Self::write).collect();
                format!("\"$or\":[{}]", branches.join(","))
            }
        };
        format!("{{{}}}", self.0.iter().map(field).collect::<Vec<_>>().join(","))
    }

    /// All combinations, after those of what stands before.
    fn rules(&self, path: &str, mut rules: Vec<Rule>) -> Vec<Rule> {
        for field in &self.0 {
            rules = match field {
                Field::Values(key, wanted) => {
                    for rule in &mut rules {
                        rule.insert(join(path, key), wanted.clone());
                    }
                    rules
                }
                Field::Below(key, fields) => fields.rules(&join(path, key), rules),
                Field::Or(branches) => branches
                    .iter()
                    .flat_map(|branch| branch.rules(path, rules.clone()))
                    .collect(),
            };
        }
        rules
    }
}

/// Tries every value for the first of some paths, and then for the others.
fn holds(rule: &[(&String, &Vec<Wanted>)], event: &[Flat], chosen: &[(usize, usize)]) -> bool {
    let Some(((path, wanted), rest)) = rule.split_first() else {
        return true;
    };
    let agrees = |inside: &[(usize, usize)]| {
        inside
            .iter()
            .all(|(array, i)| chosen.iter().all(|(other, j)| array != other || i == j))
    };
    let mut values = event
        .iter()
        .filter(|(other, _, inside)| other == *path && agrees(inside));
    if values.clone().next().is_none()
        && wanted.iter().any(|wanted| matches!(wanted, Wanted::Absent))
        && holds(rest, event, chosen)
    {
        return true;
    }
    values.any(|(_, value, inside)| {
        wanted.iter().any(|wanted| wanted.passes(*value))
            && holds(rest, event, &[chosen, inside.as_slice()].concat())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn evaluation_is_what_the_reference_says(fields in fields(), event in object(json())) {
        let mut flat = Vec::new();
        event.flatten("", &[], &mut 0, &mut flat);
        let rules = fields.rules("", vec![Rule::new()]);
        prop_assume!(rules.len() <= 64);
        let expected = rules.iter().any(|rule| holds(&rule.iter().collect::<Vec<_>>(), &flat, &[]));
        let (pattern, event) = (fields.write(), event.write());
        let compiled = compile(&pattern).unwrap();
        prop_assert_eq!(matches(&compiled, &event), expected, "{} {}", pattern, event);
    }
}

//! The official suite of JSONata.

use std::fs;
use std::path::Path;
use std::time::Duration;

use dataflow::transform::{Transform, TransformContext, TransformLimits};
use jlens_core::{Bindings, Document, Expression, Options};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::corpora::corpus;

/// Cases that do not pass, by group and file, and why.
const EXCEPTIONS: [(&str, &str); 2] = [
    (
        "function-encodeUrl/case002.json[0]",
        "half of a pair of surrogates",
    ),
    (
        "function-encodeUrlComponent/case002.json[0]",
        "half of a pair of surrogates",
    ),
];

/// Fewest cases of the suite: a folder with fewer is not it.
const CASES: usize = 1686;

struct Case {
    name: String,
    expression: String,
    /// As text: the order of members counts.
    data: Option<String>,
    content: Value,
}

/// Of a case, what is kept as text.
#[derive(Default, serde::Deserialize)]
struct Texts {
    #[serde(default, deserialize_with = "present")]
    data: Option<Box<RawValue>>,
}

/// Of a member that is there, `null` is a value as well.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Box<RawValue>>, D::Error> {
    serde::Deserialize::deserialize(deserializer).map(Some)
}

#[test]
fn the_official_suite_passes() {
    let Some(root) = corpus("jsonata/test/test-suite") else {
        return;
    };
    let cases = cases(&root);
    assert!(cases.len() >= CASES, "{} cases", cases.len());
    let failures: Vec<_> = cases.iter().filter_map(failure).collect();
    let unexpected: Vec<_> = failures
        .iter()
        .filter(|(name, _)| !EXCEPTIONS.iter().any(|(known, _)| known == name))
        .collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
    assert_eq!(failures.len(), EXCEPTIONS.len(), "an exception passes");
    println!("{} of {} cases pass", cases.len() - failures.len(), cases.len());
}

/// What the gateway offers of it gives the same, with the form of transforms around it.
#[test]
fn transforms_give_what_the_suite_says() {
    let Some(root) = corpus("jsonata/test/test-suite") else {
        return;
    };
    let limits = TransformLimits {
        max_time: Duration::from_mins(10),
        max_depth: 1000,
        max_sequence: 1_000_000,
        max_memory_bytes: 1 << 30,
        ..TransformLimits::default()
    };
    let mut count = 0;
    for case in cases(&root) {
        let has_bindings = case.content["bindings"]
            .as_object()
            .is_some_and(|map| !map.is_empty());
        let (Some(data), Some(want), false) = (&case.data, case.content.get("result"), has_bindings) else {
            continue;
        };
        if case.expression.contains("$eval") {
            continue;
        }
        let source = serde_json::json!({ "jsonata": case.expression }).to_string();
        let transform =
            Transform::compile(&source, &limits).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let made = transform.apply(data, &TransformContext::default(), &limits);
        let made = made.unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let made: Value = serde_json::from_str(&made).unwrap();
        assert!(is_same(&made, want), "{}: {made} instead of {want}", case.name);
        count += 1;
    }
    assert!(count > 900, "{count}");
}

/// The cases of all groups.
fn cases(root: &Path) -> Vec<Case> {
    let read = |path: &Path| fs::read_to_string(path).unwrap();
    let list = |path: &Path| {
        let mut paths: Vec<_> = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        paths
    };
    let mut cases = Vec::new();
    for group in list(&root.join("groups")) {
        for file in list(&group) {
            if file.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            // Half of a pair of surrogates is no character, and no Rust text can hold it.
            let text = read(&file);
            let (several, texts): (Vec<_>, Vec<Texts>) = match serde_json::from_str(&text) {
                Ok(Value::Array(several)) => (several, serde_json::from_str(&text).unwrap()),
                Ok(one) => (vec![one], vec![serde_json::from_str(&text).unwrap()]),
                Err(_) => (vec![Value::Null], vec![Texts::default()]),
            };
            for (index, (case, texts)) in several.into_iter().zip(texts).enumerate() {
                let expression = match (case["expr"].as_str(), case["expr-file"].as_str()) {
                    (Some(text), _) => text.to_owned(),
                    (None, Some(file)) => read(&group.join(file)),
                    (None, None) => String::new(),
                };
                let dataset = case["dataset"].as_str().map(|name| {
                    let path = root.join("datasets").join(format!("{name}.json"));
                    read(&path)
                });
                let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
                cases.push(Case {
                    name: format!("{}/{}[{index}]", name(&group), name(&file)),
                    expression,
                    data: texts.data.map(|raw| raw.get().to_owned()).or(dataset),
                    content: case,
                });
            }
        }
    }
    cases
}

/// The name of a case that fails, and how.
fn failure(case: &Case) -> Option<(String, String)> {
    let mut bindings = Bindings::new();
    for (name, value) in case.content["bindings"].as_object().into_iter().flatten() {
        bindings = bindings.var(name.clone(), value.clone());
    }
    let mut options = Options::new();
    // Where it is to end for another reason, a slow machine may take as long as it wants.
    let is_to_fail = case.content.get("result").is_none();
    if let Some(time) = case.content["timelimit"].as_u64()
        && is_to_fail
    {
        options = options.timeout(Duration::from_millis(time));
    }
    if let Some(depth) = case.content["depth"].as_u64() {
        options = options.max_depth(usize::try_from(depth).unwrap());
    }
    let got = Expression::compile(&case.expression).and_then(|expression| match &case.data {
        // Members in the order of the text, as transforms read them.
        Some(data) => {
            let document = Document::parse(data).unwrap();
            expression.evaluate_document(&document, &bindings, &options)
        }
        None => expression.evaluate_with(None, &bindings, &options),
    });
    let code = case
        .content
        .get("code")
        .or_else(|| case.content["error"].get("code"));
    let passes = match (&got, code.and_then(Value::as_str)) {
        // The code of the suite's own runner for an expression that takes too long or goes too deep.
        (Err(error), Some("U1001")) => matches!(error.code(), "D1011" | "D1012" | "U1001"),
        (Err(error), Some(code)) => error.code() == code,
        (Ok(value), None) => match (value, case.content.get("result")) {
            (Some(value), Some(want)) => is_same(value, want),
            (None, None) => true,
            _ => false,
        },
        _ => false,
    };
    (!passes).then(|| (case.name.clone(), format!("{}: {got:?}", case.expression)))
}

/// Whether two values are the same, `1` and `1.0` being one number.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(name, value)| other.get(name).is_some_and(|other| is_same(value, other)))
        }
        _ => one == other,
    }
}

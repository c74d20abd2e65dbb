//! The public conformance kit of CESQL 1.0: all of it.

use std::borrow::Cow;
use std::fs;
use std::path::PathBuf;

use serde_yaml_ng::Value as Yaml;

use super::{compile, evaluate};
use crate::Scalar;
use crate::sample::{Sample, number, text};
use crate::steps::Steps;

/// The folder of the kit, if it is there.
fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("CESQL_TCK").map(PathBuf::from);
    let corpora = std::env::var_os("EVENT_GATEWAY_CORPORA").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let within = corpora
        .into_iter()
        .chain([beside])
        .map(|folder| folder.join("cesql_tck"));
    named.into_iter().chain(within).find(|folder| folder.is_dir())
}

fn with_attributes(event: Sample, attributes: &Yaml) -> Sample {
    let Some(attributes) = attributes.as_mapping() else {
        return event;
    };
    attributes.iter().fold(event, |event, (name, value)| {
        let value = match value {
            Yaml::Bool(value) => Scalar::Bool(*value),
            Yaml::Number(value) => number(&value.to_string()),
            Yaml::String(value) => text(value),
            other => panic!("an attribute that is {other:?}"),
        };
        event.with(name.as_str().expect("a name"), value)
    })
}

fn shown(value: &Yaml) -> String {
    match value {
        Yaml::Bool(value) => value.to_string(),
        Yaml::Number(value) => value.to_string(),
        Yaml::String(value) => format!("{value:?}"),
        other => panic!("a result that is {other:?}"),
    }
}

#[test]
fn the_whole_kit() {
    let Some(folder) = folder() else {
        eprintln!("not run: no conformance kit of CESQL in EVENT_GATEWAY_CORPORA or beside the project");
        return;
    };
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(&folder)
        .expect("the kit")
        .map(|entry| entry.expect("a file").path())
    {
        if entry.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let kit: Yaml = serde_yaml_ng::from_str(&fs::read_to_string(&entry).expect("a text")).expect("YAML");
        for case in kit["tests"].as_sequence().expect("tests") {
            count += 1;
            let expression: Cow<'_, str> = match &case["expression"] {
                Yaml::String(text) => text.into(),
                other => shown(other).into(),
            };
            let event = match &case["event"] {
                Yaml::Null => with_attributes(Sample::event(), &case["eventOverrides"]),
                event => with_attributes(Sample::default(), event),
            };
            let (value, error) = evaluate(&expression, &event);
            let wanted_error = case["error"].as_str();
            let as_wanted =
                error == wanted_error && (case["result"].is_null() || value == shown(&case["result"]));
            let passes = compile(&expression).is_ok_and(|sql| sql.matches(&event, &Steps::new(usize::MAX)));
            let should_pass = wanted_error.is_none() && case["result"] == Yaml::Bool(true);
            if !as_wanted || passes != should_pass {
                wrong.push(format!(
                    "{}: {expression} is {value} {error:?}, wanted {:?} {wanted_error:?}; passes: {passes}",
                    entry.display(),
                    case["result"]
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(count >= 200, "{count} cases");
    eprintln!("run: {count} cases of the conformance kit of CESQL");
}

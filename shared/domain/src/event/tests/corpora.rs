//! The conformance events of CloudEvents, and the examples of its JSON schema. They are not part of the project: `corpora` in
//! the folder that `EVENT_GATEWAY_CORPORA` names, or in `shared` beside the workspace.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize as _;
use serde_json::{Map, Value, json};
use serde_yaml_ng::Value as Yaml;

use super::*;

/// A file of the corpora. `None`, with a word about it, where they are not there.
fn corpus(name: &str) -> Option<String> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("EVENT_GATEWAY_CORPORA").map_or(beside, PathBuf::from);
    let read = std::fs::read_to_string(folder.join("corpora/cloudevents").join(name));
    if read.is_err() {
        eprintln!("not run: {name} is not here; EVENT_GATEWAY_CORPORA names the folder of the corpora");
    }
    read.ok()
}

/// What a request is taken as, as JSON.
fn taken(what: &str, headers: &[(&str, &str)], body: &str) -> Map<String, Value> {
    match read(headers, body.as_bytes()) {
        Ok(Incoming::Event(event)) => serde_json::from_str(&json(&event)).unwrap(),
        other => panic!("{what}: {other:?}"),
    }
}

/// The data of an event, whichever way it is written.
fn data(event: &Map<String, Value>) -> Value {
    match event.get("data_base64") {
        Some(Value::String(text)) => {
            let bytes = BASE64_STANDARD.decode(text).unwrap();
            json!(String::from_utf8(bytes).unwrap())
        }
        _ => event.get("data").cloned().unwrap_or_default(),
    }
}

fn scalar(value: &Yaml) -> String {
    match value {
        Yaml::String(text) => text.clone(),
        Yaml::Number(number) => number.to_string(),
        other => panic!("an attribute that is {other:?}"),
    }
}

/// The attributes of a conformance event, extensions among them.
fn attributes(event: &Yaml) -> Vec<(String, String)> {
    let context = event["ContextAttributes"].as_mapping().unwrap();
    let extensions = context.get("Extensions").and_then(Yaml::as_mapping);
    let own = context
        .iter()
        .filter(|(name, _)| name.as_str() != Some("Extensions"));
    own.chain(extensions.into_iter().flatten())
        .map(|(name, value)| (scalar(name), scalar(value).trim_end().to_owned()))
        .collect()
}

#[test]
fn conformance_events_are_taken_in_both_modes() {
    for file in ["v1.yaml", "v1_minimum.yaml", "v03.yaml", "v03_minimum.yaml"] {
        let Some(text) = corpus(file) else { return };
        let mut count = 0;
        for document in serde_yaml_ng::Deserializer::from_str(&text) {
            let event = Yaml::deserialize(document).unwrap();
            if event.is_null() {
                continue;
            }
            count += 1;
            let (attributes, sent) = (attributes(&event), event["Data"].as_str().unwrap());
            let value = |name: &str| {
                attributes
                    .iter()
                    .find(|(known, _)| known == name)
                    .map(|it| &*it.1)
            };
            let media_type = value("datacontenttype").unwrap_or("application/json");
            let is_json = media_type.starts_with("application/json");
            let parsed = || serde_json::from_str(sent).unwrap();
            let want: Value = if is_json { parsed() } else { json!(sent) };
            let what = format!("{file} {}", value("id").unwrap());

            let mut headers = vec![("content-type".to_owned(), media_type.to_owned())];
            let others = attributes.iter().filter(|(name, _)| name != "datacontenttype");
            headers.extend(others.map(|(name, value)| (format!("ce-{name}"), value.replace('"', "%22"))));
            let headers: Vec<_> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
            let binary = taken(&what, &headers, sent);

            let mut members: Map<String, Value> = attributes
                .iter()
                .map(|(name, value)| (name.clone(), json!(value)))
                .collect();
            members.insert("data".to_owned(), want.clone());
            let structured = taken(&what, &[STRUCTURED], &Value::Object(members).to_string());
            for taken in [binary, structured] {
                for (name, value) in &attributes {
                    assert_eq!(taken[name], **value, "{what}: {name}");
                }
                assert_eq!(data(&taken), want, "{what}");
            }
        }
        assert!(count > 0, "{file}");
    }
}

/// The texts between the quotation marks of a scenario.
fn quoted(scenario: &str) -> Vec<String> {
    let texts = scenario.split("\"\"\"").skip(1).step_by(2);
    let unindented = |text: &str| {
        let lines = text.trim_matches('\n').lines();
        let lines: Vec<_> = lines
            .map(|line| line.strip_prefix("        ").unwrap_or(line))
            .collect();
        lines.join("\n").trim_end().to_owned()
    };
    texts.map(unindented).collect()
}

/// The rows of a table, without those before this one.
fn rows<'t>(text: &'t str, head: &str) -> Vec<Vec<&'t str>> {
    let lines = text.lines().skip_while(|line| !line.contains(head)).skip(1);
    let cells =
        |line: &'t str| -> Vec<&'t str> { line.trim().trim_matches('|').split('|').map(str::trim).collect() };
    lines
        .take_while(|line| line.trim().starts_with('|'))
        .map(cells)
        .collect()
}

#[test]
fn the_scenarios_of_the_http_binding_hold() {
    let Some(feature) = corpus("http-protocol-binding.feature") else {
        return;
    };
    let mut count = 0;
    for outline in feature.split("Scenario Outline:").skip(1) {
        for example in rows(outline, "| contentType ") {
            let scenario = outline.replace("<contentType>", example[0]);
            let texts = quoted(&scenario);
            let (head, body) = texts[0].split_once("\n\n").unwrap();
            let headers: Vec<_> = head
                .lines()
                .skip(1)
                .map(|line| line.split_once(": ").unwrap())
                .collect();
            let event = taken(example[0], &headers, body);
            for row in rows(&scenario, "| key ") {
                assert_eq!(event[row[0]], row[1], "{}", example[0]);
            }
            let want: Value = serde_json::from_str(&texts[1]).unwrap();
            assert_eq!(data(&event), want, "{}", example[0]);
            count += 1;
        }
    }
    assert_eq!(count, 4);
}

#[test]
fn the_examples_of_the_schema_are_taken() {
    let Some(schema) = corpus("cloudevents.schema.json") else {
        return;
    };
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let mut count = 0;
    for (name, attribute) in schema["properties"].as_object().unwrap() {
        for example in attribute["examples"].as_array().into_iter().flatten() {
            let mut event = json!({"specversion": "1.0", "type": "t", "source": "/s", "id": "1"});
            event[name] = example.clone();
            let taken = taken(name, &[STRUCTURED], &event.to_string());
            assert_eq!(taken[name], *example, "{name}");
            count += 1;
        }
    }
    assert!(count > 10, "{count}");
}

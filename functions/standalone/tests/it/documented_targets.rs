//! docs/targets.md: its examples can be registered as they stand there, and each type has one.

use std::collections::BTreeSet;

use serde_json::{Deserializer, Value, json};

use crate::client::send;
use crate::gateway_process::GatewayProcess;

const PAGE: &str = include_str!("../../../../docs/targets.md");

/// The functions in the blocks of JSON.
fn examples() -> Vec<Value> {
    let blocks = PAGE
        .split("```json\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap());
    blocks
        .flat_map(|block| Deserializer::from_str(block).into_iter::<Value>())
        .map(Result::unwrap)
        .filter(|value| value.get("provider").is_some())
        .collect()
}

/// The types of the table at the top.
fn types() -> BTreeSet<String> {
    let rows = PAGE.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    rows.take_while(|line| line.starts_with("| `"))
        .map(|row| row.split('`').nth(1).unwrap().to_owned())
        .collect()
}

#[test]
fn every_type_has_an_example_that_works() {
    let gateway = GatewayProcess::start(&[]);
    let mut shown = BTreeSet::new();
    for (number, example) in examples().into_iter().enumerate() {
        let path = format!("/v1/spaces/page-{number}/functions");
        let answer = send(gateway.config, "POST", &path, &[], example.to_string());
        assert_eq!(answer.status, 201, "{example}: {}", answer.text());
        assert_eq!(answer.header("x-event-gateway-warning"), None, "{example}");
        // A member that the gateway does not know would be missing.
        let mut registered = answer.json();
        assert_eq!(
            registered.as_object_mut().unwrap().remove("space"),
            Some(json!(format!("page-{number}")))
        );
        assert_eq!(registered, example);
        shown.insert(example["type"].as_str().unwrap().to_owned());
    }
    assert_eq!(shown, types());
    assert_eq!(shown.len(), 15);
}

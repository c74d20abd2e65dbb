//! What the dashboards and alerts of infra/ ask for is what a gateway under traffic has.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::traffic::under_traffic;
use super::{metrics, series};
use crate::gateway_process::wait_until;

/// What the dashboards of the original program ask for, by name and labels.
const ORIGINAL: [&str; 9] = [
    r#"eventgateway_events_received_total{space="default",type="custom"}"#,
    r#"eventgateway_events_received_total{space="default",type="eventgateway.function.invoking"}"#,
    r#"eventgateway_events_received_total{space="default",type="eventgateway.function.invoked"}"#,
    r#"eventgateway_events_received_total{space="default",type="eventgateway.function.invocationFailed"}"#,
    r#"eventgateway_events_processed_total{space="default",type="custom"}"#,
    r#"eventgateway_events_dropped_total{space="default",type="custom"}"#,
    r#"eventgateway_functions_total{space="default"}"#,
    r#"eventgateway_subscriptions_total{space="default"}"#,
    r#"eventgateway_config_requests_total{space="default",resource="function",operation="create"}"#,
];

fn infra(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../infra")
        .join(path)
}

/// All values of members called `name`, however deep.
fn members<'v>(value: &'v Value, name: &str, found: &mut Vec<&'v str>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get(name).and_then(Value::as_str));
            object.values().for_each(|value| members(value, name, found));
        }
        Value::Array(array) => array.iter().for_each(|value| members(value, name, found)),
        _ => {}
    }
}

/// The names of metrics in a query.
fn names(query: &str) -> impl Iterator<Item = &str> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    query
        .split(move |character| !is_part(character))
        .filter(|word| word.starts_with("eventgateway_") || word.starts_with("process_"))
}

fn asked_for() -> BTreeSet<String> {
    let mut asked = BTreeSet::new();
    for dashboard in ["overview", "space", "function", "delivery"] {
        let text = std::fs::read_to_string(infra(&format!("grafana/{dashboard}.json"))).unwrap();
        let dashboard: Value = serde_json::from_str(&text).unwrap();
        let mut queries = Vec::new();
        members(&dashboard, "expr", &mut queries);
        assert!(queries.len() >= 8, "{dashboard}");
        members(&dashboard, "query", &mut queries);
        asked.extend(queries.into_iter().flat_map(names).map(str::to_owned));
    }
    let rules = std::fs::read_to_string(infra("prometheus/alerts.yaml")).unwrap();
    assert!(rules.matches("- alert: ").count() >= 10);
    asked.extend(names(&rules).map(str::to_owned));
    asked
}

#[test]
fn every_metric_that_is_asked_for_is_there() {
    let traffic = under_traffic();
    let asked = asked_for();
    wait_until("all of it is counted", || {
        let page = metrics(&traffic.gateway);
        let samples = page.lines().filter(|line| !line.starts_with('#'));
        let there: BTreeSet<_> = samples.filter_map(|line| names(line).next()).collect();
        let missing: Vec<_> = asked
            .iter()
            .filter(|name| !there.contains(name.as_str()))
            .collect();
        if !missing.is_empty() {
            eprintln!("{missing:?}");
        }
        missing.is_empty()
    });
    let page = metrics(&traffic.gateway);
    for name in ORIGINAL {
        assert!(page.contains(&format!("{name} ")), "{name}\n{page}");
    }
    // What is there is described, once.
    for line in page.lines().filter(|line| line.starts_with("# TYPE ")) {
        let name = line.split(' ').nth(2).unwrap();
        let help = format!("# HELP {name} ");
        assert_eq!(page.matches(&help).count(), 1, "{name}");
        assert_eq!(page.matches(&format!("# TYPE {name} ")).count(), 1, "{name}");
    }
    assert!(series(&page, r#"eventgateway_dead_letters{space="default"}"#) >= 1.0);
}

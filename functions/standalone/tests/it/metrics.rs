//! Gauges of resources are what is stored, not what this process did (docs/contract.md Q32).

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::client::send;
use crate::gateway_process::{GatewayProcess, wait_until};

/// The lines of the gauges of resources, and of the counter of configuration requests.
fn lines(gateway: &GatewayProcess) -> (Vec<String>, usize) {
    let page = gateway.get_config("/v1/metrics").text();
    let gauges = ["eventtypes", "functions", "subscriptions", "cors"]
        .map(|name| format!("eventgateway_{name}_total{{"));
    let is_gauge = |line: &&str| gauges.iter().any(|gauge| line.starts_with(gauge));
    let mut found: Vec<_> = page.lines().filter(is_gauge).map(str::to_owned).collect();
    found.sort();
    let requests = page
        .lines()
        .filter(|line| line.starts_with("eventgateway_config_requests_total{"));
    (found, requests.count())
}

#[test]
fn gauges_come_from_stored_state() {
    let directory = tempfile::tempdir().unwrap();
    let mut gateway = GatewayProcess::start_in(directory.path(), &[]);
    assert_eq!(lines(&gateway), (vec![], 0));
    gateway.event_type("a");
    gateway.event_type("b");
    gateway.function("f", "http://127.0.0.1:1/");
    gateway.subscribe("async", "a", "f", "/");
    gateway.create("cors", &json!({"method": "GET", "path": "/"}));
    let other = send(
        gateway.config,
        "POST",
        "/v1/spaces/other/eventtypes",
        &[],
        r#"{"name":"c"}"#,
    );
    assert_eq!(other.status, 201);

    let gauge = |name: &str, space: &str, count: u32| {
        format!("eventgateway_{name}_total{{space=\"{space}\"}} {count}")
    };
    let of_default = |event_types| {
        [
            gauge("cors", "default", 1),
            gauge("cors", "other", 0),
            gauge("eventtypes", "default", event_types),
            gauge("eventtypes", "other", 1),
            gauge("functions", "default", 1),
            gauge("functions", "other", 0),
            gauge("subscriptions", "default", 1),
            gauge("subscriptions", "other", 0),
        ]
    };
    assert_eq!(lines(&gateway).0, of_default(2));
    assert_eq!(lines(&gateway).1, 5);

    assert_eq!(gateway.stop(Signal::TERM).code(), Some(0));
    let mut gateway = GatewayProcess::start_in(directory.path(), &[]);
    assert_eq!(lines(&gateway).0, of_default(2));
    assert_eq!(lines(&gateway).1, 0, "counters are those of a process");
    assert_eq!(
        gateway.configure("DELETE", "eventtypes/b", &Value::Null).status,
        204
    );
    assert_eq!(lines(&gateway).0, of_default(1));

    gateway.kill();
    let gateway = GatewayProcess::start_in(directory.path(), &[]);
    assert_eq!(lines(&gateway).0, of_default(1));
}

#[test]
fn a_space_that_is_emptied_shows_zero() {
    let gateway = GatewayProcess::start(&[]);
    gateway.event_type("a");
    let gauge = |count: u32| format!("eventgateway_eventtypes_total{{space=\"default\"}} {count}");
    assert!(lines(&gateway).0.contains(&gauge(1)));
    assert_eq!(
        gateway.configure("DELETE", "eventtypes/a", &Value::Null).status,
        204
    );
    assert!(lines(&gateway).0.contains(&gauge(0)));
}

#[test]
fn spaces_that_strangers_name_are_counted_together() {
    let gateway = GatewayProcess::start(&["-metrics-unknown-spaces=3"]);
    gateway.event_type("a");
    for number in 0..50 {
        for kind in ["functions", "eventtypes/none", "deadletters"] {
            gateway.get_config(&format!("/v1/spaces/stranger-{number}/{kind}"));
        }
    }
    let page = gateway.get_config("/v1/metrics").text();
    let count = |space: &str, resource: &str, operation: &str| {
        let start = format!(
            "eventgateway_config_requests_total{{space=\"{space}\",resource=\"{resource}\",operation=\"{operation}\"}} "
        );
        let line = page.lines().find_map(|line| line.strip_prefix(&start));
        line.map(|count| count.parse::<u32>().unwrap())
    };
    assert_eq!(count("default", "eventtype", "create"), Some(1));
    for (resource, operation) in [("function", "list"), ("eventtype", "get"), ("deadletter", "list")] {
        assert_eq!(count("stranger-0", resource, operation), Some(1));
        assert_eq!(count("stranger-3", resource, operation), None);
        assert_eq!(count("other", resource, operation), Some(47));
    }
    assert_eq!(lines(&gateway).1, 1 + 3 * 3 + 3);
}

/// Whole seconds would hide what the process does between two scrapes.
#[test]
fn time_of_the_processor_has_fractions() {
    let gateway = GatewayProcess::start(&[]);
    // What starts has taken some, and hardly ever whole seconds of it: ticks of the clock are hundredths.
    wait_until("a fraction", || {
        let page = gateway.get_config("/v1/metrics").text();
        assert!(
            page.contains("# TYPE process_cpu_seconds_total counter"),
            "{page}"
        );
        let mut lines = page.lines();
        let seconds = lines.find_map(|line| line.strip_prefix("process_cpu_seconds_total "));
        seconds.unwrap().parse::<f64>().unwrap().fract() > 0.0
    });
}

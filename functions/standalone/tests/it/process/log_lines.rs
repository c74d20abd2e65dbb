//! The two forms of log lines (docs/contract.md §6).

use serde_json::{Value, json};

use crate::gateway_process::{GatewayProcess, PATIENCE};

fn start_up_line(gateway: &GatewayProcess) -> String {
    let found = |line: &str| line.contains("listening on").then(|| line.to_owned());
    gateway.log.wait_for(PATIENCE, found).unwrap()
}

fn announcement(gateway: &GatewayProcess, first: &str) -> String {
    let (events, config) = (gateway.events.port(), gateway.config.port());
    format!(
        "{first} Events API listening on http://localhost:{events}. \
         Config API listening on http://localhost:{config}."
    )
}

#[test]
fn json_is_an_object_a_line() {
    for flags in [&["-dev", "-log-format", "json"][..], &[]] {
        let gateway = GatewayProcess::start(flags);
        let line = start_up_line(&gateway);
        assert!(line.starts_with(r#"{"level":"info","ts":"#), "{line}");
        let line: Value = serde_json::from_str(&line).unwrap();
        let first = match flags {
            [] => "Event Gateway is running.",
            _ => "Running in development mode with embedded etcd.",
        };
        assert_eq!(line["msg"], announcement(&gateway, first));
        assert!(
            line["ts"].as_f64().is_some_and(|seconds| seconds.fract() > 0.0),
            "{line}"
        );
        assert_eq!(line.as_object().unwrap().len(), 3, "{line}");
    }
}

#[test]
fn text_is_separated_by_tabs() {
    for flags in [&["-dev"][..], &["-dev", "-log-format=text"]] {
        let gateway = GatewayProcess::start(flags);
        let line = start_up_line(&gateway);
        let [time, level, message] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        assert_eq!(level, "INFO");
        assert_eq!(
            message,
            announcement(&gateway, "Running in development mode with embedded etcd.")
        );
        let shape: String = time
            .chars()
            .map(|c| if c.is_ascii_digit() { '0' } else { c })
            .collect();
        assert_eq!(shape, "0000-00-00T00:00:00.000Z");
    }
}

#[test]
fn a_failed_call_is_logged_with_its_fields() {
    let gateway = GatewayProcess::start(&["-log-format=json"]);
    gateway.event_type("ev");
    gateway.function("f", "http://127.0.0.1:1/");
    gateway.subscribe("sync", "ev", "f", "/");
    assert_eq!(gateway.post_event("/", &[("Event", "ev")], "").status, 500);
    let line = gateway.log.wait_for(PATIENCE, |line| {
        line.contains("Function invocation failed.")
            .then(|| serde_json::from_str::<Value>(line).unwrap())
    });
    let line = line.unwrap();
    assert_eq!(
        (&line["level"], &line["space"], &line["functionId"]),
        (&"info".into(), &"default".into(), &"f".into())
    );
    assert!(
        line["error"]
            .as_str()
            .is_some_and(|error| error.starts_with("Function call failed. Error: ")),
        "{line}"
    );
}

/// Whatever a stranger sends, and wherever it is logged.
#[test]
fn no_field_fills_the_log() {
    const LONG: usize = 300_000;
    let id = "x".repeat(LONG);
    let event = json!({"specversion": "1.0", "type": "ev", "source": "/", "id": id}).to_string();
    for format in ["json", "text"] {
        let gateway = GatewayProcess::start(&["-log-format", format, "-log-level=debug"]);
        gateway.event_type("ev");
        gateway.function("f", "http://127.0.0.1:1/");
        gateway.subscribe("sync", "ev", "f", "/");
        gateway.subscribe("async", "ev", "f", "/");
        let headers = [("Content-Type", "application/cloudevents+json")];
        assert_eq!(gateway.post_event("/", &headers, &event).status, 500);
        // What is logged of it is its beginning and how long it is.
        let is_cut = |line: &str| line.contains(&format!("xxx\u{2026}({LONG} bytes)")).then_some(());
        gateway.log.wait_for(PATIENCE, is_cut).unwrap();
        for line in gateway.log.so_far().lines() {
            assert!(line.len() < 4096, "{} bytes: {}", line.len(), &line[..200]);
        }
    }
}

//! What a process has in hand: asked for by HTTP and by a signal.

use rustix::process::Signal;
use serde_json::Value;

use crate::gateway_process::{GatewayProcess, PATIENCE, wait_until};

#[test]
fn a_circuit_a_lane_and_connections_are_told() {
    let gateway = GatewayProcess::start(&["--circuit-breaker-failures=1"]);
    gateway.event_type("a");
    // Nobody listens there.
    gateway.function("f", "http://user:s3cret@127.0.0.1:1/");
    gateway.subscribe("async", "a", "f", "/");
    assert_eq!(gateway.post_event("/", &[("event", "a")], "x").status, 202);
    let diagnosis =
        || -> Value { serde_json::from_str(&gateway.get_config("/v1/diagnosis").text()).unwrap() };
    wait_until("the circuit opens", || {
        let circuits = &diagnosis()["circuits"];
        circuits["worst"][0]["openings"]
            .as_u64()
            .is_some_and(|openings| openings > 0)
    });
    gateway.signal(Signal::USR1);
    let line = gateway.log.wait_for(PATIENCE, |line| {
        line.contains("\"Diagnosis.\"").then(|| line.to_owned())
    });
    let line = line.unwrap();
    assert!(!line.contains("s3cret"), "{line}");
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["level"], "info");
    for told in [&line["diagnosis"], &diagnosis()] {
        assert_eq!(told["scope"], "process");
        assert_eq!(told["circuits"]["worst"][0]["functionId"], "f");
        assert_eq!(told["queue"]["lanes"]["busiest"][0]["functionId"], "f");
        assert!(
            told["connections"]["config"]["accepted"].as_u64().unwrap() > 3,
            "{told}"
        );
        assert!(
            told["connections"]["events"]["accepted"].as_u64().unwrap() >= 1,
            "{told}"
        );
        assert!(told["calls"]["inFlight"].as_u64().unwrap() <= 1, "{told}");
    }
}

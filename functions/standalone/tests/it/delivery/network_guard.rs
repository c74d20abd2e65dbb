//! Which addresses functions may have: a hosted gateway leaves its own network alone.

use serde_json::{Value, json};

use super::{dead_letters, quick};
use crate::function_server::FunctionServer;
use crate::gateway_process::{GatewayProcess, PATIENCE, wait_until};

const HOSTED: &str = "-hosted-domains=example.com";

/// A path that is the space's own in hosted mode, too.
const PATH: &str = "/default/a";

fn subscribe(gateway: &GatewayProcess, url: &str, attempts: u32) {
    let mut members = quick(attempts);
    members["path"] = json!(PATH);
    super::subscribe(gateway, url, &members);
}

fn emit(gateway: &GatewayProcess) {
    let answer = gateway.post_event(PATH, &[("Event", "ev")], "");
    assert_eq!(answer.status, 202, "{}", answer.text());
}

#[test]
fn a_hosted_gateway_refuses_functions_of_its_own_network() {
    let functions = FunctionServer::answering("{}");
    for flags in [
        &[HOSTED][..],
        &["-target-guard=on"],
        &[HOSTED, "-target-allow=10.0.0.0/8"],
    ] {
        let gateway = GatewayProcess::start(flags);
        subscribe(&gateway, &functions.url("/"), 5);
        emit(&gateway);
        wait_until("the dead letter", || dead_letters(&gateway).len() == 1);
        let letter = dead_letters(&gateway).remove(0);
        assert_eq!(
            (&letter["reason"], &letter["attempts"]),
            (&"permanentFailure".into(), &1.into())
        );
        let error = letter["error"].as_str().unwrap();
        assert!(error.ends_with("the target's address is not allowed"), "{error}");
        assert_eq!(letter["lastResponse"], Value::Null);

        // A sync caller learns as little as of any other failure.
        gateway.subscribe("sync", "ev", "f", "/default/s");
        let answer = gateway.post_event("/default/s", &[("Event", "ev")], "");
        assert_eq!(answer.status, 500);
        assert!(!answer.text().contains("address"), "{}", answer.text());
    }
    assert!(functions.calls().is_empty());
}

#[test]
fn what_is_listed_or_not_guarded_is_called() {
    for flags in [
        &[HOSTED, "-target-allow=127.0.0.1/32"][..],
        &[HOSTED, "--target-allow", "10.0.0.0/8,127.0.0.1"],
        &[HOSTED, "-target-guard=off"],
        &[],
    ] {
        let functions = FunctionServer::answering("{}");
        let gateway = GatewayProcess::start(flags);
        subscribe(&gateway, &functions.url("/"), 1);
        emit(&gateway);
        wait_until("the delivery", || functions.calls().len() == 1);
        assert!(dead_letters(&gateway).is_empty(), "{flags:?}");
    }
}

#[test]
fn a_guard_that_is_left_off_is_told_once() {
    const TOLD: &str = "--target-guard=on";
    for (flags, want) in [
        (&[][..], 1),
        (&["-dev"], 1),
        (&[HOSTED], 0),
        (&["-target-guard=off"], 0),
        (&["-target-guard=on"], 0),
    ] {
        let mut gateway = GatewayProcess::start(flags);
        // The last line of the start.
        let started = |line: &str| line.contains("listening on").then_some(());
        gateway.log.wait_for(PATIENCE, started).unwrap();
        gateway.kill();
        let whole = gateway.log.whole();
        assert_eq!(
            whole.lines().filter(|line| line.contains(TOLD)).count(),
            want,
            "{whole}"
        );
    }
}

//! Nothing that was acknowledged is lost when the process is killed (docs/contract.md §1.3, issue "The gateway answers").

mod model;
mod writer;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;

use crate::gateway_process::{GatewayProcess, wait_until};
use model::Model;

const ROUNDS: u64 = 20;
const CLIENTS: u64 = 8;

/// Writes of all clients together after which the process is killed; a few more in each round, so that the kills
/// meet batches at different places.
const WRITES: usize = 1200;

#[test]
fn a_storm_of_writes_and_twenty_kills_lose_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mut models: Vec<_> = (0..CLIENTS).map(Model::of_client).collect();
    let mut acknowledged = 0;
    for round in 0..ROUNDS {
        let mut gateway = GatewayProcess::start_in(directory.path(), &[]);
        check(&gateway, &mut models);
        acknowledged += storm(&mut gateway, &mut models, round);
    }
    let gateway = GatewayProcess::start_in(directory.path(), &[]);
    check(&gateway, &mut models);
    assert!(acknowledged >= WRITES * 20, "{acknowledged}");
}

/// Has all clients write until the process is killed; gives the number of writes that were acknowledged.
fn storm(gateway: &mut GatewayProcess, models: &mut [Model], round: u64) -> usize {
    let acknowledged = AtomicUsize::new(0);
    let address = gateway.config;
    let enough = WRITES + usize::try_from(round).unwrap() * 37;
    thread::scope(|scope| {
        for model in models {
            let acknowledged = &acknowledged;
            scope.spawn(move || writer::write_until_killed(address, model, round, acknowledged));
        }
        wait_until("enough writes", || acknowledged.load(Ordering::Relaxed) >= enough);
        gateway.kill();
    });
    acknowledged.into_inner()
}

/// Compares what is stored with what the clients were told, and takes it over as what they know.
fn check(gateway: &GatewayProcess, models: &mut [Model]) {
    let [event_types, functions, subscriptions] =
        ["eventtypes", "functions", "subscriptions"].map(|collection| gateway.list(collection));
    let has = |resources: &[Value], member: &str, id: &Value| resources.iter().any(|own| own[member] == *id);
    for subscription in &subscriptions {
        assert!(
            has(&functions, "functionId", &subscription["functionId"]),
            "no function: {subscription}"
        );
        assert!(
            has(&event_types, "name", &subscription["eventType"]),
            "no event type: {subscription}"
        );
    }
    let all = [
        ("eventtypes", event_types),
        ("functions", functions),
        ("subscriptions", subscriptions),
    ];
    for model in models {
        model.reconcile(&all);
    }
}

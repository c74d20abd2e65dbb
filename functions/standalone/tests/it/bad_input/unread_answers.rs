//! Clients that ask and do not listen.

use serde_json::json;

use super::assert_unharmed;
use crate::client::{Connection, request};
use crate::function_server::FunctionServer;
use crate::gateway_process::{GatewayProcess, wait_until};

#[test]
fn large_answers_that_nobody_reads_are_given_up() {
    let mut gateway = GatewayProcess::start(&["-events-write-timeout=1000"]);
    let large = json!({"body": "x".repeat(5 << 20)}).to_string();
    let functions = FunctionServer::answering(large);
    gateway.event_type("ev");
    gateway.function("f", &functions.url("/"));
    gateway.subscribe("sync", "ev", "f", "/");
    let read = gateway.post_event("/", &[("Event", "ev")], "");
    assert_eq!((read.status, read.body.len()), (200, 5 << 20));

    let before = gateway.open_files();
    let mut clients: Vec<_> = (0..20)
        .map(|_| {
            let mut connection = Connection::open(gateway.events);
            connection
                .send(request("POST", "/", &[("Event", "ev")], ""))
                .unwrap();
            connection
        })
        .collect();
    wait_until("all functions are called", || functions.calls().len() == 21);
    gateway.assert_serving();
    // The connections to the function stay for the next call.
    wait_until("the gateway gives up", || gateway.open_files() < before + 20);
    wait_until("all are given up", || {
        clients.iter_mut().all(|client| client.answer().is_err())
    });
    gateway.assert_serving();
    gateway.assert_peak_memory_below(400);
}

#[test]
fn pipelined_requests_whose_answers_are_not_read_are_not_hoarded() {
    let mut gateway = GatewayProcess::start(&["-config-write-timeout=1000"]);
    let metadata = json!({"k": "x".repeat(500_000)});
    gateway.create("eventtypes", &json!({"name": "a", "metadata": metadata}));
    let list = request("GET", "/v1/spaces/default/eventtypes", &[], "");
    let before = gateway.open_files();
    let clients: Vec<_> = (0..20)
        .map(|_| {
            let mut connection = Connection::open(gateway.config);
            connection.try_send(list.repeat(500));
            connection
        })
        .collect();
    wait_until("the gateway gives up", || gateway.open_files() <= before + 2);
    drop(clients);
    assert_unharmed(&mut gateway);
}

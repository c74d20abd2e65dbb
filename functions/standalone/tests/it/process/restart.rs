//! What a restart on the same folder keeps, and that it is routed.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::client::send;
use crate::function_server::FunctionServer;
use crate::gateway_process::{GatewayProcess, wait_until};

#[test]
fn configuration_survives_a_restart_and_is_routed() {
    let directory = tempfile::tempdir().unwrap();
    let functions = FunctionServer::answering("{}");
    let mut gateway = GatewayProcess::start_in(directory.path(), &[]);
    gateway.event_type("http.request");
    gateway.event_type("ev");
    gateway.function("f1", &functions.url("/f1"));
    gateway.function("f2", &functions.url("/f2"));
    gateway.subscribe("async", "ev", "f2", "/a");
    let get = |path: &str| json!({"type": "sync", "eventType": "http.request", "functionId": "f1", "path": path, "method": "GET"});
    gateway.create("subscriptions", &get("/h/:id"));
    gateway.create("cors", &json!({"method": "GET", "path": "/h/:id"}));
    let collections = ["eventtypes", "functions", "subscriptions", "cors"];
    let before: Vec<_> = collections.iter().map(|of| gateway.list(of)).collect();

    assert_eq!(gateway.stop(Signal::TERM).code(), Some(0));
    let gateway = GatewayProcess::start_in(directory.path(), &[]);
    let after: Vec<_> = collections.iter().map(|of| gateway.list(of)).collect();
    assert_eq!(before, after);
    assert_eq!(after.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 2, 1]);

    let answer = send(gateway.events, "GET", "/h/1", &[("Origin", "http://o")], "");
    assert_eq!(
        (answer.status, answer.header("access-control-allow-origin")),
        (200, Some("*"))
    );
    assert_eq!(functions.calls()[0].json()["data"]["params"], json!({"id": "1"}));
    assert_eq!(gateway.post_event("/a", &[("Event", "ev")], "").status, 202);
    wait_until("the async function is called", || functions.calls().len() == 2);
    assert_eq!(functions.calls()[1].path, "/f2");

    let taken = gateway.configure("POST", "subscriptions", &get("/h/:other"));
    assert_eq!(taken.status, 400);
    assert!(taken.error_message().starts_with("Subscription path conflict: "));
}

#[test]
fn what_was_deleted_stays_deleted() {
    let directory = tempfile::tempdir().unwrap();
    let functions = FunctionServer::answering("{}");
    let mut gateway = GatewayProcess::start_in(directory.path(), &[]);
    gateway.event_type("http.request");
    gateway.function("f1", &functions.url("/"));
    let subscription = gateway.subscribe("sync", "http.request", "f1", "/h");
    let path = format!("subscriptions/{subscription}");
    assert_eq!(gateway.configure("DELETE", &path, &Value::Null).status, 204);

    assert_eq!(gateway.stop(Signal::TERM).code(), Some(0));
    let gateway = GatewayProcess::start_in(directory.path(), &[]);
    assert_eq!(gateway.list("subscriptions"), [Value::Null; 0]);
    assert_eq!(gateway.post_event("/h", &[], "").status, 202);
    assert!(functions.calls().is_empty());
}

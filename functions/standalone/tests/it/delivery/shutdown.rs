//! SIGTERM while deliveries wait and are under way: what was begun is finished, what waits is there after the start.

use std::sync::{Mutex, mpsc};

use rustix::process::Signal;
use serde_json::json;

use super::{emit, subscribe};
use crate::client::{Connection, request};
use crate::function_server::{FunctionServer, answer};
use crate::gateway_process::{GatewayProcess, wait_until};

#[test]
fn what_was_begun_is_finished_and_the_rest_comes_after_the_restart() {
    use std::io::Write as _;

    let directory = tempfile::tempdir().unwrap();
    let mut gateway = GatewayProcess::start_in(directory.path(), &["-workers=1"]);
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let functions = FunctionServer::start(move |stream, _| {
        // Ends when the other side is dropped as well.
        let _ = released.lock().unwrap().recv();
        stream.write_all(answer(200, "{}").as_bytes())
    });
    subscribe(&gateway, &functions.url("/"), &json!({}));
    for number in 0..5 {
        emit(&gateway, &number.to_string());
    }
    wait_until("one is under way", || functions.calls().len() == 1);
    gateway.signal(Signal::TERM);
    drop(release);
    assert_eq!(gateway.wait().code(), Some(0));
    let before = functions.calls().len();
    assert!(before < 5, "{before}");

    let _gateway = GatewayProcess::start_in(directory.path(), &["-workers=1"]);
    wait_until("all have arrived", || functions.calls().len() >= 5);
    let mut ids: Vec<_> = functions
        .calls()
        .iter()
        .map(|call| call.header("webhook-id").to_owned())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    // No delivery was made twice: that under way was finished and noted.
    assert_eq!((ids.len(), functions.calls().len()), (5, 5));
}

#[test]
fn what_a_request_under_way_publishes_is_queued() {
    use std::io::Write as _;

    let directory = tempfile::tempdir().unwrap();
    let mut gateway = GatewayProcess::start_in(directory.path(), &[]);
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let functions = FunctionServer::start(move |stream, call| {
        if call.path == "/sync" {
            let _ = released.lock().unwrap().recv();
        }
        stream.write_all(answer(200, "{}").as_bytes())
    });
    subscribe(&gateway, &functions.url("/async"), &json!({}));
    gateway.function("sync", &functions.url("/sync"));
    gateway.subscribe("sync", "ev", "sync", "/a");
    let mut client = Connection::open(gateway.events);
    client
        .send(request("POST", "/a", &[("Event", "ev")], ""))
        .unwrap();
    wait_until("the sync function is called", || functions.calls().len() == 1);
    gateway.signal(Signal::TERM);
    wait_until("new connections are refused", || {
        std::net::TcpStream::connect(gateway.events).is_err()
    });
    drop(release);
    assert_eq!(client.answer().unwrap().status, 200);
    assert_eq!(gateway.wait().code(), Some(0));

    let _gateway = GatewayProcess::start_in(directory.path(), &[]);
    wait_until("the async one is called", || functions.calls().len() == 2);
}

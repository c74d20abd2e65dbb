//! The orderly end: signals, requests in progress, queued deliveries.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::mpsc;

use rustix::process::Signal;

use crate::client::{Connection, request};
use crate::function_server::{FunctionServer, answer};
use crate::gateway_process::{GatewayProcess, wait_until};

/// A server whose functions answer when they are told to.
fn held_functions() -> (FunctionServer, mpsc::Sender<()>) {
    let (release, released) = mpsc::channel();
    let released = Mutex::new(released);
    let functions = FunctionServer::start(move |stream, _| {
        let _released_or_over = released.lock().unwrap().recv();
        stream.write_all(answer(200, r#"{"statusCode":201,"body":"done"}"#).as_bytes())
    });
    (functions, release)
}

fn is_shutting_down(gateway: &GatewayProcess) {
    wait_until("new connections are refused", || {
        TcpStream::connect(gateway.events).is_err()
    });
}

#[test]
fn both_signals_end_the_process_with_0() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut gateway = GatewayProcess::start(&[]);
        assert_eq!(gateway.stop(signal).code(), Some(0), "{signal:?}");
    }
}

#[test]
fn an_idle_connection_does_not_hold_up_the_end() {
    let mut gateway = GatewayProcess::start(&[]);
    let mut idle = Connection::open(gateway.events);
    let mut used = Connection::open(gateway.config);
    used.send(request("GET", "/v1/status", &[], "")).unwrap();
    assert_eq!(used.answer().unwrap().status, 200);
    assert_eq!(gateway.stop(Signal::TERM).code(), Some(0));
    assert!(idle.is_closed() && used.is_closed());
}

#[test]
fn a_request_in_progress_is_answered() {
    let mut gateway = GatewayProcess::start(&[]);
    let (functions, release) = held_functions();
    gateway.event_type("ev");
    gateway.function("f", &functions.url("/"));
    gateway.subscribe("sync", "ev", "f", "/a");
    let mut client = Connection::open(gateway.events);
    client
        .send(request("POST", "/a", &[("Event", "ev")], ""))
        .unwrap();
    wait_until("the function is called", || functions.calls().len() == 1);

    gateway.signal(Signal::TERM);
    is_shutting_down(&gateway);
    release.send(()).unwrap();
    let answer = client.answer().unwrap();
    assert_eq!((answer.status, answer.text()), (201, "done".to_owned()));
    assert!(client.is_closed());
    assert_eq!(gateway.wait().code(), Some(0));
}

#[test]
fn deliveries_queued_in_memory_are_made_before_the_end() {
    let mut gateway = GatewayProcess::start(&["-workers=1", "-queue=memory"]);
    let (functions, release) = held_functions();
    gateway.event_type("ev");
    gateway.function("f", &functions.url("/"));
    gateway.subscribe("async", "ev", "f", "/a");
    for _ in 0..5 {
        assert_eq!(gateway.post_event("/a", &[("Event", "ev")], "").status, 202);
    }
    gateway.signal(Signal::TERM);
    is_shutting_down(&gateway);
    assert!(functions.calls().len() < 5);
    drop(release);
    assert_eq!(gateway.wait().code(), Some(0));
    assert_eq!(functions.calls().len(), 5);
}

#[test]
fn an_event_that_arrives_while_draining_is_refused() {
    let mut gateway = GatewayProcess::start(&[]);
    let mut client = Connection::open(gateway.events);
    client
        .send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        .unwrap();
    // The gateway now waits for the body, so the request is under way.
    assert_eq!(client.answer().unwrap().status, 100);

    gateway.signal(Signal::TERM);
    is_shutting_down(&gateway);
    client.send("body").unwrap();
    let answer = client.answer().unwrap();
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    assert_eq!(answer.error_message(), "Service Unavailable");
    assert_eq!(gateway.wait().code(), Some(0));
}

#[test]
fn the_time_for_the_end_is_bounded() {
    let mut gateway = GatewayProcess::start(&["-shutdown-timeout=200", "-function-timeout=600000"]);
    let (functions, _never_released) = held_functions();
    gateway.event_type("ev");
    gateway.function("f", &functions.url("/"));
    gateway.subscribe("sync", "ev", "f", "/a");
    let mut client = Connection::open(gateway.events);
    client
        .send(request("POST", "/a", &[("Event", "ev")], ""))
        .unwrap();
    wait_until("the function is called", || functions.calls().len() == 1);
    assert_eq!(gateway.stop(Signal::TERM).code(), Some(0));
    assert!(client.is_closed());
    assert!(gateway.log.whole().contains("The time to shut down is over."));
}

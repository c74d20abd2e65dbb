//! Requests with several events: how many there may be, how long they take, and when their calls are no longer begun.

use std::io::Write as _;
use std::net::Shutdown;
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::client::{Connection, request};
use crate::function_server::{FunctionServer, answer};
use crate::gateway_process::{GatewayProcess, wait_until};

const BATCH: (&str, &str) = ("Content-Type", "application/cloudevents-batch+json");

fn batch(event_type: &str, events: usize) -> String {
    let event =
        |id: usize| json!({"specversion": "1.0", "type": event_type, "source": "/s", "id": id.to_string()});
    (0..events).map(event).collect::<Value>().to_string()
}

/// A gateway with a sync function for `ev` on `/a`.
fn calling(functions: &FunctionServer, flags: &[&str]) -> GatewayProcess {
    let gateway = GatewayProcess::start(flags);
    gateway.event_type("ev");
    gateway.function("f", &functions.url("/"));
    gateway.subscribe("sync", "ev", "f", "/a");
    gateway
}

/// A function whose calls end when they are released, one by one, or all of them when the other side is dropped.
fn released() -> (FunctionServer, mpsc::Sender<()>) {
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let functions = FunctionServer::start(move |stream, _| {
        let _ = released.lock().unwrap().recv();
        stream.write_all(answer(200, "{}").as_bytes())
    });
    (functions, release)
}

#[test]
fn a_batch_has_a_most() {
    let functions = FunctionServer::answering("{}");
    let gateway = calling(&functions, &["-max-batch-events=3"]);
    let refused = gateway.post_event("/a", &[BATCH], batch("ev", 4));
    assert_eq!(refused.status, 413);
    assert_eq!(
        refused.error_message(),
        "batch has more than 3 events, the most that this gateway takes"
    );
    assert!(functions.calls().is_empty());
    assert_eq!(gateway.post_event("/a", &[BATCH], batch("ev", 3)).status, 202);
    assert_eq!(functions.calls().len(), 3);
}

#[test]
fn a_batch_has_an_end() {
    let functions = FunctionServer::start(|stream, _| {
        thread::sleep(Duration::from_millis(100));
        stream.write_all(answer(200, "{}").as_bytes())
    });
    let gateway = calling(&functions, &["-batch-timeout=250"]);
    let began = Instant::now();
    let cut = gateway.post_event("/a", &[BATCH], batch("ev", 100));
    assert!(began.elapsed() < Duration::from_secs(5));
    // The call that was under way failed, and the others were not begun.
    assert!([500, 503].contains(&cut.status), "{}", cut.text());
    assert!((1..=3).contains(&functions.calls().len()));
    // A single event has the time of its function.
    let gateway = calling(&functions, &["-batch-timeout=50"]);
    assert_eq!(gateway.post_event("/a", &[BATCH], batch("ev", 1)).status, 200);
}

/// Nobody waits for the answer, and nothing was promised.
#[test]
fn calls_for_a_client_that_is_gone_are_not_begun() {
    let (functions, release) = released();
    let mut gateway = calling(&functions, &[]);
    let mut client = Connection::open(gateway.events);
    client
        .send(request("POST", "/a", &[BATCH], batch("ev", 5)))
        .unwrap();
    wait_until("the first is called", || functions.calls().len() == 1);
    client.stream.shutdown(Shutdown::Write).unwrap();
    assert!(client.is_closed());
    drop(release);
    // What was begun is over when the process is.
    assert_eq!(gateway.stop(Signal::TERM).code(), Some(0));
    assert_eq!(functions.calls().len(), 1);
}

#[test]
fn the_end_of_the_process_does_not_wait_for_a_batch() {
    let (functions, release) = released();
    let mut gateway = calling(&functions, &[]);
    let mut client = Connection::open(gateway.events);
    client
        .send(request("POST", "/a", &[BATCH], batch("ev", 5)))
        .unwrap();
    wait_until("the first is called", || functions.calls().len() == 1);
    gateway.signal(Signal::TERM);
    wait_until("new connections are refused", || {
        std::net::TcpStream::connect(gateway.events).is_err()
    });
    drop(release);
    let interrupted = client.answer().unwrap();
    assert_eq!(interrupted.status, 503, "{}", interrupted.text());
    assert!(interrupted.header("retry-after").is_some());
    assert_eq!(gateway.wait().code(), Some(0));
    assert_eq!(functions.calls().len(), 1);
}

/// The client is gone, but what the queue has room for is still brought to its subscribers.
#[test]
fn async_events_of_a_client_that_is_gone_are_delivered() {
    let (functions, release) = released();
    let gateway = calling(&functions, &[]);
    let subscriber = FunctionServer::answering("{}");
    gateway.function("g", &subscriber.url("/"));
    gateway.subscribe("async", "ev", "g", "/a");
    let mut client = Connection::open(gateway.events);
    client
        .send(request("POST", "/a", &[BATCH], batch("ev", 5)))
        .unwrap();
    wait_until("the first is called", || functions.calls().len() == 1);
    client.stream.shutdown(Shutdown::Write).unwrap();
    assert!(client.is_closed());
    drop(release);
    // That of the event whose sync function was called; the others were not begun.
    wait_until("the first is delivered", || subscriber.calls().len() == 1);
    assert_eq!(functions.calls().len(), 1);
}

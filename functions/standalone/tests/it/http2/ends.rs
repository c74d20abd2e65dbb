//! How connections end: by their client, by being idle, and with the process.

use std::io::Write as _;
use std::sync::Mutex;
use std::sync::mpsc;

use rustix::process::Signal;

use crate::function_server::{FunctionServer, answer, wait_for_close};
use crate::gateway_process::{GatewayProcess, PATIENCE, wait_until};
use crate::http2_client::{Http2, Sent, request};

#[test]
fn idle_connections_are_closed() {
    let gateway = GatewayProcess::start(&["-events-read-timeout=400", "-config-read-timeout=400"]);
    for address in [gateway.events, gateway.config] {
        let (mut unused, mut used) = (Http2::open(address), Http2::open(address));
        assert_eq!(used.send("GET", "/v1/status", &[], "").status / 100, 2);
        unused.wait_for_end();
        used.wait_for_end();
    }
}

#[test]
fn a_stream_that_waits_keeps_its_connection() {
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let functions = FunctionServer::start(move |stream, _| {
        let _released_or_over = released.lock().unwrap().recv();
        stream.write_all(answer(200, r#"{"body":"late"}"#).as_bytes())
    });
    let gateway = GatewayProcess::start(&["-events-read-timeout=200", "-function-timeout=60000"]);
    gateway.event_type("ev");
    gateway.function("f", &functions.url("/"));
    gateway.subscribe("sync", "ev", "f", "/");
    let (client, mut idle) = (Http2::open(gateway.events), Http2::open(gateway.events));
    let waiting = client.begin(request("POST", "/", &[("event", "ev")], Sent::whole("")));
    wait_until("the function is called", || functions.calls().len() == 1);
    // It is older than the one that ends.
    idle.wait_for_end();
    release.send(()).unwrap();
    assert_eq!(waiting.answer().unwrap().text(), "late");
}

#[test]
fn a_stream_in_progress_is_answered_before_the_end() {
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let functions = FunctionServer::start(move |stream, _| {
        let _released_or_over = released.lock().unwrap().recv();
        stream.write_all(answer(200, r#"{"statusCode":201,"body":"done"}"#).as_bytes())
    });
    let mut gateway = GatewayProcess::start(&[]);
    gateway.event_type("ev");
    gateway.function("f", &functions.url("/"));
    gateway.subscribe("sync", "ev", "f", "/");
    let (mut client, mut idle) = (Http2::open(gateway.events), Http2::open(gateway.config));
    let waiting = client.begin(request("POST", "/", &[("event", "ev")], Sent::whole("")));
    wait_until("the function is called", || functions.calls().len() == 1);
    gateway.signal(Signal::TERM);
    idle.wait_for_end();
    release.send(()).unwrap();
    let answered = waiting.answer().unwrap();
    assert_eq!((answered.status, answered.text().as_str()), (201, "done"));
    client.wait_for_end();
    assert_eq!(gateway.wait().code(), Some(0));
}

#[test]
fn a_client_that_ends_its_stream_ends_the_call() {
    let (tell, ended) = mpsc::channel();
    let tell = Mutex::new(tell);
    let functions = FunctionServer::start(move |stream, _| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")?;
        let end = wait_for_close(stream);
        tell.lock().unwrap().send(()).unwrap();
        end
    });
    let mut gateway = GatewayProcess::start(&[]);
    gateway.answer_with("stream", "GET", "/sse", &functions.url("/"));
    let client = Http2::open(gateway.events);
    let answered = client.head(request("GET", "/sse", &[], Sent::whole("")));
    assert_eq!(answered.status(), 200);
    assert!(ended.try_recv().is_err());
    drop(answered);
    ended.recv_timeout(PATIENCE).unwrap();
    assert_eq!(client.send("GET", "/", &[], "").status, 202);
    gateway.assert_serving();
}

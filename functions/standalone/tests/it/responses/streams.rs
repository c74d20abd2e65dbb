//! Answers that are passed on while they come in.

use std::io::Write as _;
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use crate::client::{Connection, request};
use crate::function_server::{FunctionServer, answer};
use crate::gateway_process::{GatewayProcess, PATIENCE, wait_until};

const CHUNKED: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

/// A function that sends the events it is told to, until there are no more.
pub(super) fn told() -> (FunctionServer, mpsc::Sender<&'static str>) {
    let (tell, events) = mpsc::channel::<&str>();
    let events = Mutex::new(events);
    let functions = FunctionServer::start(move |stream, _| {
        stream.write_all(CHUNKED)?;
        for event in events.lock().unwrap().iter() {
            write!(stream, "{:x}\r\n{event}\r\n", event.len())?;
        }
        stream.write_all(b"0\r\n\r\n")
    });
    (functions, tell)
}

/// A client that has read the head of a stream.
pub(super) fn reading(gateway: &GatewayProcess, path: &str) -> Connection {
    let mut client = Connection::open(gateway.events);
    client.send(request("GET", path, &[], "")).unwrap();
    let head = client.head().unwrap();
    assert_eq!(head.status, 200);
    assert_eq!(head.header("transfer-encoding"), Some("chunked"));
    client
}

#[test]
fn server_sent_events_arrive_one_by_one() {
    let (functions, tell) = told();
    let gateway = GatewayProcess::start(&["-function-timeout=1000"]);
    gateway.answer_with("stream", "GET", "/sse", &functions.url("/"));
    let mut client = reading(&gateway, "/sse");
    for event in ["data: 1\n\n", ": keep-alive\n\n", "data: 2\n\n"] {
        // Told only now, so that none can have waited for the next.
        tell.send(event).unwrap();
        assert_eq!(client.chunk().unwrap().unwrap(), event.as_bytes());
    }
    // The time of a call ends with the head.
    assert!(
        client
            .stream
            .set_read_timeout(Some(Duration::from_millis(1500)))
            .is_ok()
    );
    assert!(client.chunk().is_err());
    client.stream.set_read_timeout(Some(PATIENCE)).unwrap();
    tell.send("data: 3\n\n").unwrap();
    assert_eq!(client.chunk().unwrap().unwrap(), b"data: 3\n\n");
    drop(tell);
    assert_eq!(client.chunk().unwrap(), None);
    // The connection is there for the next request.
    client.send(request("POST", "/nobody", &[], "")).unwrap();
    assert_eq!(client.answer().unwrap().status, 202);
}

#[test]
fn a_hundred_megabytes_take_no_memory() {
    const PIECES: usize = 1600;
    let functions = FunctionServer::start(|stream, call| {
        if call.path == "/known" {
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
                PIECES << 16
            )?;
        } else {
            stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        }
        let piece = vec![b'x'; 1 << 16];
        for _ in 0..PIECES {
            if call.path != "/known" {
                stream.write_all(b"10000\r\n")?;
            }
            stream.write_all(&piece)?;
            if call.path != "/known" {
                stream.write_all(b"\r\n")?;
            }
        }
        if call.path == "/known" {
            return Ok(());
        }
        stream.write_all(b"0\r\n\r\n")
    });
    let gateway = GatewayProcess::start(&["-function-timeout=60000"]);
    let before = gateway.peak_memory();
    for path in ["/known", "/chunked"] {
        gateway.answer_with("stream", "GET", path, &functions.url(path));
        let mut client = Connection::open(gateway.events);
        client.send(request("GET", path, &[], "")).unwrap();
        let head = client.head().unwrap();
        let mut read = 0;
        if path == "/known" {
            assert_eq!(
                head.header("content-length"),
                Some((PIECES << 16).to_string().as_str())
            );
            for _ in 0..PIECES {
                read += client.take(1 << 16).unwrap().len();
            }
        } else {
            while let Some(piece) = client.chunk().unwrap() {
                read += piece.len();
            }
        }
        assert_eq!(read, PIECES << 16, "{path}");
    }
    // An async delivery reads as much and keeps none of it.
    gateway.event_type("ev");
    gateway.subscribe("async", "ev", "chunked", "/async");
    assert_eq!(gateway.post_event("/async", &[("Event", "ev")], "").status, 202);
    wait_until("the delivery is made", || {
        gateway
            .get_config("/v1/spaces/default/deliveries")
            .text()
            .contains("\"delivered\"")
    });
    // Far less than one of the three answers: what grows is code that is run for the first time, and buffers.
    let grown = (gateway.peak_memory() - before) >> 20;
    assert!(grown < 50, "{grown} MiB");
}

#[test]
fn the_end_of_the_process_waits_for_streams_and_not_for_ever() {
    for is_ended in [true, false] {
        let (functions, tell) = told();
        let mut gateway = GatewayProcess::start(&["-shutdown-timeout=2000"]);
        gateway.answer_with("stream", "GET", "/sse", &functions.url("/"));
        let mut client = reading(&gateway, "/sse");
        gateway.signal(Signal::TERM);
        wait_until("new connections are refused", || {
            std::net::TcpStream::connect(gateway.events).is_err()
        });
        tell.send("data: 1\n\n").unwrap();
        assert_eq!(client.chunk().unwrap().unwrap(), b"data: 1\n\n");
        if is_ended {
            drop(tell);
            assert_eq!(client.chunk().unwrap(), None);
        } else {
            assert!(client.chunk().is_err());
        }
        assert_eq!(gateway.wait().code(), Some(0));
        assert_eq!(
            gateway.log.whole().contains("The time to shut down is over."),
            !is_ended
        );
    }
}

#[test]
fn an_open_stream_does_not_let_new_deliveries_begin_at_the_end() {
    const DELIVERIES: usize = 10;
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let slow = FunctionServer::start(move |stream, _| {
        // Ends when the other side is dropped.
        let _ = released.lock().unwrap().recv();
        std::thread::sleep(Duration::from_millis(100));
        stream.write_all(answer(200, "{}").as_bytes())
    });
    let (functions, _tell) = told();
    let mut gateway = GatewayProcess::start(&["-workers=1", "-shutdown-timeout=3000"]);
    gateway.answer_with("stream", "GET", "/sse", &functions.url("/"));
    gateway.event_type("ev");
    gateway.function("slow", &slow.url("/"));
    gateway.subscribe("async", "ev", "slow", "/async");
    for _ in 0..DELIVERIES {
        assert_eq!(gateway.post_event("/async", &[("Event", "ev")], "").status, 202);
    }
    let mut client = reading(&gateway, "/sse");
    wait_until("one is under way", || slow.calls().len() == 1);
    gateway.signal(Signal::TERM);
    wait_until("new connections are refused", || {
        std::net::TcpStream::connect(gateway.events).is_err()
    });
    drop(release);
    // The stream lasts until the time to shut down is over, which is enough for all of them.
    assert!(client.chunk().is_err());
    assert_eq!(gateway.wait().code(), Some(0));
    let made = slow.calls().len();
    assert!(made < DELIVERIES / 2, "{made}");
}

#[test]
fn modes_are_checked_when_they_are_registered() {
    let gateway = GatewayProcess::start(&[]);
    let provider = json!({"url": "http://localhost/", "response": "chunked"});
    let refused = gateway.configure(
        "POST",
        "functions",
        &json!({"functionId": "f", "type": "http", "provider": provider}),
    );
    assert_eq!(refused.status, 400, "{}", refused.text());
    assert!(
        refused
            .error_message()
            .contains("must be object, auto, proxy, raw or stream")
    );
}

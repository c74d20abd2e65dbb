//! Requests that are passed on as they came, and connections that go on with another protocol.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use crate::client::{Connection, get, request};
use crate::function_server::{FunctionServer, answer};
use crate::gateway_process::{GatewayProcess, wait_until};

/// What a client of WebSocket sends; the key is that of RFC 6455.
const WISH: [(&str, &str); 4] = [
    ("Connection", "keep-alive, Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("Sec-WebSocket-Version", "13"),
];

const SWITCHING: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// A function that goes on with a protocol in which everything is sent back, where it is asked for one.
fn echo() -> FunctionServer {
    FunctionServer::start(|stream, call| {
        if call.header("upgrade") != "websocket" {
            return stream.write_all(answer(426, "upgrade").as_bytes());
        }
        stream.write_all(SWITCHING)?;
        let mut bytes = [0; 1024];
        loop {
            match stream.read(&mut bytes)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                read => stream.write_all(&bytes[..read])?,
            }
        }
    })
}

fn pass_on(gateway: &GatewayProcess, url: &str) {
    gateway.event_type("http.request");
    let provider = json!({"url": url, "request": "passthrough"});
    let function = json!({"functionId": "service", "type": "http", "provider": provider});
    gateway.create("functions", &function);
    gateway.create(
        "subscriptions",
        &json!({"type": "sync", "eventType": "http.request", "functionId": "service", "method": "GET", "path": "/ws/*rest"}),
    );
}

/// A client that asked for an upgrade; with the status of the answer.
fn asking(gateway: &GatewayProcess) -> (Connection, u16) {
    let mut client = Connection::open(gateway.events);
    client.send(request("GET", "/ws/chat?room=1", &WISH, "")).unwrap();
    let answer = client.answer().unwrap();
    if answer.status == 101 {
        assert_eq!(answer.header("upgrade"), Some("websocket"));
        assert_eq!(answer.header("connection"), Some("upgrade"));
        let accepted = answer.header("sec-websocket-accept");
        assert_eq!(accepted, Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    }
    (client, answer.status)
}

/// How many upgraded connections there were, and how many are open.
fn counted(gateway: &GatewayProcess) -> (Option<u32>, Option<u32>) {
    let page = gateway.get_config("/v1/metrics").text();
    let value = |name: &str| {
        let series = format!("eventgateway_upgraded_connections_{name}{{space=\"default\"}} ");
        let line = page.lines().find_map(|line| line.strip_prefix(&series));
        line.map(|count| count.parse().unwrap())
    };
    (value("total"), value("open"))
}

fn assert_echoes(stream: &mut TcpStream, text: &[u8]) {
    stream.write_all(text).unwrap();
    let mut back = vec![0; text.len()];
    stream.read_exact(&mut back).unwrap();
    assert_eq!(back, text);
}

#[test]
fn bytes_go_both_ways_after_an_upgrade() {
    let functions = echo();
    let mut gateway = GatewayProcess::start(&[]);
    pass_on(&gateway, &functions.url("/base"));
    let (mut client, status) = asking(&gateway);
    assert_eq!(status, 101);
    let called = &functions.calls()[0];
    assert_eq!(called.path, "/base/chat?room=1");
    assert_eq!(called.header("x-forwarded-for"), "127.0.0.1");
    assert_eq!(called.header("sec-websocket-version"), "13");
    // More than a head may have, and more than a buffer holds.
    let large = vec![b'x'; 100_000];
    for text in [&b"hello"[..], &large, b"\r\n\r\n"] {
        for piece in text.chunks(10_000) {
            assert_echoes(&mut client.stream, piece);
        }
    }
    assert_eq!(counted(&gateway), (Some(1), Some(1)));
    // A request of the same path that asks for nothing gets the answer of HTTP.
    assert_eq!(get(gateway.events, "/ws/chat").status, 426);
    drop(client);
    wait_until("the connection is not open any more", || {
        counted(&gateway) == (Some(1), Some(0))
    });
    assert!(gateway.stop(Signal::TERM).success());
}

#[test]
fn there_are_so_many_upgraded_connections_and_no_more() {
    let functions = echo();
    let gateway = GatewayProcess::start(&["--max-upgraded-connections=1"]);
    pass_on(&gateway, &functions.url("/"));
    let (first, status) = asking(&gateway);
    assert_eq!(status, 101);
    assert_eq!(asking(&gateway).1, 503);
    // A request that asks for nothing needs no place.
    assert_eq!(get(gateway.events, "/ws/chat").status, 426);
    drop(first);
    wait_until("there is room again", || asking(&gateway).1 == 101);
}

#[test]
fn silent_connections_are_closed() {
    let functions = echo();
    let gateway = GatewayProcess::start(&["--upgrade-idle-timeout=300"]);
    pass_on(&gateway, &functions.url("/"));
    let (mut client, status) = asking(&gateway);
    assert_eq!(status, 101);
    assert_echoes(&mut client.stream, b"hello");
    assert!(client.is_closed());
}

#[test]
fn upgraded_connections_end_with_the_gateway() {
    let functions = echo();
    let mut gateway = GatewayProcess::start(&["--upgrade-idle-timeout=0"]);
    pass_on(&gateway, &functions.url("/"));
    let (mut client, status) = asking(&gateway);
    assert_eq!(status, 101);
    assert_echoes(&mut client.stream, b"hello");
    client
        .stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    // Well before the time to shut down is over.
    assert!(gateway.stop(Signal::TERM).success());
    assert!(client.is_closed());
}

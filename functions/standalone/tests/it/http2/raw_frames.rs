//! Frames as no well-behaved client sends them.

use std::net::SocketAddr;
use std::time::Instant;

use crate::client::Connection;
use crate::gateway_process::{GatewayProcess, PATIENCE, wait_until};
use crate::http2_client::Http2;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// The beginning of a field with a value of 50,000 bytes, in HPACK.
const LONG_FIELD: &[u8] = &[0x00, 1, b'x', 0x7f, 0xd1, 0x85, 0x03];
/// `GET http://h/` in HPACK, without a table.
const GET: &[u8] = &[0x82, 0x86, 0x84, 0x01, 1, b'h'];

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

fn opened(address: SocketAddr) -> Connection {
    let mut connection = Connection::open(address);
    connection
        .send([PREFACE, &frame(SETTINGS, 0, 0, &[])].concat())
        .unwrap();
    connection
}

/// Reads until the gateway closes the connection.
fn wait_for_close(mut connection: Connection) {
    let started = Instant::now();
    while connection.take(1).is_ok() {}
    assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
}

#[test]
fn who_takes_every_request_back_is_sent_away() {
    let mut gateway = GatewayProcess::start(&["-events-read-timeout=1000"]);
    let mut bystander = Http2::open(gateway.events);
    let before = gateway.open_files();
    let attackers: Vec<_> = (0..4)
        .map(|_| {
            let mut connection = opened(gateway.events);
            for number in 0..20_000 {
                let stream = 2 * number + 1;
                connection.try_send(frame(HEADERS, END_STREAM | END_HEADERS, stream, GET));
                connection.try_send(frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]));
            }
            connection
        })
        .collect();
    wait_until("they are gone", || gateway.open_files() <= before);
    drop(attackers);
    gateway.assert_serving();
    gateway.assert_peak_memory_below(256);
    bystander.wait_for_end();
}

#[test]
fn heads_that_do_not_end_are_counted_and_cut_off() {
    let mut gateway = GatewayProcess::start(&["-events-read-timeout=600", "-max-bytes-in-flight=1000000"]);
    let unfinished = || {
        let mut connection = opened(gateway.events);
        let begun = frame(HEADERS, END_STREAM, 1, &[GET, LONG_FIELD].concat());
        connection.try_send([begun, frame(CONTINUATION, 0, 1, &[b'a'; 16_000])].concat());
        connection
    };
    wait_for_close(unfinished());
    let clients: Vec<_> = (0..200).map(|_| unfinished()).collect();
    // Usual requests need no room of the budget.
    assert_eq!(gateway.post_event("/", &[], "").status, 202);
    for client in clients {
        wait_for_close(client);
    }
    gateway.assert_serving();
}

#[test]
fn endless_continuations_end_the_connection() {
    let mut gateway = GatewayProcess::start(&[]);
    let mut connection = opened(gateway.events);
    connection.try_send(frame(HEADERS, END_STREAM, 1, GET));
    for _ in 0..100_000 {
        if connection.send(frame(CONTINUATION, 0, 1, &[])).is_err() {
            break;
        }
    }
    wait_for_close(connection);
    gateway.assert_serving();
    gateway.assert_peak_memory_below(64);
}

#[test]
fn what_is_no_frame_ends_the_connection() {
    let mut gateway = GatewayProcess::start(&[]);
    for bytes in [
        &b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"[..],
        &[0xff; 100],
        &frame(HEADERS, END_HEADERS, 0, GET),
        &frame(HEADERS, END_HEADERS, 2, GET),
        &frame(HEADERS, END_HEADERS, 1, &[0xff; 50]),
        &frame(PUSH_PROMISE, 0, 1, &[0, 0, 0, 2]),
    ] {
        let mut connection = opened(gateway.events);
        connection.try_send(bytes);
        wait_for_close(connection);
    }
    gateway.assert_serving();
}

#[test]
fn a_body_that_is_taken_back_is_no_event() {
    let mut gateway = GatewayProcess::start(&[]);
    let functions = crate::function_server::FunctionServer::answering("{}");
    gateway.event_type("http.request");
    gateway.function("f", &functions.url("/"));
    gateway.subscribe("async", "http.request", "f", "/");
    let mut connection = opened(gateway.events);
    // `POST http://h/`, the beginning of its body, and a reset that claims that nothing is wrong.
    let post = [0x83, 0x86, 0x84, 0x01, 1, b'h'];
    connection.send(frame(HEADERS, END_HEADERS, 1, &post)).unwrap();
    connection.send(frame(0, 0, 1, b"half")).unwrap();
    connection.send(frame(RST_STREAM, 0, 1, &[0; 4])).unwrap();
    // The next one is one.
    connection.send(frame(HEADERS, END_HEADERS, 3, &post)).unwrap();
    connection.send(frame(0, END_STREAM, 3, b"whole")).unwrap();
    wait_until("it is delivered", || !functions.calls().is_empty());
    gateway.assert_serving();
    let calls = functions.calls();
    assert_eq!(calls.len(), 1);
    assert!(String::from_utf8_lossy(&calls[0].body).contains("d2hvbGU="));
}

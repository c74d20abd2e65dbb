//! Functions that do not answer as functions should. To a caller all of it is a failed call.

use std::io::{self, ErrorKind, Write as _};
use std::net::TcpStream;
use std::thread;

use super::assert_unharmed;
use crate::function_server::{Call, FunctionServer, answer, wait_for_close};
use crate::gateway_process::GatewayProcess;

const CALL_FAILED: &str = "Function call failed. Please check logs.";
const MALFORMED: &str = "HTTP response object malformed";

type Behaviour = fn(&mut TcpStream) -> io::Result<()>;

/// Calls a function that behaves so, sync and async, and checks what the caller is told.
fn fails(name: &str, message: &str, behave: Behaviour) {
    let mut gateway = GatewayProcess::start(&["-function-timeout=1500", "-log-level=debug"]);
    let functions = FunctionServer::start(move |stream, _: &Call| behave(stream));
    gateway.event_type("ev");
    gateway.function("f", &functions.url("/"));
    gateway.subscribe("sync", "ev", "f", "/");
    gateway.subscribe("async", "ev", "f", "/");
    let gateway_again = &gateway;
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(move || {
                let answer = gateway_again.post_event("/", &[("Event", "ev")], "{}");
                assert_eq!(
                    (answer.status, answer.error_message().as_str()),
                    (500, message),
                    "{name}"
                );
            });
        }
    });
    assert_unharmed(&mut gateway);
}

/// Sends the same bytes until nobody takes them any more.
fn endlessly(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    loop {
        stream.write_all(bytes)?;
    }
}

static LETTERS: [u8; 0x10000] = [b'x'; 0x10000];

const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

#[test]
fn connections_that_end_early() {
    fails("closes at once", CALL_FAILED, |_| {
        Err(ErrorKind::ConnectionAborted.into())
    });
    fails("closes in the head", CALL_FAILED, |stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-")?;
        Err(ErrorKind::ConnectionAborted.into())
    });
    fails("closes in the body", CALL_FAILED, |stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}")?;
        Err(ErrorKind::ConnectionAborted.into())
    });
    fails("closes between chunks", CALL_FAILED, |stream| {
        stream.write_all(CHUNKED)?;
        stream.write_all(b"2\r\n{}\r\n")?;
        Err(ErrorKind::ConnectionAborted.into())
    });
}

#[test]
fn answers_that_do_not_come() {
    fails("says nothing", CALL_FAILED, wait_for_close);
    fails("says half", CALL_FAILED, |stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}")?;
        wait_for_close(stream)
    });
    fails("promises for ever", CALL_FAILED, |stream| {
        endlessly(stream, b"HTTP/1.1 100 Continue\r\n\r\n")
    });
}

#[test]
fn answers_that_do_not_end() {
    fails("streams chunks", CALL_FAILED, |stream| {
        stream.write_all(CHUNKED)?;
        endlessly(stream, &[b"10000\r\n", &LETTERS[..], b"\r\n"].concat())
    });
    fails("streams to the end of the connection", CALL_FAILED, |stream| {
        stream.write_all(b"HTTP/1.0 200 OK\r\n\r\n")?;
        endlessly(stream, &LETTERS)
    });
    fails("streams tiny chunks", CALL_FAILED, |stream| {
        stream.write_all(CHUNKED)?;
        endlessly(stream, &b"1\r\nx\r\n".repeat(1000))
    });
    fails("streams headers", CALL_FAILED, |stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
        endlessly(stream, &b"X-Header: value\r\n".repeat(1000))
    });
    fails("streams one header", CALL_FAILED, |stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nX-Header: ")?;
        endlessly(stream, &LETTERS)
    });
    fails("streams trailers", CALL_FAILED, |stream| {
        stream.write_all(CHUNKED)?;
        stream.write_all(b"2\r\n{}\r\n0\r\n")?;
        endlessly(stream, &b"X-Trailer: value\r\n".repeat(1000))
    });
    fails("streams a chunk extension", CALL_FAILED, |stream| {
        stream.write_all(CHUNKED)?;
        stream.write_all(b"2;")?;
        endlessly(stream, &LETTERS)
    });
}

#[test]
fn answers_that_are_too_large() {
    fails("says 100 MiB", CALL_FAILED, |stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n")?;
        (0..1600).try_for_each(|_| stream.write_all(&LETTERS))
    });
    fails("unfolds to 1 GiB", CALL_FAILED, |stream| {
        let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        for _ in 0..16_384 {
            bomb.write_all(&LETTERS)?;
        }
        let bomb = bomb.finish()?;
        let length = bomb.len();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes())?;
        stream.write_all(&bomb)
    });
}

#[test]
fn answers_that_are_nonsense() {
    fails("is no HTTP", CALL_FAILED, |stream| {
        stream.write_all(b"\x16\x03\x01 220 smtp.example.com ready\r\n\r\n")?;
        wait_for_close(stream)
    });
    fails("is no gzip", CALL_FAILED, |stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd")
    });
    fails("changes the protocol", MALFORMED, |stream| {
        stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")?;
        wait_for_close(stream)
    });
    fails("sends on in circles", CALL_FAILED, |stream| {
        stream.write_all(b"HTTP/1.1 307 X\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")
    });
    fails("contradicts itself", CALL_FAILED, |stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}")?;
        wait_for_close(stream)
    });
}

#[test]
fn results_that_are_no_response_objects() {
    fails("is empty", MALFORMED, |stream| {
        stream.write_all(answer(200, "").as_bytes())
    });
    fails("is cut", MALFORMED, |stream| {
        stream.write_all(answer(200, "{\"statusCode\":").as_bytes())
    });
    fails("is an array", MALFORMED, |stream| {
        stream.write_all(answer(200, "[]").as_bytes())
    });
    fails("is of wrong types", MALFORMED, |stream| {
        stream.write_all(answer(200, r#"{"statusCode":"200","body":{},"headers":5}"#).as_bytes())
    });
    fails("is no text", MALFORMED, |stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{\"body\":\"\xff\xfe\x80\"}")
    });
}

#[test]
fn a_result_with_more_headers_than_anybody_needs_is_refused() {
    let mut gateway = GatewayProcess::start(&[]);
    let names: Vec<_> = (0..40_000)
        .map(|number| format!("\"x-{number}\":\"v\""))
        .collect();
    let functions = FunctionServer::answering(format!("{{\"headers\":{{{}}}}}", names.join(",")));
    gateway.event_type("ev");
    gateway.function("f", &functions.url("/"));
    gateway.subscribe("sync", "ev", "f", "/");
    for _ in 0..3 {
        let answer = gateway.post_event("/", &[("Event", "ev")], "");
        assert_eq!(answer.status, 500);
        assert_eq!(answer.error_message(), "HTTP response object malformed");
    }
    assert_unharmed(&mut gateway);
    gateway.assert_peak_memory_below(super::MEMORY);
}

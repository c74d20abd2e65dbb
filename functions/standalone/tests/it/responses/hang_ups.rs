//! Streams whose one end goes away: the other end learns of it.

use std::io::Write as _;
use std::sync::{Mutex, mpsc};

use super::streams::{reading, told};
use crate::client::{Connection, request};
use crate::function_server::{FunctionServer, wait_for_close};
use crate::gateway_process::{GatewayProcess, PATIENCE};

#[test]
fn a_client_that_hangs_up_ends_the_call() {
    let (tell, ended) = mpsc::channel();
    let tell = Mutex::new(tell);
    let functions = FunctionServer::start(move |stream, _| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")?;
        // Says nothing more, so that only the hang-up itself can end it.
        let end = wait_for_close(stream);
        tell.lock().unwrap().send(()).unwrap();
        end
    });
    let mut gateway = GatewayProcess::start(&[]);
    gateway.answer_with("stream", "GET", "/sse", &functions.url("/"));
    let mut client = reading(&gateway, "/sse");
    assert_eq!(client.chunk().unwrap().unwrap(), b"abc");
    assert!(ended.try_recv().is_err());
    drop(client);
    ended.recv_timeout(PATIENCE).unwrap();
    gateway.assert_serving();
}

#[test]
fn a_function_that_breaks_off_breaks_the_answer_off() {
    let functions = FunctionServer::start(|stream, call| {
        let framing = match call.path.as_str() {
            "/length" => "Content-Length: 9\r\n\r\nabc",
            _ => "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        };
        write!(stream, "HTTP/1.1 200 OK\r\n{framing}")?;
        Err(std::io::ErrorKind::ConnectionAborted.into())
    });
    let mut gateway = GatewayProcess::start(&[]);
    for path in ["/length", "/chunked"] {
        gateway.answer_with("stream", "GET", path, &functions.url(path));
        let mut client = Connection::open(gateway.events);
        client.send(request("GET", path, &[], "")).unwrap();
        if path == "/length" {
            assert!(client.answer().is_err());
        } else {
            client.head().unwrap();
            assert_eq!(client.chunk().unwrap().unwrap(), b"abc");
            assert!(client.chunk().is_err());
        }
    }
    let told = gateway.log.wait_for(PATIENCE, |line| {
        line.contains("Streamed answer broke off.").then_some(())
    });
    assert!(told.is_some(), "{}", gateway.log.so_far());
    gateway.assert_serving();
}

#[test]
fn a_function_that_falls_silent_is_left() {
    let (functions, tell) = told();
    let gateway = GatewayProcess::start(&["-stream-idle-timeout=300"]);
    gateway.answer_with("stream", "GET", "/sse", &functions.url("/"));
    let mut client = reading(&gateway, "/sse");
    tell.send("data: 1\n\n").unwrap();
    assert_eq!(client.chunk().unwrap().unwrap(), b"data: 1\n\n");
    assert!(client.chunk().is_err());
    drop(tell);

    let (functions, tell) = told();
    let gateway = GatewayProcess::start(&["-stream-timeout=300", "-stream-idle-timeout=0"]);
    gateway.answer_with("stream", "GET", "/sse", &functions.url("/"));
    let mut client = reading(&gateway, "/sse");
    while client.chunk().is_ok() {
        let _ = tell.send("data: 1\n\n");
    }
    let told = "the answer took longer than 300ms";
    let told = gateway
        .log
        .wait_for(PATIENCE, |line| line.contains(told).then_some(()));
    assert!(told.is_some(), "{}", gateway.log.so_far());
}

//! The bounds of requests, each of which has to leave the connection to others.

use serde_json::json;

use crate::function_server::FunctionServer;
use crate::gateway_process::{GatewayProcess, wait_until};
use crate::http2_client::{Http2, Sent, request};

#[test]
fn heads_and_bodies_that_are_too_large_are_refused() {
    let mut gateway = GatewayProcess::start(&["-max-event-bytes=100000", "-max-config-bytes=100000"]);
    for address in [gateway.events, gateway.config] {
        let client = Http2::open(address);
        let fields = |count: usize| vec![("x-a", "abc"); count];
        assert_eq!(client.send("GET", "/v1/status", &fields(200), "").status / 100, 2);
        assert_eq!(client.send("GET", "/v1/status", &fields(300), "").status, 431);
        let long = |length: usize| "a".repeat(length);
        let (fits, too_long) = (long(60_000), long(80_000));
        assert_eq!(
            client.send("GET", "/v1/status", &[("x-a", &fits)], "").status / 100,
            2
        );
        assert_eq!(
            client.send("GET", "/v1/status", &[("x-a", &too_long)], "").status,
            431
        );
        let path = "/v1/spaces/default/eventtypes";
        let answered = client.send("POST", path, &[], vec![b'x'; 100_001]);
        assert_eq!(answered.status, 413);
        let _text = answered.error_message();
        assert_eq!(client.send("POST", path, &[], vec![b'x'; 5_000_000]).status, 413);
        let fits = client.send("POST", path, &[], vec![b'x'; 100_000]).status;
        assert!(matches!(fits, 202 | 400), "{fits}");
    }
    gateway.assert_serving();
    gateway.assert_peak_memory_below(128);
}

#[test]
fn a_body_that_does_not_come_is_reported() {
    let gateway = GatewayProcess::start(&["-events-read-timeout=400", "-config-read-timeout=400"]);
    for address in [gateway.events, gateway.config] {
        let client = Http2::open(address);
        let path = "/v1/spaces/default/functions";
        let late = client.begin(request("POST", path, &[], Sent::unending("{")));
        let answered = client.send("POST", path, &[], "{}").status;
        assert!(matches!(answered, 202 | 400), "{answered}");
        let answered = late.answer().unwrap();
        assert_eq!(answered.status, 408);
        assert_eq!(answered.error_message(), "request body could not be read");
    }
}

#[test]
fn requests_find_room_in_the_budget_or_are_refused() {
    let mut gateway =
        GatewayProcess::start(&["-max-bytes-in-flight=400000", "-max-streams-per-connection=1000"]);
    let client = Http2::open(gateway.events);
    let unending = || request("POST", "/", &[], Sent::unending("{"));
    let waiting: Vec<_> = (0..100).map(|_| client.begin(unending())).collect();
    wait_until("there is no room", || {
        let answered = client.send("GET", "/", &[], "");
        answered.status == 503 && answered.header("retry-after") == Some("1")
    });
    // Requests of HTTP/1.1 have their connections.
    assert_eq!(gateway.post_event("/", &[], "").status, 202);
    // And what is in the way of others over HTTP/2 takes nothing from them.
    assert_eq!(gateway.post_event("/", &[], "x".repeat(300_000)).status, 202);
    drop(waiting);
    drop(client);
    let client = Http2::open(gateway.events);
    wait_until("there is room again", || {
        client.send("GET", "/", &[], "").status == 202
    });
    gateway.assert_serving();
}

#[test]
fn answers_that_nobody_reads_are_given_up() {
    let mut gateway = GatewayProcess::start(&[
        "-max-bytes-in-flight=25000000",
        "-min-body-rate=200000",
        "-min-body-rate-window=500",
    ]);
    let functions = FunctionServer::answering(json!({"body": "x".repeat(9 << 20)}).to_string());
    gateway.event_type("ev");
    gateway.function("f", &functions.url("/"));
    gateway.subscribe("sync", "ev", "f", "/");
    let client = Http2::open(gateway.events);
    let post = || request("POST", "/", &[("event", "ev")], Sent::whole(""));
    let read = client.begin(post()).answer().unwrap();
    assert_eq!((read.status, read.body.len()), (200, 9 << 20));
    // They fill the budget, while the connection moves all the time.
    let unread: Vec<_> = (0..2).map(|_| client.head(post())).collect();
    assert!(unread.iter().all(|answer| answer.status() == 200));
    wait_until("there is room again", || {
        let moves = client.send("GET", "/nobody", &[], "");
        assert_eq!(moves.status, 202);
        client
            .begin(post())
            .answer()
            .is_ok_and(|answer| answer.status == 200)
    });
    for answer in unread {
        assert!(client.rest(answer).is_err());
    }
    gateway.assert_serving();
}

#[test]
fn answers_that_have_no_window_are_given_up() {
    let mut gateway = GatewayProcess::start(&[
        "-max-bytes-in-flight=25000000",
        "-min-body-rate=200000",
        "-min-body-rate-window=500",
    ]);
    let functions = FunctionServer::answering(json!({"body": "x".repeat(9 << 20)}).to_string());
    gateway.event_type("ev");
    gateway.function("f", &functions.url("/"));
    gateway.subscribe("sync", "ev", "f", "/");
    let post = || request("POST", "/", &[("event", "ev")], Sent::whole(""));
    let client = Http2::with_window(gateway.events, 0);
    // Not a byte of them can be written.
    let unread: Vec<_> = (0..2).map(|_| client.head(post())).collect();
    assert!(unread.iter().all(|answer| answer.status() == 200));
    let reader = Http2::open(gateway.events);
    wait_until("there is room again", || {
        reader
            .begin(post())
            .answer()
            .is_ok_and(|answer| answer.status == 200)
    });
    for answer in unread {
        assert!(client.rest(answer).is_err());
    }
    gateway.assert_serving();
}

//! Clients that take their time.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use super::assert_unharmed;
use crate::client::Connection;
use crate::gateway_process::{GatewayProcess, wait_until};

const TIMEOUTS: [&str; 2] = ["-events-read-timeout=400", "-config-read-timeout=400"];

/// Sends bytes one at a time, with pauses in which others get their turn, until the other side has enough.
fn trickle(connection: &mut Connection, bytes: &str) {
    for byte in bytes.bytes().cycle() {
        thread::sleep(Duration::from_millis(20));
        if connection.send([byte]).is_err() {
            return;
        }
    }
}

fn ends_in_time(address: SocketAddr, first: &str, then: &str) {
    let mut connection = Connection::open(address);
    connection.send(first).unwrap();
    let started = Instant::now();
    trickle(&mut connection, then);
    assert!(
        started.elapsed() < Duration::from_secs(8),
        "{first:?}: {:?}",
        started.elapsed()
    );
}

#[test]
fn who_never_finishes_is_cut_off() {
    let mut gateway = GatewayProcess::start(&TIMEOUTS);
    let ends = [
        ("", "GET"),
        ("GET / HTTP/1.1\r\nHost: h\r\n", "X-A: b\r\n"),
        (
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n",
            "{",
        ),
        (
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
            "1\r\na\r\n",
        ),
        (
            "POST /v1/spaces/default/functions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n",
            "{",
        ),
    ];
    thread::scope(|scope| {
        for address in [gateway.events, gateway.config] {
            for (first, then) in ends {
                scope.spawn(move || ends_in_time(address, first, then));
            }
        }
    });
    assert_unharmed(&mut gateway);
}

#[test]
fn a_body_that_does_not_come_is_reported() {
    let gateway = GatewayProcess::start(&TIMEOUTS);
    for address in [gateway.events, gateway.config] {
        let mut connection = Connection::open(address);
        let head =
            "POST /v1/spaces/default/functions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{";
        connection.send(head).unwrap();
        let answer = connection.answer().unwrap();
        assert_eq!(answer.status, 408);
        assert_eq!(answer.error_message(), "request body could not be read");
        assert!(connection.is_closed());
    }
}

#[test]
fn idle_connections_are_closed() {
    let gateway = GatewayProcess::start(&TIMEOUTS);
    for address in [gateway.events, gateway.config] {
        let mut unused = Connection::open(address);
        let mut used = Connection::open(address);
        used.send("GET /v1/status HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
        assert_eq!(used.answer().unwrap().status / 100, 2);
        assert!(used.is_closed() && unused.is_closed());
    }
}

#[test]
fn two_hundred_slow_connections_stop_nobody() {
    let mut gateway = GatewayProcess::start(&["-config-read-timeout=60000"]);
    let before = gateway.open_files();
    let beginnings = [
        "",
        "POST",
        "POST / HTTP/1.1\r\nHost: h\r\nX-A: ",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n{",
        "POST /v1/spaces/default/functions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{",
    ];
    let mut slow: Vec<_> = (0..200)
        .flat_map(|number| {
            [gateway.events, gateway.config].map(|address| {
                let mut connection = Connection::open(address);
                connection.send(beginnings[number % beginnings.len()]).unwrap();
                connection
            })
        })
        .collect();
    // A request for something that does not exist is answered at once, the others stay.
    wait_until("they are connected", || gateway.open_files() >= before + 340);
    let started = Instant::now();
    for _ in 0..100 {
        gateway.assert_serving();
    }
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
    slow.clear();
    wait_until("their places are free again", || {
        gateway.open_files() <= before + 5
    });
    assert_unharmed(&mut gateway);
}

#[test]
fn connections_beyond_the_most_wait_for_a_place() {
    let gateway = GatewayProcess::start(&["-max-connections=10", "-events-read-timeout=1000"]);
    let mut slow: Vec<_> = (0..10).map(|_| Connection::open(gateway.events)).collect();
    for connection in &mut slow {
        connection.send("GET / HTTP/1.1\r\n").unwrap();
    }
    let mut next = Connection::open(gateway.events);
    next.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    // Only the time that the others have lets it in; the other API has places of its own.
    assert_eq!(gateway.get_config("/v1/status").status, 200);
    assert_eq!(next.answer().unwrap().status, 202);
    assert!(slow.iter_mut().any(Connection::is_closed));
}

//! Request lines and headers beyond measure.

use std::net::SocketAddr;

use super::assert_unharmed;
use crate::client::{Answer, Connection};
use crate::gateway_process::GatewayProcess;

fn with_headers(headers: &str) -> String {
    format!("GET /v1/status HTTP/1.1\r\nHost: h\r\n{headers}\r\n")
}

/// The answer to bytes of which the gateway may not want the last; `None` if it hangs up on whoever sends so much.
fn answer_to(address: SocketAddr, bytes: &str) -> Option<Answer> {
    let mut connection = Connection::open(address);
    connection.try_send(bytes);
    connection.answer().ok()
}

#[test]
fn heads_a_little_too_large_are_answered() {
    let mut gateway = GatewayProcess::start(&[]);
    for address in [gateway.events, gateway.config] {
        for head in [
            with_headers(&format!("X-A: {}\r\n", "a".repeat(200_000))),
            with_headers(&"X-A: abc\r\n".repeat(300)),
            with_headers(&"X-A: a long value that fills the space\r\n".repeat(6000)),
        ] {
            assert_eq!(answer_to(address, &head).unwrap().status, 431, "{}", &head[..80]);
        }
        let line = format!("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", "a".repeat(200_000));
        assert!(matches!(answer_to(address, &line).unwrap().status, 414 | 431));
        assert_eq!(
            answer_to(address, &with_headers(&"X-A: abc\r\n".repeat(190)))
                .unwrap()
                .status
                / 100,
            2
        );
        let large = with_headers(&format!("X-A: {}\r\n", "a".repeat(60_000)));
        assert_eq!(answer_to(address, &large).unwrap().status / 100, 2);
    }
    assert_unharmed(&mut gateway);
}

#[test]
fn heads_far_too_large_cost_nothing() {
    let mut gateway = GatewayProcess::start(&[]);
    let one = with_headers(&format!("X-A: {}\r\n", "a".repeat(10 << 20)));
    let many = with_headers(
        &(0..10_000)
            .map(|n| format!("X-{n}: v\r\n"))
            .collect::<Vec<_>>()
            .concat(),
    );
    let distinct = with_headers(
        &(0..100_000)
            .map(|n| format!("X-{n}: {}\r\n", "v".repeat(90)))
            .collect::<Vec<_>>()
            .concat(),
    );
    let line = format!("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", "a".repeat(10 << 20));
    let name = with_headers(&format!("{}: v\r\n", "a".repeat(10 << 20)));
    let endless_line = "G".repeat(10 << 20);
    for address in [gateway.events, gateway.config] {
        for head in [&one, &many, &distinct, &line, &name, &endless_line] {
            if let Some(answer) = answer_to(address, head) {
                assert!(matches!(answer.status, 400 | 414 | 431), "{answer:?}");
            }
        }
    }
    gateway.assert_serving();
    gateway.assert_peak_memory_below(64);
}

#[test]
fn large_heads_of_many_clients_cost_what_is_allowed_them() {
    let mut gateway = GatewayProcess::start(&[]);
    let unfinished = format!("GET / HTTP/1.1\r\nHost: h\r\nX-A: {}", "a".repeat(60_000));
    let clients: Vec<_> = (0..500)
        .map(|_| {
            let mut connection = Connection::open(gateway.events);
            connection.send(&unfinished).unwrap();
            connection
        })
        .collect();
    gateway.assert_serving();
    gateway.assert_peak_memory_below(192);
    for mut client in clients {
        client.send("\r\n\r\n").unwrap();
        assert_eq!(client.answer().unwrap().status, 202);
    }
    assert_unharmed(&mut gateway);
}

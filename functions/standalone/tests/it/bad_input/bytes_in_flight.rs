//! What many clients together can have the gateway hold.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;

use super::assert_unharmed;
use crate::client::{Connection, request, send};
use crate::function_server::{FunctionServer, answer};
use crate::gateway_process::{GatewayProcess, wait_until};

/// Patient enough for bodies that stop half way.
const PATIENT: &str = "-min-body-rate-window=60000";

/// A body of 9.9 MB that lacks its end.
fn unfinished(is_chunked: bool) -> Vec<u8> {
    unfinished_to("/", is_chunked)
}

fn unfinished_to(path: &str, is_chunked: bool) -> Vec<u8> {
    let body = vec![b'x'; 9_900_000];
    let mut bytes = format!("POST {path} HTTP/1.1\r\nHost: h\r\nEvent: ev\r\n").into_bytes();
    if is_chunked {
        bytes.extend(format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n", body.len() + 1).bytes());
    } else {
        bytes.extend(format!("Content-Length: {}\r\n\r\n", body.len() + 1).bytes());
    }
    bytes.extend(body);
    bytes
}

#[test]
fn a_hundred_unfinished_bodies_are_bounded_together() {
    for (is_chunked, count) in [(false, 100), (true, 20)] {
        let mut gateway = GatewayProcess::start(&["-max-bytes-in-flight=67108864", PATIENT]);
        let bytes = unfinished(is_chunked);
        let mut clients: Vec<_> = (0..count)
            .map(|_| {
                let mut connection = Connection::open(gateway.events);
                connection.send(&bytes).unwrap();
                connection
            })
            .collect();
        // Those without a body are served, and of those with one as many as there is room for.
        assert_eq!(gateway.get_config("/v1/status").status, 200);
        let mut answers = Vec::new();
        for client in &mut clients {
            client
                .send(if is_chunked { "x\r\n0\r\n\r\n" } else { "x" })
                .unwrap();
            let answer = client.answer().unwrap();
            assert!(matches!(answer.status, 202 | 503), "{}", answer.text());
            if answer.status == 503 {
                assert!(answer.header("retry-after").is_some());
                assert!(answer.error_message().contains("too many bytes"));
            }
            answers.push(answer.status);
        }
        assert!(answers.contains(&202) && answers.contains(&503), "{answers:?}");
        drop(clients);
        // All of the room is free again.
        let whole = vec![b'x'; 10 << 20];
        wait_until("there is room", || {
            gateway.post_event("/", &[], &whole).status == 202
        });
        assert_unharmed(&mut gateway);
    }
}

#[test]
fn a_space_leaves_bytes_to_others() {
    let mut gateway = GatewayProcess::start(&[
        "-hosted-domains=example.com",
        "-target-allow=127.0.0.0/8",
        "-max-bytes-in-flight=64000000",
        PATIENT,
    ]);
    let functions = FunctionServer::answering("{}");
    gateway.event_type("ev");
    gateway.function("f", &functions.url("/"));
    gateway.subscribe("async", "ev", "f", "/default/");
    for (collection, body) in [
        ("eventtypes", json!({"name": "ev"})),
        (
            "functions",
            json!({"functionId": "f", "type": "http", "provider": {"url": functions.url("/")}}),
        ),
        (
            "subscriptions",
            json!({"type": "async", "eventType": "ev", "functionId": "f", "path": "/second/"}),
        ),
    ] {
        let path = format!("/v1/spaces/second/{collection}");
        let created = send(gateway.config, "POST", &path, &[], body.to_string());
        assert_eq!(created.status, 201, "{}", created.text());
    }
    // Whoever is told of no space is of the same one as all such. Two spaces may have one share by chance, three do not.
    for (path, others) in [
        ("/default/", ["/nobody/", "/second/"]),
        ("/nobody/", ["/default/", "/second/"]),
    ] {
        let bytes = unfinished_to(path, false);
        let clients: Vec<_> = (0..8)
            .map(|_| {
                let mut connection = Connection::open(gateway.events);
                connection.send(&bytes).unwrap();
                connection
            })
            .collect();
        let large = vec![b'x'; 9_900_000];
        let post = |path: &str| gateway.post_event(path, &[("Event", "ev")], &large).status;
        wait_until("its share is taken", || post(path) == 503);
        let has_room = |other: &&str| (0..3).all(|_| post(other) == 202);
        assert!(others.iter().any(has_room), "{path}");
        drop(clients);
        wait_until("there is room", || post(path) == 202);
    }
    assert_unharmed(&mut gateway);
}

#[test]
fn who_stops_in_the_middle_of_a_body_is_given_up() {
    let gateway = GatewayProcess::start(&["-min-body-rate-window=300", "-config-read-timeout=60000"]);
    for address in [gateway.events, gateway.config] {
        let mut connection = Connection::open(address);
        connection
            .send("POST /v1/spaces/default/functions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n{")
            .unwrap();
        let answer = connection.answer().unwrap();
        assert_eq!(answer.status, 408);
        assert!(connection.is_closed());
    }
}

#[test]
fn answers_that_nobody_reads_are_counted_and_given_up() {
    let mut gateway = GatewayProcess::start(&[
        "-max-bytes-in-flight=25000000",
        "-min-body-rate=200000",
        "-min-body-rate-window=500",
    ]);
    let functions = FunctionServer::answering(json!({"body": "x".repeat(9 << 20)}).to_string());
    gateway.event_type("ev");
    gateway.function("f", &functions.url("/"));
    gateway.subscribe("sync", "ev", "f", "/");
    let mut clients: Vec<_> = (0..8)
        .map(|_| {
            let mut connection = Connection::open(gateway.events);
            connection
                .send(request("POST", "/", &[("Event", "ev")], ""))
                .unwrap();
            connection
        })
        .collect();
    // There is room for two; the others are told so, who read.
    let heads: Vec<_> = clients
        .iter_mut()
        .map(|client| client.head().unwrap().status)
        .collect();
    assert!(heads.contains(&200) && heads.contains(&503), "{heads:?}");
    wait_until("there is room again", || {
        std::thread::sleep(Duration::from_millis(50));
        gateway.post_event("/", &[("Event", "ev")], "").status == 200
    });
    drop(clients);
    gateway.assert_serving();
    gateway.assert_peak_memory_below(400);
}

#[test]
fn answers_that_wait_keep_no_small_requests_out() {
    let mut gateway = GatewayProcess::start(&["-max-bytes-in-flight=25000000", PATIENT]);
    // Large ones stop in their middle until they are told to go on.
    let goes_on = Arc::new(AtomicBool::new(false));
    let told = goes_on.clone();
    let tried = Arc::new(AtomicUsize::new(0));
    let begun = tried.clone();
    let large = json!({"body": "x".repeat(5 << 20)}).to_string();
    let functions = FunctionServer::start(move |stream, call| {
        if call.path == "/small" {
            return stream.write_all(answer(200, r#"{"body":"small"}"#).as_bytes());
        }
        let whole = answer(200, &large);
        let (beginning, rest) = whole.as_bytes().split_at(whole.len() - 100);
        let written = stream.write_all(beginning);
        begun.fetch_add(1, Ordering::AcqRel);
        written?;
        while !told.load(Ordering::Acquire) {
            std::thread::sleep(Duration::from_millis(10));
        }
        stream.write_all(rest)
    });
    gateway.event_type("http.request");
    for name in ["large", "small"] {
        gateway.function(name, &functions.url(&format!("/{name}")));
        gateway.subscribe("sync", "http.request", name, &format!("/{name}"));
    }
    let events = gateway.events;
    let mut waiting = Vec::new();
    let mut refused_in_a_row = 0;
    // One after the other: of those that grow at the same time each may be what another one has no room for.
    while refused_in_a_row < 2 {
        assert!(waiting.len() < 20, "all of them find room");
        let client = std::thread::spawn(move || send(events, "POST", "/large", &[], ""));
        wait_until("its answer is begun, or refused", || {
            tried.load(Ordering::Acquire) > waiting.len()
        });
        for _ in 0..30 {
            if !client.is_finished() {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        refused_in_a_row = if client.is_finished() {
            refused_in_a_row + 1
        } else {
            0
        };
        waiting.push(client);
    }
    assert_eq!(gateway.post_event("/small", &[], "").text(), "small");
    goes_on.store(true, Ordering::Release);
    let mut statuses = Vec::new();
    for client in waiting {
        let answer = client.join().unwrap();
        if answer.status == 503 {
            // It is not called a failure of the function.
            assert_eq!(answer.header("retry-after"), Some("1"));
            assert!(answer.error_message().contains("too many bytes"));
        } else {
            // What was read is answered, whole.
            assert_eq!((answer.status, answer.body.len()), (200, 5 << 20));
        }
        statuses.push(answer.status);
    }
    assert!(statuses.contains(&200) && statuses.contains(&503), "{statuses:?}");
    for _ in 0..20 {
        assert_eq!(gateway.post_event("/large", &[], "").status, 200);
    }
    gateway.assert_serving();
    gateway.assert_peak_memory_below(200);
}

#[test]
fn half_sent_heads_are_counted() {
    let gateway = GatewayProcess::start(&["-max-bytes-in-flight=1000000"]);
    let unfinished = format!("GET / HTTP/1.1\r\nHost: h\r\nX-A: {}", "a".repeat(60_000));
    let mut clients = Vec::new();
    wait_until("one is closed", || {
        // One after the other: of those that grow at the same time each may be what another one has no room for, and
        // what they give back is room again.
        let mut client = Connection::open(gateway.events);
        client.try_send(&unfinished);
        clients.push(client);
        let mut probe = Connection::open(gateway.events);
        probe.try_send(&unfinished);
        probe.try_send("\r\n\r\n");
        probe.answer().is_err()
    });
    assert!(clients.len() > 10, "{} are enough", clients.len());
    // Usual requests need no room of the budget.
    assert_eq!(gateway.post_event("/", &[], "").status, 202);
    clients.clear();
    wait_until("there is room again", || {
        let mut probe = Connection::open(gateway.events);
        probe.try_send(format!("{unfinished}\r\n\r\n"));
        probe.answer().is_ok_and(|answer| answer.status == 202)
    });
}

#[test]
fn bodies_that_are_asked_for_are_counted_once_and_not_kept() {
    let gateway = GatewayProcess::start(&["-max-bytes-in-flight=1000000"]);
    let body = "x".repeat(600_000);
    let head = format!(
        "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut clients: Vec<_> = (0..4).map(|_| Connection::open(gateway.events)).collect();
    // Those that were answered stay connected and hold nothing.
    for client in clients.iter_mut().chain(&mut [Connection::open(gateway.events)]) {
        client.send(&head).unwrap();
        assert_eq!(client.head().unwrap().status, 100);
        client.send(&body).unwrap();
        let answer = client.answer().unwrap();
        assert_eq!(answer.status, 202, "{}", answer.text());
    }
    for client in &mut clients {
        client.send(request("GET", "/", &[], "")).unwrap();
        assert_eq!(client.answer().unwrap().status, 202);
    }
}

#[test]
fn large_bodies_keep_no_small_events_out_and_events_not_the_operator() {
    let gateway = GatewayProcess::start(&["-max-bytes-in-flight=1000000", PATIENT]);
    let unfinished = |length: usize| {
        let mut connection = Connection::open(gateway.events);
        let head = format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n");
        connection.send(head + &"x".repeat(length - 1)).unwrap();
        connection
    };
    let post = |length: usize| gateway.post_event("/", &[], "x".repeat(length)).status;
    let (mut large, mut small) = (Vec::new(), Vec::new());
    wait_until("there is no room for large bodies", || {
        large.push(unfinished(199_000));
        post(199_000) == 503
    });
    wait_until("there is room for small bodies", || post(60_000) == 202);
    wait_until("there is no room for small bodies", || {
        small.push(unfinished(60_000));
        post(60_000) == 503
    });
    let mut operator = Connection::open(gateway.config);
    operator
        .send(request(
            "POST",
            "/v1/spaces/default/functions",
            &[],
            "x".repeat(100_000),
        ))
        .unwrap();
    assert_eq!(operator.answer().unwrap().status, 400);
    drop((large, small));
}

//! How much memory a sync event asks for on its way: a feature that nobody uses has no part in that.

#![allow(
    clippy::unwrap_used,
    reason = "the function and the requests fail the test by panicking"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};

use allocation_counter::measure;
use axum::Router;
use axum::body::Body;
use event_gateway_tests::client::Host;
use event_gateway_tests::host::{HostKind, LocalGateway};
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

const EVENTS: u64 = 200;
/// Allocations of one event, those of its request and of its answer included, and their bytes. Whoever needs more says
/// in the commit what for. Without optimizations there are more.
const MOST: u64 = if cfg!(debug_assertions) { 120 } else { 82 };
const MOST_BYTES: u64 = if cfg!(debug_assertions) { 40_000 } else { 25_000 };

/// A function on a thread of its own, so that what it allocates does not count.
fn function() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            std::thread::spawn(move || answer(&stream));
        }
    });
    address
}

fn answer(mut stream: &std::net::TcpStream) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut line, mut length) = (String::new(), 0);
        loop {
            line.clear();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut event = vec![0; length];
        reader.read_exact(&mut event).unwrap();
        let body = r#"{"statusCode":200,"body":"ok"}"#;
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
    }
}

async fn configure(config: &Router, collection: &str, body: String) {
    let request = Request::post(format!("/v1/spaces/default/{collection}"))
        .header("host", "localhost")
        .body(Body::from(body))
        .unwrap();
    let created = config.clone().oneshot(request).await.unwrap();
    assert_eq!(created.status(), StatusCode::CREATED, "{collection}");
}

async fn send(events: &Router) {
    let event = r#"{"specversion":"1.0","id":"1","source":"/s","type":"counted","data":{"a":1}}"#;
    let request = Request::post("/counted")
        .header("host", "localhost")
        .header("content-type", "application/cloudevents+json")
        .body(Body::from(event))
        .unwrap();
    let answer = events.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "ok");
}

#[test]
fn a_sync_event_allocates_little() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (gateway, events) = runtime.block_on(async {
        let gateway = Box::pin(LocalGateway::start::<&str>(&[])).await.unwrap();
        let Host::InProcess { events, config } = gateway.host(HostKind::InProcess) else {
            unreachable!("that is what was asked for")
        };
        configure(&config, "eventtypes", r#"{"name":"counted"}"#.to_owned()).await;
        let function = format!(
            r#"{{"functionId":"f","type":"http","provider":{{"url":"http://{}/"}}}}"#,
            function()
        );
        configure(&config, "functions", function).await;
        let subscription = r#"{"type":"sync","eventType":"counted","functionId":"f","path":"/counted"}"#;
        configure(&config, "subscriptions", subscription.to_owned()).await;
        // The connection is opened, and what is made once is there.
        for _ in 0..20 {
            send(&events).await;
        }
        (gateway, events)
    });
    let counted = measure(|| {
        runtime.block_on(async {
            for _ in 0..EVENTS {
                send(&events).await;
            }
        });
    });
    let (allocations, bytes) = (counted.count_total / EVENTS, counted.bytes_total / EVENTS);
    println!("{allocations} allocations of {bytes} bytes together");
    assert!(allocations <= MOST, "{allocations} allocations");
    assert!(bytes <= MOST_BYTES, "{bytes} bytes");
    runtime.block_on(gateway.shutdown());
}

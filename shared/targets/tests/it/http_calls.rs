//! What an HTTP function sees, and on which connections.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;

use crate::server::{Server, response};
use crate::{EVENT, invoker, post};

#[tokio::test]
async fn the_request_is_the_contracts() {
    let server = Server::answering(|_| response(200, &[], "result")).await;
    let result = post(&invoker(), &server.url("/a/../b?q=1#fragment"))
        .await
        .unwrap();
    assert_eq!(result, "result");
    let [request] = &server.requests()[..] else {
        panic!("one request")
    };
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("POST", "/a/../b?q=1")
    );
    assert_eq!(request.body, EVENT);
    let mut headers: Vec<_> = request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    headers.sort_unstable();
    let (host, length) = (server.address().to_string(), EVENT.len().to_string());
    assert_eq!(
        headers,
        [
            ("accept-encoding", "gzip"),
            ("content-length", length.as_str()),
            ("content-type", "application/cloudevents+json"),
            ("host", host.as_str()),
            ("user-agent", "Go-http-client/1.1"),
        ]
    );
}

#[tokio::test]
async fn paths_and_queries_arrive_as_written() {
    let server = Server::answering(|_| response(200, &[], "")).await;
    let invoker = invoker();
    for (path, target) in [
        ("", "/"),
        ("?q", "/?q"),
        ("/a%2Fb//c", "/a%2Fb//c"),
        ("/a b/é", "/a%20b/%C3%A9"),
    ] {
        post(&invoker, &server.url(path)).await.unwrap();
        assert_eq!(server.requests().last().unwrap().target, target, "{path}");
    }
}

#[tokio::test]
async fn userinfo_is_sent_as_basic_authentication() {
    let server = Server::answering(|_| response(200, &[], "")).await;
    post(&invoker(), &format!("http://user:p%40ss@{}/x", server.address()))
        .await
        .unwrap();
    let [request] = &server.requests()[..] else {
        panic!("one request")
    };
    assert_eq!(request.header("authorization"), Some("Basic dXNlcjpwQHNz"));
    assert_eq!(request.header("host").unwrap(), server.address().to_string());
}

#[tokio::test]
async fn connections_are_kept_alive_whatever_the_status() {
    let server =
        Server::answering(|request| response(if request.target == "/500" { 500 } else { 200 }, &[], "x"))
            .await;
    let invoker = invoker();
    for n in 0..50 {
        let _ = post(
            &invoker.clone(),
            &server.url(if n % 5 == 4 { "/500" } else { "/" }),
        )
        .await;
    }
    assert_eq!((server.requests().len(), server.connections()), (50, 1));
}

#[tokio::test]
async fn connections_closed_while_idle_are_replaced() {
    let (closed, mut is_closed) = mpsc::unbounded_channel();
    let server = Server::bare(move |number, mut stream| {
        let closed = closed.clone();
        async move {
            read_request(&mut stream).await;
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{number}");
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
            // The client closes its end once it has seen ours closed.
            closed.send(stream.read(&mut [0; 64]).await.unwrap()).unwrap();
        }
    })
    .await;
    let invoker = invoker();
    for want in ["0", "1", "2"] {
        assert_eq!(post(&invoker, &server.url("/")).await.unwrap(), want);
        assert_eq!(is_closed.recv().await, Some(0));
    }
}

/// Reads one request with the event as its body.
pub(crate) async fn read_request(stream: &mut tokio::net::TcpStream) {
    let mut request = Vec::new();
    while !request.ends_with(EVENT.as_bytes()) {
        assert_ne!(
            stream.read_buf(&mut request).await.unwrap(),
            0,
            "the request is cut"
        );
    }
}

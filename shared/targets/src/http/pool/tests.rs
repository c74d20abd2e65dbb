//! Which connections are kept, for how long, and for whom.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use http_body::Body as _;
use http_body_util::{BodyExt as _, Full};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::coop::unconstrained;
use tokio::time::Instant;

use super::*;
use crate::http::client::IDLE_TIMEOUT;
use crate::settings::LookupLimits;

/// A pool after one call, the server's end of its connection and the answer, of whose body nothing is read yet.
async fn answered(answer: &[u8]) -> (Pool, TcpStream, ResponseBody) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let pool = Pool::new(TcpConnector::new(None, LookupLimits::default()));
    let mut request = Request::new(Full::default());
    *request.uri_mut() = format!("http://{}/", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    let serving = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
        stream.write_all(answer).await.unwrap();
        stream
    };
    let (stream, answered) = tokio::join!(serving, pool.send(request));
    (pool, stream, answered.unwrap().into_body())
}

/// The same, once the answer has been read or given up.
async fn called(answer: &[u8], reads_answer: bool) -> (Pool, TcpStream) {
    let (pool, stream, body) = answered(answer).await;
    if reads_answer {
        body.collect().await.unwrap();
    }
    (pool, stream)
}

#[tokio::test]
async fn a_connection_is_kept_for_its_time() {
    for answer in [
        &b"HTTP/1.1 204 No Content\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
    ] {
        let (pool, mut server) = called(answer, true).await;
        let before = IDLE_TIMEOUT.checked_sub(Duration::from_secs(1)).unwrap();
        assert!(pool.idle.close_old(Instant::now() + before).await);
        assert!(!pool.idle.close_old(Instant::now() + IDLE_TIMEOUT).await);
        assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_connection_with_something_left_to_read_is_closed() {
    for answer in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nx"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
    ] {
        let (pool, mut server) = called(answer, false).await;
        assert!(!pool.idle.close_old(Instant::now()).await);
        assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 0);
    }
    // What nobody asked for is no answer to the next request.
    let two = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let (pool, mut server) = called(two, true).await;
    assert!(!pool.idle.close_old(Instant::now()).await);
    // The end may be a reset, as nobody has read all of it.
    assert_eq!(server.read(&mut [0; 8]).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn all_that_are_closed_are_noticed_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let pool = Pool::new(TcpConnector::new(None, LookupLimits::default()));
    let uri: Uri = format!("http://{}/", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    let server = uri.authority().unwrap().as_str();
    // More than a task may usually look at in one turn.
    for _ in 0..300 {
        let (opened, accepted) = tokio::join!(pool.open(&uri, server), listener.accept());
        pool.idle.put(opened.unwrap());
        drop(accepted.unwrap());
    }
    assert_eq!(pool.idle.lock().by_authority[server].connections.len(), 300);
    // The end of the last one has to arrive.
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!unconstrained(pool.idle.close_old(Instant::now())).await);
}

#[tokio::test]
async fn whoever_waits_gets_the_next_free_connection() {
    let (pool, server) = called(b"HTTP/1.1 204 No Content\r\n\r\n", true).await;
    let server = server.local_addr().unwrap().to_string();
    let connection = pool.idle.take(&server).unwrap();
    assert!(pool.idle.take(&server).is_none());
    drop(pool.idle.wait(&server));
    let freed = pool.idle.wait(&server);
    pool.idle.keep(connection);
    assert!(freed.await.is_ok());
    assert!(!pool.idle.close_old(Instant::now()).await);
}

#[tokio::test]
async fn whoever_reads_tiny_chunks_gives_others_a_turn() {
    const CHUNKS: usize = 1000;
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let answer = [&head[..], &b"1\r\nx\r\n".repeat(CHUNKS), b"0\r\n\r\n"].concat();
    let (_pool, _server, mut body) = answered(&answer).await;
    let in_one_turn = poll_fn(|context| {
        let mut frames = 0;
        while let Poll::Ready(Some(_)) = Pin::new(&mut body).poll_frame(context) {
            frames += 1;
        }
        Poll::Ready(frames)
    })
    .await;
    assert!(in_one_turn < CHUNKS, "{in_one_turn}");
    let rest = body.collect().await.unwrap().to_bytes();
    assert_eq!(in_one_turn + rest.len(), CHUNKS);
}

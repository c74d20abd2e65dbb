//! How connections to functions are kept, shared and given up.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use targets::Call;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{Barrier, mpsc};
use tokio::task::JoinSet;

use crate::http_calls::read_request;
use crate::server::{Server, response};
use crate::{call, endpoint, invoker, post};

/// Calls at once.
const CALLS: usize = 40;

#[tokio::test]
async fn calls_at_once_have_a_connection_each_and_the_next_ones_use_them_again() {
    let together = Arc::new(Barrier::new(CALLS));
    let server = Server::bare(move |_, mut stream| {
        let together = Arc::clone(&together);
        async move {
            loop {
                read_request(&mut stream).await;
                together.wait().await;
                let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n";
                stream.write_all(answer).await.unwrap();
            }
        }
    })
    .await;
    let (invoker, url) = (invoker(), server.url("/"));
    for _ in 0..5 {
        let mut calls = JoinSet::new();
        for _ in 0..CALLS {
            let (invoker, url) = (invoker.clone(), url.clone());
            calls.spawn(async move { post(&invoker, &url).await });
        }
        while let Some(answer) = calls.join_next().await {
            assert_eq!(answer.unwrap().unwrap(), "x");
        }
    }
    assert_eq!(server.connections(), CALLS);
}

#[tokio::test]
async fn an_answer_may_come_while_the_event_still_goes() {
    const BYTES: usize = 5_000_000;
    let server = Server::bare(move |_, stream| async move {
        let (mut read, mut write) = stream.into_split();
        // Neither side has room for all of it: who waits for the one before it goes on with the other waits for ever.
        let answering = async {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {BYTES}\r\n\r\n");
            write.write_all(head.as_bytes()).await.unwrap();
            for _ in 0..BYTES / 1000 {
                write.write_all(&[b'a'; 1000]).await.unwrap();
            }
        };
        let reading = async {
            let (mut buffer, mut left) = (vec![0; 1000], BYTES);
            while left > 0 {
                tokio::task::yield_now().await;
                left = left.saturating_sub(read.read(&mut buffer).await.unwrap());
            }
        };
        tokio::join!(answering, reading);
    })
    .await;
    let provider = endpoint(&server.url("/"));
    let large = Call {
        payload: Bytes::from(vec![b'e'; BYTES]),
        ..call("")
    };
    let invoker = invoker();
    let answering = invoker.invoke(&provider, large);
    let answer = tokio::time::timeout(Duration::from_secs(30), answering).await;
    assert_eq!(answer.unwrap().unwrap().body.len(), BYTES);
}

#[tokio::test]
async fn who_answers_before_it_has_read_the_event_gets_all_of_it() {
    const BYTES: usize = 5_000_000;
    let (read, mut was_read) = mpsc::unbounded_channel();
    let server = Server::bare(move |_, mut stream| {
        let read = read.clone();
        async move {
            let mut buffer = vec![0; 64 * 1024];
            let mut bytes = stream.read(&mut buffer[..100]).await.unwrap();
            let answer = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
            stream.write_all(answer).await.unwrap();
            while bytes < BYTES {
                tokio::time::sleep(Duration::from_millis(1)).await;
                match stream.read(&mut buffer).await {
                    Ok(0) | Err(_) => break,
                    Ok(more) => bytes += more,
                }
            }
            read.send(bytes).unwrap();
        }
    })
    .await;
    let provider = endpoint(&server.url("/"));
    let large = Call {
        payload: Bytes::from(vec![b'e'; BYTES]),
        ..call("")
    };
    let answer = invoker().invoke(&provider, large).await.unwrap();
    assert_eq!(answer.status, Some(202));
    assert!(was_read.recv().await.unwrap() >= BYTES);
}

#[tokio::test]
async fn an_answer_that_nobody_reads_costs_no_connection_if_all_of_it_is_there() {
    let server = Server::answering(|request| match request.target.as_str() {
        "/" => response(307, &[("location", "/next")], "it has moved"),
        _ => response(200, &[], "x"),
    })
    .await;
    let invoker = invoker();
    for _ in 0..5 {
        assert_eq!(post(&invoker, &server.url("/")).await.unwrap(), "x");
    }
    assert_eq!((server.requests().len(), server.connections()), (10, 1));
}

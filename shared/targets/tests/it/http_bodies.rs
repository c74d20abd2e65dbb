//! Bodies of answers: the size limit to the byte, gzip and what claims to be gzip.

use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use targets::{InvokeError, Invoker, TargetSettings};
use tokio::io::AsyncWriteExt as _;

use crate::http_calls::read_request;
use crate::server::{Server, response};
use crate::{post, with_settings};

const LIMIT: usize = 1000;

fn limited() -> Invoker {
    with_settings(TargetSettings {
        max_response_bytes: LIMIT,
        ..TargetSettings::default()
    })
}

fn gzip(data: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap().into()
}

#[tokio::test]
async fn the_limit_counts_bytes() {
    let server = Server::answering(|request| {
        let body = "x".repeat(request.target[2..].parse().unwrap());
        match &request.target[..2] {
            "/g" => response(200, &[("Content-Encoding", "gzip")], gzip(body.as_bytes())),
            _ => response(200, &[], body),
        }
    })
    .await;
    let invoker = limited();
    for kind in ["/p", "/g"] {
        for length in [0, 1, LIMIT - 1, LIMIT] {
            let result = post(&invoker, &server.url(&format!("{kind}{length}")))
                .await
                .unwrap();
            assert_eq!(result, "x".repeat(length), "{kind}");
        }
        for length in [LIMIT + 1, 100 * LIMIT] {
            let error = post(&invoker, &server.url(&format!("{kind}{length}")))
                .await
                .unwrap_err();
            assert!(
                matches!(error, InvokeError::ResponseTooLarge { limit: LIMIT }),
                "{kind}{length}: {error:?}"
            );
        }
    }
}

#[tokio::test]
async fn chunked_bodies_are_put_together_up_to_the_limit() {
    for (chunks, fits) in [(3, true), (10, true), (11, false)] {
        let server = Server::bare(move |_, mut stream| async move {
            read_request(&mut stream).await;
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                .await
                .unwrap();
            let chunk = format!("64\r\n{}\r\n", "x".repeat(100));
            for _ in 0..chunks {
                let _ = stream.write_all(chunk.as_bytes()).await;
            }
            let _ = stream.write_all(b"0\r\nX-Trailer: t\r\n\r\n").await;
        })
        .await;
        let result = post(&limited(), &server.url("/")).await;
        if fits {
            assert_eq!(result.unwrap().len(), chunks * 100);
        } else {
            assert!(
                matches!(result, Err(InvokeError::ResponseTooLarge { limit: LIMIT })),
                "{result:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_bomb_does_not_unfold() {
    let bomb = gzip(&vec![0; 100_000_000]);
    assert!(bomb.len() < 1_000_000);
    let server =
        Server::answering(move |_| response(200, &[("Content-Encoding", "GZIP")], bomb.clone())).await;
    let error = post(&with_settings(TargetSettings::default()), &server.url("/"))
        .await
        .unwrap_err();
    assert!(
        matches!(error, InvokeError::ResponseTooLarge { limit: 10_485_760 }),
        "{error:?}"
    );
}

#[tokio::test]
async fn gzip_members_follow_each_other_and_other_encodings_pass() {
    let server = Server::answering(|request| match request.target.as_str() {
        "/two" => response(
            200,
            &[("Content-Encoding", "gzip")],
            [gzip(b"one"), gzip(b"two")].concat(),
        ),
        "/empty" => response(204, &[("Content-Encoding", "gzip")], ""),
        _ => response(200, &[("Content-Encoding", "br")], "as it is"),
    })
    .await;
    let invoker = limited();
    for (path, want) in [("/two", "onetwo"), ("/empty", ""), ("/br", "as it is")] {
        assert_eq!(post(&invoker, &server.url(path)).await.unwrap(), want, "{path}");
    }
}

#[tokio::test]
async fn broken_gzip_fails_the_call() {
    let server = Server::answering(|request| {
        let whole = gzip(b"some text that is long enough to be cut");
        let body = match request.target.as_str() {
            "/cut" => whole.slice(..whole.len() - 5),
            "/head" => whole.slice(..5),
            _ => Bytes::from_static(b"no gzip at all"),
        };
        response(200, &[("Content-Encoding", "gzip")], body)
    })
    .await;
    let invoker = limited();
    for path in ["/cut", "/head", "/text"] {
        let error = post(&invoker, &server.url(path)).await.unwrap_err();
        assert!(
            matches!(error, InvokeError::Unavailable { .. }),
            "{path}: {error:?}"
        );
    }
}

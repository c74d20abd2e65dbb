//! What is kept of the body of a failure: a beginning, however the function sends it.

use std::io::Write as _;
use std::time::{Duration, Instant};

use domain::dead_letter::{LastResponse, MAX_RESPONSE_BYTES};
use domain::retry::FailureClass;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use targets::{InvokeError, Invoker, TargetSettings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;

use crate::http_calls::read_request;
use crate::server::{Server, response};
use crate::{EVENT, deliver, invoker, post, queued, with_options, with_settings};

/// The kept part of a call that fails with status 500.
async fn kept(invoker: &Invoker, url: &str) -> String {
    let error = deliver(invoker, url).await.unwrap_err();
    assert!(matches!(error, InvokeError::FunctionFailed { .. }), "{error:?}");
    assert_eq!(error.class(), FailureClass::Transient);
    assert!(
        error.to_string().ends_with("Error: HTTP status code: 500"),
        "{error}"
    );
    let LastResponse { status, body } = error.last_response().unwrap();
    assert_eq!(status, Some(500));
    assert!(body.len() <= MAX_RESPONSE_BYTES, "{}", body.len());
    body
}

#[tokio::test]
async fn the_beginning_is_kept_and_no_more() {
    let server = Server::answering(|request| match request.target.as_str() {
        "/empty" => response(500, &[], ""),
        "/short" => response(500, &[], "why"),
        "/limit" => response(500, &[], "x".repeat(MAX_RESPONSE_BYTES)),
        "/long" => response(500, &[], "x".repeat(1_000_000)),
        "/wide" => response(500, &[], "€".repeat(1000)),
        _ => response(500, &[], (0..=255).cycle().take(5000).collect::<Vec<u8>>()),
    })
    .await;
    let invoker = invoker();
    for (path, want) in [
        ("/empty", String::new()),
        ("/short", "why".to_owned()),
        ("/limit", "x".repeat(MAX_RESPONSE_BYTES)),
        ("/long", "x".repeat(MAX_RESPONSE_BYTES)),
        ("/wide", "€".repeat(MAX_RESPONSE_BYTES / "€".len())),
    ] {
        assert_eq!(kept(&invoker, &server.url(path)).await, want, "{path}");
    }
    let garbage = kept(&invoker, &server.url("/garbage")).await;
    assert!(
        garbage.contains("0123") && garbage.contains('\u{fffd}'),
        "{garbage}"
    );
}

#[tokio::test]
async fn rejections_keep_as_much() {
    let server = Server::answering(|_| response(422, &[], "é".repeat(10_000))).await;
    let answer = deliver(&invoker(), &server.url("/")).await.unwrap();
    assert_eq!(answer.body.len(), 20_000);
    assert_eq!(
        answer.last_response().unwrap().body,
        "é".repeat(MAX_RESPONSE_BYTES / 2)
    );
}

#[tokio::test]
async fn compressed_beginnings_are_unfolded_a_little() {
    let gzip = |data: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    };
    let bomb = gzip(&vec![b'x'; 10_000_000]);
    let cut = gzip(b"why it failed")[..20].to_vec();
    let members = gzip(b"").repeat(1000);
    let server = Server::answering(move |request| {
        let body = match request.target.as_str() {
            "/short" => gzip(b"why"),
            "/bomb" => bomb.clone(),
            "/members" => members.clone(),
            "/cut" => cut.clone(),
            _ => b"no gzip at all".to_vec(),
        };
        response(500, &[("Content-Encoding", "gzip")], body)
    })
    .await;
    let invoker = invoker();
    assert_eq!(kept(&invoker, &server.url("/short")).await, "why");
    assert_eq!(
        kept(&invoker, &server.url("/bomb")).await,
        "x".repeat(MAX_RESPONSE_BYTES)
    );
    for path in ["/members", "/plain"] {
        assert_eq!(kept(&invoker, &server.url(path)).await, "", "{path}");
    }
    let cut = kept(&invoker, &server.url("/cut")).await;
    assert!("why it failed".starts_with(&cut), "{cut}");
}

#[tokio::test]
async fn an_endless_body_is_left() {
    for head in [
        "HTTP/1.1 500 X\r\n\r\n",
        "HTTP/1.1 500 X\r\nContent-Length: 104857600\r\n\r\n",
        "HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n",
    ] {
        let (closed, mut written) = mpsc::unbounded_channel();
        let server = Server::bare(move |_, mut stream| {
            let closed = closed.clone();
            async move {
                read_request(&mut stream).await;
                stream.write_all(head.as_bytes()).await.unwrap();
                let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
                let mut sent = 0;
                while stream.write_all(chunk.as_bytes()).await.is_ok() {
                    sent += chunk.len();
                }
                closed.send(sent).unwrap();
            }
        })
        .await;
        let body = kept(&invoker(), &server.url("/")).await;
        assert!(
            body.ends_with("xxx") && body.len() == MAX_RESPONSE_BYTES,
            "{head:?}: {body}"
        );
        // The connection is dropped; what was sent fits the buffers of two sockets.
        let sent = written.recv().await.unwrap();
        assert!(sent < 20_000_000, "{head:?}: {sent}");
    }
}

#[tokio::test]
async fn a_body_that_breaks_or_stalls_is_kept_as_far_as_it_came() {
    for (sent, want) in [
        ("HTTP/1.1 500 X\r\nContent-Length: 10\r\n\r\nabc", "abc"),
        ("HTTP/1.1 500 X\r\nContent-Length: 10\r\n\r\n", ""),
        (
            "HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
            "abc",
        ),
        (
            "HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz",
            "abc",
        ),
    ] {
        for end in ["close", "half-close", "stall"] {
            let (done, mut is_done) = mpsc::unbounded_channel();
            let server = Server::bare(move |_, mut stream| {
                let done = done.clone();
                async move {
                    read_request(&mut stream).await;
                    stream.write_all(sent.as_bytes()).await.unwrap();
                    match end {
                        "close" => return,
                        "half-close" => stream.shutdown().await.unwrap(),
                        _ => {}
                    }
                    // Ends when the client goes.
                    let _ = stream.read(&mut [0; 64]).await;
                    done.send(()).unwrap();
                }
            })
            .await;
            let start = Instant::now();
            let body = kept(&invoker(), &server.url("/")).await;
            assert_eq!(body, want, "{sent:?} {end}");
            assert!(start.elapsed() < Duration::from_secs(20), "{sent:?} {end}");
            if end != "close" {
                is_done.recv().await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn a_slow_body_does_not_hold_the_call_nor_hide_the_status() {
    let server = Server::bare(|_, mut stream| async move {
        read_request(&mut stream).await;
        let head = "HTTP/1.1 500 X\r\nContent-Length: 100000\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut ticks = tokio::time::interval(Duration::from_millis(10));
        while stream.write_all(b"x").await.is_ok() {
            ticks.tick().await;
        }
    })
    .await;
    // Both the time that a body gets and that of the call end it; neither makes it a timeout.
    for (timeout, most) in [(Duration::from_mins(1), 20), (Duration::from_millis(200), 20)] {
        let invoker = with_settings(TargetSettings {
            timeout,
            ..TargetSettings::default()
        });
        let start = Instant::now();
        let body = kept(&invoker, &server.url("/")).await;
        assert!(body.starts_with('x') && body.len() < MAX_RESPONSE_BYTES, "{body}");
        assert!(
            start.elapsed() < Duration::from_secs(most),
            "{:?}",
            start.elapsed()
        );
    }
}

#[tokio::test]
async fn a_reset_is_a_passing_failure() {
    for status in [200, 422, 500] {
        let server = Server::bare(move |_, mut stream| async move {
            read_request(&mut stream).await;
            let head = format!("HTTP/1.1 {status} X\r\nContent-Length: 10\r\n\r\nabc");
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.set_zero_linger().unwrap();
        })
        .await;
        let error = post(&invoker(), &server.url("/")).await.unwrap_err();
        assert_eq!(error.class(), FailureClass::Transient);
        // A reset may overtake the status that was sent before it.
        let is_answered = status == 500 && matches!(error, InvokeError::FunctionFailed { .. });
        assert!(
            is_answered || matches!(error, InvokeError::Unavailable { .. }),
            "{status}: {error:?}"
        );
    }
}

/// A server that repeats what it was asked with, as error pages do.
#[tokio::test]
async fn credentials_of_the_url_are_not_kept() {
    let server = Server::answering(|request| {
        let authorization = request.header("authorization").unwrap_or_default();
        let text = format!("{} {authorization} user name, PASSWORD", request.target);
        let status = if request.target.starts_with("/refused") {
            404
        } else {
            500
        };
        response(status, &[], text)
    })
    .await;
    let (path, query) = ("/x", "?code=QUERY%20KEY&plain&empty=");
    for options in [json!({}), json!({"headers": {"X-Other": "value"}})] {
        for path in [path, "/refused"] {
            let url = server.url(&format!("{path}{query}"));
            let url = url.replace("://", "://user%20name:PASSWORD@");
            let delivered = invoker()
                .invoke(&with_options(&url, options.clone()), queued(EVENT))
                .await;
            let kept = match delivered {
                Err(error) => {
                    let shown = format!("{error} {error:?}");
                    assert!(!shown.contains("KEY") && !shown.contains("PASSWORD"), "{shown}");
                    error.last_response()
                }
                Ok(answer) => answer.last_response(),
            };
            let kept = kept.unwrap().body;
            assert_eq!(
                kept,
                format!("{path}?code=*****&*****&empty= Basic ***** *****, *****"),
                "{options}"
            );
        }
    }
}

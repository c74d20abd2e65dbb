//! Answers of HTTP functions in the response modes raw and stream: what a client waits for comes as it is.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::resource::{HttpEndpoint, Provider, ResponseMode};
use domain::retry::FailureClass;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::BodyExt as _;
use targets::{AnswerStreamError, Call, Caller, FunctionAnswer, InvokeError, Invoker, TargetSettings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;

use crate::http_calls::read_request;
use crate::server::{Server, response};
use crate::{EVENT, call, invoker, with_settings};

const PATIENCE: Duration = Duration::from_secs(20);

fn function(url: &str, mode: ResponseMode) -> Provider {
    Provider::Http(Box::new(HttpEndpoint {
        url: url.into(),
        response: Some(mode),
        ..HttpEndpoint::default()
    }))
}

/// A call of a client that waits.
async fn ask(invoker: &Invoker, url: &str, mode: ResponseMode) -> Result<FunctionAnswer, InvokeError> {
    let call = Call {
        caller: Caller::Client,
        original: None,
        needs_answer: true,
        ..call(EVENT)
    };
    invoker.invoke(&function(url, mode), call).await
}

/// The call of a queued delivery.
async fn deliver(invoker: &Invoker, url: &str, mode: ResponseMode) -> Result<FunctionAnswer, InvokeError> {
    let call = Call {
        caller: Caller::Queue,
        ..call(EVENT)
    };
    invoker.invoke(&function(url, mode), call).await
}

/// The whole body, wherever it is.
async fn body_of(answer: FunctionAnswer) -> Result<Bytes, AnswerStreamError> {
    match answer.passed_on.and_then(|passed_on| passed_on.stream) {
        Some(stream) => Ok(stream.collect().await?.to_bytes()),
        None => Ok(answer.body),
    }
}

fn gzip(data: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap().into()
}

async fn answering() -> Server {
    Server::answering(|request| match request.target.as_str() {
        "/gzip" => response(200, &[("Content-Encoding", "gzip")], gzip(b"text")),
        "/moved" => response(302, &[("Location", "/elsewhere")], "moved"),
        "/binary" => response(200, &[("X-Two", "a"), ("X-Two", "b")], &b"\x00\xff\xfe"[..]),
        "/busy" => response(503, &[("Retry-After", "7")], "later"),
        path => response(path[1..].parse().unwrap(), &[("Set-Cookie", "a=1")], "why"),
    })
    .await
}

#[tokio::test]
async fn status_headers_and_bytes_are_those_of_the_function() {
    let server = answering().await;
    for mode in [ResponseMode::Raw, ResponseMode::Stream] {
        for (path, status, body) in [
            ("/200", 200, Bytes::from("why")),
            ("/404", 404, Bytes::from("why")),
            ("/500", 500, Bytes::from("why")),
            ("/599", 599, Bytes::from("why")),
            ("/binary", 200, Bytes::from_static(b"\x00\xff\xfe")),
            ("/moved", 302, Bytes::from("moved")),
            ("/gzip", 200, gzip(b"text")),
        ] {
            let answer = ask(&invoker(), &server.url(path), mode).await.unwrap();
            assert_eq!(answer.status, Some(status));
            assert_eq!(answer.failure().is_some(), status >= 500, "{path}");
            assert_eq!(
                answer.rejection.is_some(),
                !(200..300).contains(&status),
                "{path}"
            );
            let passed_on = answer.passed_on.as_ref().unwrap();
            assert_eq!(passed_on.status.as_u16(), status);
            assert_eq!(passed_on.stream.is_some(), mode == ResponseMode::Stream);
            let (name, values) = match path {
                "/binary" => ("x-two", vec!["a", "b"]),
                "/moved" => ("location", vec!["/elsewhere"]),
                "/gzip" => ("content-encoding", vec!["gzip"]),
                _ => ("set-cookie", vec!["a=1"]),
            };
            let got: Vec<_> = passed_on.headers.get_all(name).iter().collect();
            assert_eq!(got, values, "{path}");
            assert_eq!(body_of(answer).await.unwrap(), body, "{path}");
        }
    }
    let requests = server.requests();
    // Redirects were not followed, and nobody asked for what the client may not understand.
    assert_eq!(requests.len(), 14);
    for request in requests {
        assert_eq!(request.header("accept-encoding"), Some("identity"));
    }
}

#[tokio::test]
async fn deliveries_keep_their_classes() {
    let server = answering().await;
    for mode in [ResponseMode::Raw, ResponseMode::Stream] {
        let taken = deliver(&invoker(), &server.url("/200"), mode).await.unwrap();
        assert!(taken.passed_on.is_none() && taken.rejection.is_none());
        assert_eq!(taken.body, if mode == ResponseMode::Raw { "why" } else { "" });
        let refused = deliver(&invoker(), &server.url("/404"), mode).await.unwrap();
        assert_eq!(refused.rejection.unwrap().class, FailureClass::Permanent);
        let error = deliver(&invoker(), &server.url("/busy"), mode).await.unwrap_err();
        assert_eq!(error.class(), FailureClass::Throttled);
        assert_eq!(error.last_response().unwrap().body, "later");
    }
}

#[tokio::test]
async fn the_limit_of_size_is_one_of_whole_answers() {
    let server =
        Server::answering(|request| response(200, &[], vec![b'x'; request.target[1..].parse().unwrap()]))
            .await;
    let invoker = with_settings(TargetSettings {
        max_response_bytes: 1000,
        ..TargetSettings::default()
    });
    for (path, fits) in [("/1000", true), ("/1001", false)] {
        let answer = ask(&invoker, &server.url(path), ResponseMode::Raw).await;
        assert_eq!(answer.is_ok(), fits);
        assert!(fits || matches!(answer, Err(InvokeError::ResponseTooLarge { limit: 1000 })));
        let answer = ask(&invoker, &server.url(path), ResponseMode::Stream)
            .await
            .unwrap();
        assert_eq!(body_of(answer).await.unwrap().len().to_string(), path[1..]);
        let delivered = deliver(&invoker, &server.url(path), ResponseMode::Stream).await;
        assert_eq!(delivered.unwrap().body, "");
    }
}

const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/// Sends a head and a piece for each permit, then what is left.
async fn paced(pieces: Arc<Semaphore>, end: &'static [u8]) -> Server {
    Server::bare(move |_, mut stream| {
        let pieces = pieces.clone();
        async move {
            read_request(&mut stream).await;
            stream.write_all(CHUNKED).await.unwrap();
            for _ in 0..2 {
                pieces.acquire().await.unwrap().forget();
                stream.write_all(b"3\r\nabc\r\n").await.unwrap();
            }
            pieces.acquire().await.unwrap().forget();
            stream.write_all(end).await.unwrap();
        }
    })
    .await
}

#[tokio::test]
async fn pieces_come_while_the_function_goes_on() {
    for (end, is_whole) in [(&b"0\r\n\r\n"[..], true), (b"3\r\na", false), (b"", false)] {
        let pieces = Arc::new(Semaphore::new(0));
        let server = paced(pieces.clone(), end).await;
        let answer = ask(&invoker(), &server.url("/"), ResponseMode::Stream)
            .await
            .unwrap();
        let mut stream = answer.passed_on.unwrap().stream.unwrap();
        for _ in 0..2 {
            pieces.add_permits(1);
            let frame = timeout(PATIENCE, stream.frame()).await.unwrap().unwrap().unwrap();
            assert_eq!(frame.into_data().unwrap(), "abc");
        }
        pieces.add_permits(1);
        // What came of a piece that breaks off may come or not.
        let mut last = stream.frame().await;
        while let Some(Ok(_)) = last {
            last = stream.frame().await;
        }
        assert_eq!(last.is_none(), is_whole, "{last:?}");
        assert!(is_whole || matches!(last, Some(Err(AnswerStreamError::Broken(_)))));
    }
}

#[tokio::test]
async fn the_time_of_a_call_is_that_of_the_head() {
    let server = Server::bare(|_, mut stream| async move {
        read_request(&mut stream).await;
        stream.write_all(CHUNKED).await.unwrap();
        wait_for_end(&mut stream).await;
    })
    .await;
    let invoker = with_settings(TargetSettings {
        timeout: Duration::from_millis(100),
        stream_idle_timeout: Duration::from_millis(300),
        ..TargetSettings::default()
    });
    let answer = ask(&invoker, &server.url("/"), ResponseMode::Stream)
        .await
        .unwrap();
    let error = body_of(answer).await.unwrap_err();
    assert!(matches!(error, AnswerStreamError::Idle { .. }), "{error:?}");
    // A whole answer, and a delivery, have the one time for all.
    for result in [
        ask(&invoker, &server.url("/"), ResponseMode::Raw).await,
        deliver(&invoker, &server.url("/"), ResponseMode::Stream).await,
    ] {
        assert!(matches!(result, Err(InvokeError::TimedOut { .. })), "{result:?}");
    }
}

async fn wait_for_end(stream: &mut TcpStream) {
    let mut rest = [0; 64];
    while stream.read(&mut rest).await.is_ok_and(|read| read > 0) {}
}

#[tokio::test]
async fn an_answer_that_nobody_wants_any_more_ends_the_connection() {
    let (told, mut ended) = mpsc::unbounded_channel();
    let server = Server::bare(move |_, mut stream| {
        let told = told.clone();
        async move {
            read_request(&mut stream).await;
            stream.write_all(CHUNKED).await.unwrap();
            wait_for_end(&mut stream).await;
            told.send(()).unwrap();
        }
    })
    .await;
    let answer = ask(&invoker(), &server.url("/"), ResponseMode::Stream)
        .await
        .unwrap();
    assert!(ended.try_recv().is_err());
    drop(answer);
    timeout(PATIENCE, ended.recv()).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_reader_that_stops_stops_the_function() {
    let (told, mut written) = mpsc::unbounded_channel();
    let server = Server::bare(move |_, mut stream| {
        let told = told.clone();
        async move {
            read_request(&mut stream).await;
            stream.write_all(CHUNKED).await.unwrap();
            let piece = [b"10000\r\n", vec![b'x'; 0x10000].as_slice(), b"\r\n"].concat();
            while stream.write_all(&piece).await.is_ok() {
                let _ = told.send(());
            }
        }
    })
    .await;
    let answer = ask(&invoker(), &server.url("/"), ResponseMode::Stream)
        .await
        .unwrap();
    // Only the buffers of both sockets fill up.
    let mut pieces = 0;
    while timeout(Duration::from_millis(500), written.recv()).await.is_ok() {
        pieces += 1;
        assert!(pieces < 1000, "64 MB that nobody has read");
    }
    let mut stream = answer.passed_on.unwrap().stream.unwrap();
    let mut read = 0;
    while read < pieces * 0x10000 + 0x1_0000 {
        let frame = timeout(PATIENCE, stream.frame()).await.unwrap().unwrap().unwrap();
        read += frame.into_data().unwrap().len();
    }
}

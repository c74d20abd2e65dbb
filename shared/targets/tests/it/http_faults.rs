//! HTTP functions that break: refused, closed, silent, endless. Each is a clear error, in bounded time and memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use domain::retry::FailureClass;
use serde_json::json;
use targets::{InvokeError, TargetSettings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;

use crate::http_calls::read_request;
use crate::server::Server;
use crate::{EVENT, call, deliver, invoker, post, with_options, with_settings};

#[tokio::test]
async fn unusable_urls_fail_for_good() {
    let invoker = invoker();
    for url in [
        "ftp://u:secret@h/x?secret",
        "mailto:x",
        "http:x",
        "http://u:secret@:80/?secret",
        "http://h:99999/",
        "x",
        "",
    ] {
        let error = post(&invoker, url).await.unwrap_err();
        assert!(
            matches!(error, InvokeError::Unavailable { .. }) && error.class() == FailureClass::Permanent,
            "{url}: {error:?}"
        );
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }
}

#[tokio::test]
async fn a_refused_connection_is_named_without_the_url() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = post(&invoker(), &format!("http://user:secret@{address}/?token=secret"))
        .await
        .unwrap_err();
    assert!(
        matches!(error, InvokeError::Unavailable { .. }) && error.class() == FailureClass::Transient,
        "{error:?}"
    );
    let text = error.to_string();
    assert!(
        text.starts_with("Function call failed. Error: ") && text.contains("refused"),
        "{text}"
    );
    assert!(!format!("{text} {error:?}").contains("secret"), "{error:?}");
}

#[tokio::test]
async fn a_host_that_cannot_be_looked_up_may_appear() {
    // Longer than a label may be, so that no name server is asked.
    let error = post(&invoker(), &format!("http://{}.invalid/", "x".repeat(64)))
        .await
        .unwrap_err();
    assert!(
        matches!(error, InvokeError::Unavailable { permanent: false, .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_cut_answer_fails_and_nothing_is_sent_twice() {
    for sent in [
        "",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        "gibberish\r\n\r\n",
    ] {
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        let server = Server::bare(move |_, mut stream| {
            let counted = Arc::clone(&counted);
            async move {
                read_request(&mut stream).await;
                // A kept-alive connection is where a client is tempted to send again.
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                    .await
                    .unwrap();
                read_request(&mut stream).await;
                counted.fetch_add(1, Ordering::SeqCst);
                stream.write_all(sent.as_bytes()).await.unwrap();
            }
        })
        .await;
        let invoker = invoker();
        assert_eq!(post(&invoker, &server.url("/")).await.unwrap(), "ok");
        let error = post(&invoker, &server.url("/")).await.unwrap_err();
        assert!(
            matches!(error, InvokeError::Unavailable { .. }) && error.class() == FailureClass::Transient,
            "{sent:?}: {error:?}"
        );
        assert_eq!(
            (requests.load(Ordering::SeqCst), server.connections()),
            (1, 1),
            "{sent:?}"
        );
    }
}

#[tokio::test]
async fn silence_and_trickles_end_at_the_timeout() {
    for (head, trickle) in [
        ("", false),
        ("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", true),
    ] {
        let (closed, mut is_closed) = mpsc::unbounded_channel();
        let server = Server::bare(move |_, mut stream| {
            let closed = closed.clone();
            async move {
                read_request(&mut stream).await;
                stream.write_all(head.as_bytes()).await.unwrap();
                if trickle {
                    let mut ticks = tokio::time::interval(Duration::from_millis(10));
                    while stream.write_all(b"x").await.is_ok() {
                        ticks.tick().await;
                    }
                } else {
                    // Ends when the client gives up; how it closes does not matter.
                    let _ = stream.read(&mut [0; 64]).await;
                }
                closed.send(()).unwrap();
            }
        })
        .await;
        let limit = Duration::from_millis(200);
        let invoker = with_settings(TargetSettings {
            timeout: limit,
            ..TargetSettings::default()
        });
        let start = Instant::now();
        let error = post(&invoker, &server.url("/")).await.unwrap_err();
        let elapsed = start.elapsed();
        assert!(
            matches!(error, InvokeError::TimedOut { limit: given } if given == limit),
            "{error:?}"
        );
        assert_eq!(
            (error.class(), error.last_response()),
            (FailureClass::Transient, None)
        );
        assert!(
            elapsed >= limit && elapsed < Duration::from_secs(5),
            "{elapsed:?}"
        );
        is_closed.recv().await.unwrap();
    }
}

#[tokio::test]
async fn endless_and_huge_answers_are_cut() {
    for head in [
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
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
        let error = post(&invoker(), &server.url("/")).await.unwrap_err();
        assert!(
            matches!(error, InvokeError::ResponseTooLarge { limit: 10_485_760 }),
            "{head:?}: {error:?}"
        );
        assert_eq!(error.class(), FailureClass::Permanent);
        // The connection is dropped; what was sent beyond the limit fits the buffers of two sockets.
        let sent = written.recv().await.unwrap();
        assert!(sent < 50_000_000, "{head:?}: {sent}");
    }
}

#[tokio::test]
async fn endless_headers_are_cut() {
    let server = Server::bare(|_, mut stream| async move {
        read_request(&mut stream).await;
        let mut answer = String::from("HTTP/1.1 200 OK\r\nX-Endless: ");
        while stream.write_all(answer.as_bytes()).await.is_ok() {
            answer = "x".repeat(0x10000);
        }
    })
    .await;
    let error = post(&invoker(), &server.url("/")).await.unwrap_err();
    assert!(matches!(error, InvokeError::Unavailable { .. }), "{error:?}");
}

/// Answers that are nearly right.
const NEARLY: [&str; 5] = [
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
    "HTTP/1.1 503 X\r\nRetry-After: 7\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    "HTTP/1.1 429 X\r\nRetry-After: 7\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "HTTP/1.1 308 X\r\nLocation: http://[::1]:1/\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
];

#[tokio::test]
async fn garbage_is_an_answer_or_an_error() {
    let seed = fastrand::u64(..);
    let server = Server::bare(move |number, mut stream| async move {
        let mut random = fastrand::Rng::with_seed(seed.wrapping_add(number as u64));
        let mut answer = NEARLY[number % NEARLY.len()].as_bytes().to_vec();
        for _ in 0..number % 8 {
            let at = random.usize(..answer.len());
            answer[at] = random.u8(..);
        }
        read_request(&mut stream).await;
        // The client may have gone after the first of it.
        let _ = stream.write_all(&answer).await;
    })
    .await;
    // Each on a connection of its own.
    for number in 0..300 {
        let result =
            tokio::time::timeout(Duration::from_secs(20), deliver(&invoker(), &server.url("/"))).await;
        let shown = format!("seed {seed}, number {number}: {result:?}");
        match result.unwrap_or_else(|_| panic!("{shown}")) {
            Ok(answer) => assert_eq!(
                answer.rejection.is_none(),
                answer.status.is_some_and(|status| (200..300).contains(&status)),
                "{shown}"
            ),
            Err(error) => assert_ne!(error.class(), FailureClass::Gone, "{shown}"),
        }
    }
}

/// A server so busy that connections have to wait. How long they may is up to the call, not to those with less time.
#[tokio::test]
async fn a_patient_call_waits_for_its_connection() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    // More than the system lets wait.
    let waiting: Vec<_> = (0..4)
        .map(|_| tokio::spawn(TcpStream::connect(address)))
        .collect();
    tokio::time::sleep(Duration::from_millis(100)).await;

    let invoker = with_settings(TargetSettings {
        timeout: Duration::from_millis(100),
        ..TargetSettings::default()
    });
    let patient = with_options(&format!("http://{address}/"), json!({"timeoutSeconds": 60}));
    let patient = tokio::spawn(async move { invoker.invoke(&patient, call(EVENT)).await });
    tokio::time::sleep(Duration::from_millis(500)).await;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                read_request(&mut stream).await;
                let _ = stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone")
                    .await;
            });
        }
    });
    assert_eq!(patient.await.unwrap().unwrap().body, "done");
    drop(waiting);
}

//! https servers that pick HTTP/2, and those that do not.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::json;
use targets::{InvokeError, Invoker, TargetSettings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::mtls::Authority;
use crate::server::{Server, response};
use crate::{EVENT, call, invoker, with_options, with_settings};

/// Sends an event to a path of a server and gives the body of the answer.
pub(crate) async fn deliver(
    invoker: &Invoker,
    authority: &Authority,
    port: u16,
    path: &str,
) -> Result<Bytes, InvokeError> {
    let url = format!("https://localhost:{port}{path}");
    let provider = with_options(&url, json!({"tls": {"certificateAuthority": authority.pem()}}));
    let answer = invoker.invoke(&provider, call(EVENT)).await?;
    Ok(answer.body)
}

/// Hands each connection that picked HTTP/2, with its number from 0, to the function.
pub(crate) async fn picking<F>(
    authority: &Authority,
    serve: impl Fn(usize, TlsStream<TcpStream>) -> F + Clone + Send + Sync + 'static,
) -> Server
where
    F: Future<Output = ()> + Send + 'static,
{
    let acceptor = TlsAcceptor::from(Arc::new(authority.offering(&[b"h2"])));
    Server::bare(move |number, stream| {
        let (acceptor, serve) = (acceptor.clone(), serve.clone());
        async move {
            // Clients that have opened too many connections go away again.
            if let Ok(stream) = acceptor.accept(stream).await {
                serve(number, stream).await;
            }
        }
    })
    .await
}

/// A server whose answers may take their time.
pub(crate) async fn answering<F>(
    authority: &Authority,
    answer: impl Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
) -> Server
where
    F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
{
    picking(authority, move |_, stream| serve(stream, answer.clone())).await
}

async fn serve<F>(
    stream: TlsStream<TcpStream>,
    answer: impl Fn(Request<Incoming>) -> F + Send + Sync + 'static,
) where
    F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
{
    let service = service_fn(move |request| {
        let answering = answer(request);
        async move { Ok::<_, Infallible>(answering.await) }
    });
    let _ = http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

#[tokio::test]
async fn the_server_picks_the_version() {
    let authority = Authority::new();
    let invoker = invoker();
    for (versions, want) in [
        (&[&b"h2"[..], b"http/1.1"][..], Version::HTTP_2),
        (&[b"h2"], Version::HTTP_2),
        (&[b"http/1.1"], Version::HTTP_11),
        (&[], Version::HTTP_11),
    ] {
        let server =
            Server::answering_tls(authority.offering(versions), |_| response(200, &[], "secure")).await;
        let port = server.address().port();
        for _ in 0..3 {
            let body = deliver(&invoker, &authority, port, "/a?b=c").await.unwrap();
            assert_eq!(body, "secure");
        }
        assert_eq!(server.connections(), 1, "{want:?}");
        for received in server.requests() {
            assert_eq!((received.version, received.method.as_str()), (want, "POST"));
            assert_eq!(received.body, EVENT);
            assert_eq!(received.header("content-length"), Some(&*EVENT.len().to_string()));
            assert_eq!(received.header("user-agent"), Some("Go-http-client/1.1"));
            for name in ["connection", "transfer-encoding", "te"] {
                assert_eq!(received.header(name), None, "{name}");
            }
            let host = format!("localhost:{port}");
            if want == Version::HTTP_2 {
                assert_eq!(received.target, format!("https://{host}/a?b=c"));
                assert_eq!(received.header("host"), None);
            } else {
                assert_eq!(received.target, "/a?b=c");
                assert_eq!(received.header("host"), Some(&*host));
            }
        }
    }
}

#[tokio::test]
async fn calls_at_once_share_connections() {
    let authority = Arc::new(Authority::new());
    let invoker = invoker();
    // So many share one, and those beyond it have others.
    for (calls, most_connections) in [(20, 1), (60, 29)] {
        let together = Arc::new(Barrier::new(calls));
        let server = answering(&authority, move |request| {
            let together = Arc::clone(&together);
            async move {
                if request.uri().path() == "/together" {
                    together.wait().await;
                }
                response(200, &[], "x")
            }
        })
        .await;
        let port = server.address().port();
        // Those that find no connection open one each.
        deliver(&invoker, &authority, port, "/").await.unwrap();
        let mut under_way = JoinSet::new();
        for _ in 0..calls {
            let (invoker, authority) = (invoker.clone(), Arc::clone(&authority));
            under_way.spawn(async move { deliver(&invoker, &authority, port, "/together").await });
        }
        while let Some(answer) = under_way.join_next().await {
            assert_eq!(answer.unwrap().unwrap(), "x");
        }
        assert!(
            server.connections() <= most_connections,
            "{} for {calls}",
            server.connections()
        );
    }
}

#[tokio::test]
async fn large_events_and_answers_pass() {
    let authority = Authority::new();
    let config = authority.offering(&[b"h2"]);
    let server = Server::answering_tls(config, |_| response(200, &[], "x".repeat(3_000_000))).await;
    let invoker = invoker();
    let event = format!("\"{}\"", "e".repeat(2_000_000));
    let url = format!("https://localhost:{}/", server.address().port());
    let provider = with_options(&url, json!({"tls": {"certificateAuthority": authority.pem()}}));
    let payload = Bytes::from(event.clone());
    let answer = invoker.invoke(
        &provider,
        targets::Call {
            payload,
            ..call(EVENT)
        },
    );
    assert_eq!(answer.await.unwrap().body.len(), 3_000_000);
    assert_eq!(server.requests()[0].body, event);
}

#[tokio::test]
async fn a_call_that_is_given_up_leaves_the_connection_to_others() {
    let authority = Authority::new();
    let server = answering(&authority, async |request: Request<Incoming>| {
        if request.uri().path() == "/never" {
            std::future::pending::<()>().await;
        }
        response(200, &[], "x")
    })
    .await;
    let port = server.address().port();
    let invoker = with_settings(TargetSettings {
        timeout: Duration::from_secs(2),
        ..TargetSettings::default()
    });
    for _ in 0..2 {
        assert_eq!(deliver(&invoker, &authority, port, "/").await.unwrap(), "x");
        assert!(deliver(&invoker, &authority, port, "/never").await.is_err());
    }
    assert_eq!(deliver(&invoker, &authority, port, "/").await.unwrap(), "x");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn what_a_server_refused_unseen_is_sent_again() {
    let authority = Authority::new();
    let server = picking(&authority, async |_, stream| {
        let mut connection = h2::server::handshake(stream).await.unwrap();
        let mut is_first = true;
        while let Some(Ok((_request, mut answer))) = connection.accept().await {
            if is_first {
                answer.send_reset(h2::Reason::REFUSED_STREAM);
            } else {
                let mut body = answer.send_response(Response::new(()), false).unwrap();
                body.send_data(Bytes::from_static(b"x"), true).unwrap();
            }
            is_first = false;
        }
    })
    .await;
    let port = server.address().port();
    assert_eq!(deliver(&invoker(), &authority, port, "/").await.unwrap(), "x");
    assert_eq!(server.connections(), 1);

    // Only what it refused: this one may have had its effect.
    let server = picking(&authority, async |_, stream| {
        let mut connection = h2::server::handshake(stream).await.unwrap();
        while let Some(Ok((_request, mut answer))) = connection.accept().await {
            answer.send_reset(h2::Reason::INTERNAL_ERROR);
        }
    })
    .await;
    let failed = deliver(&invoker(), &authority, server.address().port(), "/").await;
    assert!(
        matches!(failed, Err(InvokeError::Unavailable { permanent: false, .. })),
        "{failed:?}"
    );
    assert_eq!(server.connections(), 1);
}

/// Whether the frames of a client, after its preface, have a head among them.
fn has_head(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(24..).unwrap_or_default();
    while let [a, b, c, kind, ..] = *rest {
        if kind == 1 {
            return true;
        }
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        rest = rest.get(9 + length..).unwrap_or_default();
    }
    false
}

/// Sends these frames once a head has come, and reads to the end.
async fn say(mut stream: TlsStream<TcpStream>, frames: &[u8]) {
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    stream.write_all(&settings).await.unwrap();
    let mut bytes = Vec::new();
    while !has_head(&bytes) {
        assert!(stream.read_buf(&mut bytes).await.unwrap() > 0);
    }
    stream.write_all(frames).await.unwrap();
    while stream.read_buf(&mut bytes).await.is_ok_and(|read| read > 0) {}
}

#[tokio::test]
async fn a_server_that_goes_away_is_found_again() {
    let authority = Authority::new();
    // It says that the stream is one of those that it left out.
    let server = picking(&authority, async |number, stream| {
        if number == 0 {
            let go_away = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            say(stream, &go_away).await;
        } else {
            serve(stream, async |_| response(200, &[], "x")).await;
        }
    })
    .await;
    let port = server.address().port();
    assert_eq!(deliver(&invoker(), &authority, port, "/").await.unwrap(), "x");
    assert_eq!(server.connections(), 2);

    // It finishes what it was asked, and closes.
    let server = picking(&authority, async |_, stream| {
        let mut connection = h2::server::handshake(stream).await.unwrap();
        while let Some(Ok((_request, mut answer))) = connection.accept().await {
            let mut body = answer.send_response(Response::new(()), false).unwrap();
            body.send_data(Bytes::from_static(b"x"), true).unwrap();
            connection.graceful_shutdown();
        }
    })
    .await;
    let (port, invoker) = (server.address().port(), invoker());
    for _ in 0..3 {
        assert_eq!(deliver(&invoker, &authority, port, "/").await.unwrap(), "x");
    }
}

#[tokio::test]
async fn answers_that_are_cut_off_or_have_too_many_headers_are_none() {
    let authority = Authority::new();
    // 200, with and without `content-length: 10`; two bytes, with and without the end of the stream; and a reset as after
    // a complete answer.
    let announced = &[0, 0, 6, 1, 4, 0, 0, 0, 1, 0x88, 0x0f, 0x0d, 2, b'1', b'0'][..];
    let not_announced = &[0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88][..];
    for (head, ends_stream) in [(announced, 0), (not_announced, 0), (not_announced, 1)] {
        let data = [0, 0, 2, 0, ends_stream, 0, 0, 0, 1, b'{', b'}'];
        let reset = [0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 0];
        let frames = Arc::new([head, &data, &reset].concat());
        let server = picking(&authority, move |_, stream| {
            let frames = Arc::clone(&frames);
            async move { say(stream, &frames).await }
        })
        .await;
        match deliver(&invoker(), &authority, server.address().port(), "/").await {
            Ok(body) => assert_eq!((&body[..], ends_stream), (&b"{}"[..], 1)),
            Err(InvokeError::Unavailable { permanent: false, .. }) => assert_eq!(ends_stream, 0, "{head:?}"),
            Err(error) => panic!("{error:?}"),
        }
    }

    let config = authority.offering(&[b"h2"]);
    let server = Server::answering_tls(config, |_| response(200, &[("x-a", "b"); 150], "x")).await;
    let failed = deliver(&invoker(), &authority, server.address().port(), "/").await;
    let text = failed.unwrap_err().to_string();
    assert!(text.contains("more than 100 headers"), "{text}");
}

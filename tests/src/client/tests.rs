//! The client against servers that answer in every way a connection allows.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, body::Bytes, http::HeaderMap, routing::any};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::{Answer, Api, ExchangeError, Host, Request};

const LIMIT: Duration = Duration::from_secs(5);

/// Answers the first connection with fixed bytes and closes it; `None` drops it at once.
async fn fixed(answer: Option<&'static [u8]>) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        // The request must be read, or closing would reset the connection.
        let mut request = [0; 1024];
        let _length = stream.read(&mut request).await?;
        stream.write_all(answer.unwrap_or_default()).await
    });
    Ok(address)
}

async fn exchange(
    method: &str,
    answer: Option<&'static [u8]>,
) -> anyhow::Result<Result<Answer, ExchangeError>> {
    let address = fixed(answer).await?;
    let request = Request {
        method: method.to_owned(),
        target: "/".to_owned(),
        ..Request::default()
    };
    Ok(Host::Tcp {
        events: address,
        config: address,
    }
    .send(Api::Events, &request, LIMIT)
    .await)
}

#[tokio::test]
async fn answers_are_read_whatever_their_framing() -> anyhow::Result<()> {
    for (method, bytes, status, body) in [
        ("GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, "hi"),
        (
            "GET",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n3;x=y\r\n ho\r\n0\r\n\r\n",
            200,
            "hi ho",
        ),
        (
            "GET",
            "HTTP/1.0 404 Not Found\r\n\r\nuntil the end",
            404,
            "until the end",
        ),
        (
            "GET",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
            201,
            "",
        ),
        (
            "GET",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 404 Not Found\r\n\r\n",
            200,
            "hi",
        ),
        ("GET", "HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
        ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", 200, ""),
        (
            "HEAD",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
            200,
            "hi",
        ),
    ] {
        let answer = exchange(method, Some(bytes.as_bytes())).await??;
        assert_eq!(
            (answer.status, answer.text().as_str()),
            (status, body),
            "{method} {bytes}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn what_is_no_answer_is_told_apart() -> anyhow::Result<()> {
    assert!(matches!(exchange("GET", None).await?, Err(ExchangeError::Closed)));
    for early in ["HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh"] {
        let exchanged = exchange("GET", Some(early.as_bytes())).await?;
        assert!(
            matches!(exchanged, Err(ExchangeError::Truncated(_))),
            "{early}: {exchanged:?}"
        );
    }
    for odd in ["nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"] {
        let exchanged = exchange("GET", Some(odd.as_bytes())).await?;
        assert!(
            matches!(exchanged, Err(ExchangeError::Malformed(_))),
            "{odd}: {exchanged:?}"
        );
    }
    Ok(())
}

/// Tells what arrived, one thing a line.
async fn echo(method: http::Method, uri: http::Uri, headers: HeaderMap, body: Bytes) -> String {
    let header = |name: &str| {
        headers
            .get(name)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let body = String::from_utf8_lossy(&body);
    format!(
        "{method} {uri} {:?} {:?} {body}",
        header("x-test"),
        header("content-length")
    )
}

async fn hosts() -> std::io::Result<[Host; 3]> {
    let router = Router::new().fallback(any(echo));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(axum::serve(listener, router.clone()).into_future());
    Ok([
        Host::InProcess {
            events: router.clone(),
            config: router.clone(),
        },
        Host::Tcp {
            events: address,
            config: address,
        },
        Host::Lambda {
            events: lambda::http::service(router.clone()),
            config: lambda::http::service(router),
        },
    ])
}

#[tokio::test]
async fn all_hosts_hand_over_the_same_request() -> anyhow::Result<()> {
    for host in hosts().await? {
        for (request, want) in [
            (
                Request {
                    method: "GET".to_owned(),
                    target: "//a/../b%20?q=%zz".to_owned(),
                    ..Request::default()
                },
                "GET //a/../b%20?q=%zz None None ",
            ),
            (
                Request {
                    method: "POST".to_owned(),
                    target: "/".to_owned(),
                    headers: vec![("X-TEST".to_owned(), "é".to_owned())],
                    body: Some(b"body".to_vec()),
                    chunked: false,
                },
                "POST / Some(\"é\") Some(\"4\") body",
            ),
        ] {
            let answer = host.send(Api::Config, &request, LIMIT).await?;
            assert_eq!(answer.text(), want, "{host:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn connection_features_are_refused_without_one() -> anyhow::Result<()> {
    let [in_process, tcp, lambda] = hosts().await?;
    let chunked = Request {
        method: "POST".to_owned(),
        target: "/".to_owned(),
        body: Some(b"chunks".to_vec()),
        chunked: true,
        ..Request::default()
    };
    for host in [&in_process, &lambda] {
        let refused = host.send(Api::Events, &chunked, LIMIT).await;
        assert!(matches!(refused, Err(ExchangeError::NeedsConnection)));
    }
    assert_eq!(
        tcp.send(Api::Events, &chunked, LIMIT).await?.text(),
        "POST / None None chunks"
    );
    let raw = b"GET /raw HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    for host in [&in_process, &lambda] {
        let refused = host.send_raw(Api::Events, raw, LIMIT).await;
        assert!(matches!(refused, Err(ExchangeError::NeedsConnection)));
    }
    assert_eq!(
        tcp.send_raw(Api::Events, raw, LIMIT).await?.text(),
        "GET /raw None None "
    );
    Ok(())
}

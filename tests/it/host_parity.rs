//! What a router sees and what its client gets, the same through every host: one test for each way in which hosts are
//! known to differ by themselves.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{OriginalUri, Path};
use axum::http::{HeaderMap, HeaderValue, Method, Uri, Version};
use axum::response::Response;
use axum::routing::{any, get};
use event_gateway_tests::client::{Answer, Api, Host, Request};
use lambda_http::{Context, LambdaEvent};
use serde_json::json;
use tokio::net::TcpListener;
use tower::ServiceExt as _;

const LIMIT: Duration = Duration::from_secs(5);

/// Tells what arrived, one thing a line.
async fn tell(method: Method, uri: Uri, version: Version, headers: HeaderMap, body: Bytes) -> String {
    let header = |name| {
        headers
            .get(name)
            .map(HeaderValue::as_bytes)
            .map(String::from_utf8_lossy)
    };
    let (odd, cookie) = (header("x-odd"), header("cookie"));
    let uri_host = uri.host();
    format!("{method} {uri}\n{uri_host:?}\n{version:?}\nodd {odd:?}\ncookie {cookie:?}\n{body:?}")
}

/// Bytes that are no text, without a word on what they are.
async fn bytes() -> Response {
    Response::new(Body::from(&b"\xff\xfe\x00"[..]))
}

async fn octets() -> ([(&'static str, &'static str); 1], &'static [u8]) {
    ([("content-type", "application/octet-stream")], b"\xff\xfe\x00")
}

async fn latin1() -> ([(&'static str, &'static str); 1], &'static [u8]) {
    ([("content-type", "text/plain; charset=iso-8859-1")], b"\xe9")
}

async fn repeated() -> Response {
    let mut response = Response::new(Body::empty());
    for (name, value) in [
        ("vary", "a"),
        ("vary", "b"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2; Path=/"),
    ] {
        response
            .headers_mut()
            .append(name, HeaderValue::from_static(value));
    }
    response
}

async fn parameter(Path(name): Path<String>, OriginalUri(uri): OriginalUri) -> String {
    format!("{name} {uri}")
}

fn router() -> Router {
    Router::new()
        .route("/bytes", get(bytes))
        .route("/octets", get(octets))
        .route("/latin1", get(latin1))
        .route("/repeated", get(repeated))
        .route("/known", get(async || "known"))
        .route("/parameter/{name}", get(parameter))
        .route("/empty", any(async || ()))
        .fallback(tell)
}

async fn hosts() -> anyhow::Result<[(&'static str, Host); 3]> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(axum::serve(listener, router()).into_future());
    let (events, config) = (router(), router());
    let in_process = Host::InProcess { events, config };
    let (events, config) = (address, address);
    let tcp = Host::Tcp { events, config };
    let (events, config) = (lambda::http::service(router()), lambda::http::service(router()));
    let lambda = Host::Lambda { events, config };
    Ok([("in-process", in_process), ("tcp", tcp), ("lambda", lambda)])
}

fn request(method: &str, target: &str) -> Request {
    Request {
        method: method.to_owned(),
        target: target.to_owned(),
        ..Request::default()
    }
}

/// Sends a request through each host and lets `check` look at the answer.
async fn through_all(request: Request, check: impl Fn(&str, Answer)) -> anyhow::Result<()> {
    for (name, host) in hosts().await? {
        check(name, host.send(Api::Events, &request, LIMIT).await?);
    }
    Ok(())
}

/// Checks what a router is told to have arrived.
async fn arrives(request: Request, want: &str) -> anyhow::Result<()> {
    through_all(request, |host, answer| assert_eq!(answer.text(), want, "{host}")).await
}

#[tokio::test]
async fn a_stage_with_a_name_is_no_part_of_the_path() -> anyhow::Result<()> {
    let path = "GET /a\nNone\nHTTP/1.1\nodd None\ncookie None\nb\"\"";
    arrives(request("GET", "/a"), path).await?;
    let event = json!({
        "version": "2.0",
        "rawPath": "/prod/a",
        "rawQueryString": "",
        "headers": {},
        "isBase64Encoded": false,
        "requestContext": {
            "domainName": "tests.execute-api.eu-central-1.amazonaws.com",
            "http": { "method": "GET", "path": "/prod/a" },
            "stage": "prod",
            "timeEpoch": 0,
        },
    });
    let event = LambdaEvent::new(serde_json::from_value(event)?, Context::default());
    let result = lambda::http::service(router()).oneshot(event).await?;
    assert_eq!(serde_json::to_value(result)?["body"], path);
    Ok(())
}

#[tokio::test]
async fn targets_are_not_normalised() -> anyhow::Result<()> {
    for target in [
        "/a/../b",
        "/./a",
        "//a//b/",
        "/%68%2F",
        "/a?q=%20&q&&=",
        "/{a}|^\\?{b}|^\\`[]",
    ] {
        let want = format!("GET {target}\nNone\nHTTP/1.1\nodd None\ncookie None\nb\"\"");
        arrives(request("GET", target), &want).await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_host_is_in_the_header_alone() -> anyhow::Result<()> {
    let headers = vec![("Host".to_owned(), "example.com:8080".to_owned())];
    let request = Request {
        headers,
        ..request("GET", "/a")
    };
    let want = "GET /a\nNone\nHTTP/1.1\nodd None\ncookie None\nb\"\"";
    arrives(request, want).await
}

#[tokio::test]
async fn headers_and_bodies_arrive_as_they_are() -> anyhow::Result<()> {
    let headers = [("X-Odd", "grün, \"b\""), ("Cookie", "a=1; b=2")];
    let headers = headers
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
    let body = Some(b"\xff\xfe\x00".to_vec());
    let request = Request {
        headers,
        body,
        ..request("PURGE", "/a")
    };
    let want = "PURGE /a\nNone\nHTTP/1.1\nodd Some(\"grün, \\\"b\\\"\")\ncookie Some(\"a=1; b=2\")\nb\"\\xff\\xfe\\0\"";
    arrives(request, want).await
}

#[tokio::test]
async fn bytes_without_a_content_type_stay_as_they_are() -> anyhow::Result<()> {
    through_all(request("GET", "/bytes"), |host, answer| {
        assert_eq!(answer.body, b"\xff\xfe\x00", "{host}");
        // Something has to be said on Lambda, which makes up a type of its own otherwise.
        let want: &[&str] = if host == "lambda" {
            &["application/octet-stream"]
        } else {
            &[]
        };
        assert_eq!(answer.header_values("content-type"), want, "{host}");
    })
    .await
}

#[tokio::test]
async fn octets_stay_as_they_are() -> anyhow::Result<()> {
    through_all(request("GET", "/octets"), |host, answer| {
        assert_eq!(answer.body, b"\xff\xfe\x00", "{host}");
        assert_eq!(
            answer.header_values("content-type"),
            ["application/octet-stream"],
            "{host}"
        );
    })
    .await
}

#[tokio::test]
async fn text_keeps_its_encoding() -> anyhow::Result<()> {
    through_all(request("GET", "/latin1"), |host, answer| {
        assert_eq!(answer.body, b"\xe9", "{host}");
    })
    .await
}

#[tokio::test]
async fn a_method_that_a_path_does_not_know_is_405() -> anyhow::Result<()> {
    through_all(request("BREW", "/known"), |host, answer| {
        assert_eq!((answer.status, &*answer.body), (405, &b""[..]), "{host}");
        assert_eq!(answer.header_values("allow"), ["GET,HEAD"], "{host}");
    })
    .await
}

#[tokio::test]
async fn escaped_slashes_in_parameters_are_decoded_but_kept_in_the_target() -> anyhow::Result<()> {
    arrives(request("GET", "/parameter/a%2Fb"), "a/b /parameter/a%2Fb").await
}

#[tokio::test]
async fn headers_keep_all_their_values() -> anyhow::Result<()> {
    through_all(request("GET", "/repeated"), |host, answer| {
        assert_eq!(answer.header_values("vary").join(", "), "a, b", "{host}");
        assert_eq!(
            answer.header_values("set-cookie"),
            ["a=1", "b=2; Path=/"],
            "{host}"
        );
    })
    .await
}

#[tokio::test]
async fn an_answer_to_head_has_no_body() -> anyhow::Result<()> {
    for path in ["/known", "/bytes", "/empty", "/other"] {
        through_all(request("HEAD", path), |host, answer| {
            assert_eq!((answer.status, &*answer.body), (200, &b""[..]), "{host} {path}");
        })
        .await?;
    }
    Ok(())
}

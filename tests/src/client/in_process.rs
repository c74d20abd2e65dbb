//! Calls a router as a service: the HTTP server's parser, framing and connection handling are left out.

use axum::{Router, body::Body, response::Response};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::{Answer, ExchangeError, Request};

/// The gateway's address as its clients would name it; nothing listens there.
const AUTHORITY: &str = "127.0.0.1:4000";

/// Calls the router once and collects the response.
///
/// The call runs in a task of its own, as it would on a server: a panic ends the request, not the suite.
pub(super) async fn call(router: Router, request: &Request) -> Result<Answer, ExchangeError> {
    if request.chunked {
        return Err(ExchangeError::NeedsConnection);
    }
    let head = request.method == "HEAD";
    let request = encode(request).map_err(ExchangeError::Inexpressible)?;
    let called = tokio::spawn(async move {
        let Ok(response) = router.oneshot(request).await;
        collect(response, head).await
    });
    called.await.map_err(ExchangeError::Panicked)?
}

fn encode(request: &Request) -> Result<http::Request<Body>, http::Error> {
    let mut builder = http::Request::builder()
        .method(request.method.as_bytes())
        .uri(&request.target);
    if !request.has_header("Host") {
        builder = builder.header("Host", AUTHORITY);
    }
    for (name, value) in &request.headers {
        builder = builder.header(name, value.as_bytes());
    }
    let Some(body) = &request.body else {
        return builder.body(Body::empty());
    };
    if !request.has_header("Content-Length") {
        builder = builder.header("Content-Length", body.len());
    }
    builder.body(Body::from(body.clone()))
}

async fn collect(response: Response, head: bool) -> Result<Answer, ExchangeError> {
    let (parts, body) = response.into_parts();
    let headers = parts.headers.iter();
    let headers = headers
        .map(|(name, value)| (name.to_string(), super::tcp::latin1(value.as_bytes())))
        .collect();
    let body = body.collect().await.map_err(ExchangeError::Body)?.to_bytes();
    // The server never sends a body here, whatever the router returns; only the TCP host can tell that it does not.
    let bodiless = head || matches!(parts.status.as_u16(), 204 | 304);
    let body = if bodiless { Vec::new() } else { body.to_vec() };
    Ok(Answer {
        status: parts.status.as_u16(),
        headers,
        body,
    })
}

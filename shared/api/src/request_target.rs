//! Requests that any HTTP server answers by itself, before an API sees them (CONTRACT.md §2.1).

use axum::response::{IntoResponse, Response};
use domain::validation::has_valid_escapes;
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, Version, header};

/// The answer to a request whose target or host is not as HTTP wants it, and to `OPTIONS *`.
pub(crate) fn answer_by_itself(parts: &Parts) -> Option<Response> {
    let path = parts.uri.path();
    if path == "*" && parts.method == Method::OPTIONS {
        return Some(StatusCode::OK.into_response());
    }
    // A bare word reads as the target of CONNECT.
    if path.is_empty() && parts.uri.scheme().is_none() && parts.method != Method::CONNECT {
        return Some(bad_request("400 Bad Request: bad request target\n"));
    }
    if !has_valid_escapes(path) {
        return Some(bad_request("400 Bad Request: bad escape in the path\n"));
    }
    let has_host = parts.uri.authority().is_some() || parts.headers.contains_key(header::HOST);
    if parts.version == Version::HTTP_11 && !has_host {
        return Some(bad_request("400 Bad Request: missing required Host header\n"));
    }
    None
}

fn bad_request(text: &'static str) -> Response {
    plain_text(StatusCode::BAD_REQUEST, text)
}

/// An answer in plain text.
pub(crate) fn plain_text(status: StatusCode, text: &'static str) -> Response {
    let content_type = HeaderValue::from_static("text/plain; charset=utf-8");
    (status, [(header::CONTENT_TYPE, content_type)], text).into_response()
}

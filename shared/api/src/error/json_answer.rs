//! Answers in JSON.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

/// A JSON answer: compact, with a newline at the end (docs/contract.md §0.2).
pub(crate) fn json_line<T: Serialize>(status: StatusCode, value: &T) -> Response {
    json_answer(status, json_bytes(value))
}

/// A value as JSON, with a newline at the end.
pub(crate) fn json_bytes<T: Serialize>(value: &T) -> Bytes {
    let mut body = serde_json::to_vec(value).unwrap_or_default();
    body.push(b'\n');
    body.into()
}

/// An answer whose body is JSON already.
pub(crate) fn json_answer(status: StatusCode, body: Bytes) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))],
        body,
    )
        .into_response()
}

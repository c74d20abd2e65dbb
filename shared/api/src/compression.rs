//! Answers in gzip, br or zstd for clients that take one of these. An answer is compressed as a whole once it is there, so
//! that nothing of an encoder is held for a client that reads slowly.

use std::convert::Infallible;
use std::future::ready;

use axum::body::{Body, HttpBody};
use axum::response::Response;
use bytes::Bytes;
use futures_util::FutureExt as _;
use gateway::BytesInFlight;
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Collected, Full};
use offload::off_runtime;
use tower::{Service as _, service_fn};
use tower_http::compression::Compression;
use tower_http::compression::predicate::Predicate;

/// Answers below this size, in bytes, fit into a packet or two as they are.
const SMALLEST: u64 = 1024;

/// Answers from this size on, in bytes, are compressed off the runtime: smaller ones take less than a millisecond.
const LARGE: usize = 16 * 1024;

/// Headers that are about the very bytes of an answer.
const ABOUT_BYTES: [HeaderName; 5] = [
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("digest"),
    HeaderName::from_static("content-md5"),
    header::CONTENT_ENCODING,
    header::CONTENT_RANGE,
];

/// Says of an answer that it is passed on while it comes in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Streamed;

/// What a client says of the codings that it takes.
#[derive(Debug)]
pub(crate) struct AskedCodings(HeaderMap);

impl AskedCodings {
    /// What the headers of its request say.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut kept = HeaderMap::new();
        for line in headers.get_all(header::ACCEPT_ENCODING) {
            kept.append(header::ACCEPT_ENCODING, line.clone());
        }
        Self(kept)
    }
}

/// An answer in a coding that its client asked for, or as it is. Both forms count in the budget while both are there; where
/// there is no room for that, it stays as it is.
pub(crate) async fn compressed(
    asked: AskedCodings,
    response: Response,
    in_flight: BytesInFlight,
) -> Response {
    if !is_worth_it(&response) {
        return response;
    }
    let (parts, body) = response.into_parts();
    // What is whole cannot break off.
    let bytes = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
    let as_it_is = Response::from_parts(parts.clone(), Body::from(bytes.clone()));
    let mut held = in_flight.none_held();
    if !held.grow(bytes.len()) {
        return as_it_is;
    }
    let length = bytes.len();
    let encode = move || encode(asked, Response::from_parts(parts, Full::new(bytes)));
    let encoded = if length < LARGE {
        encode()
    } else {
        off_runtime(encode).await
    };
    let Some(encoded) = encoded else {
        return as_it_is;
    };
    let (mut parts, bytes) = encoded.into_parts();
    if !parts.headers.contains_key(header::CONTENT_ENCODING) {
        return Response::from_parts(parts, as_it_is.into_body());
    }
    weaken_etag(&mut parts.headers);
    held.shrink(bytes.len());
    Response::from_parts(parts, Body::from(held.around(bytes)))
}

/// Whether an answer is whole, not small, and of a kind that gets smaller.
fn is_worth_it(response: &Response) -> bool {
    let is_whole = response.extensions().get::<Streamed>().is_none();
    let size = response.body().size_hint().exact();
    let headers = response.headers();
    is_whole
        && size.is_some_and(|size| size >= SMALLEST)
        && response.status() != StatusCode::PARTIAL_CONTENT
        && !ABOUT_BYTES.iter().any(|name| headers.contains_key(name))
        && !forbids_transform(headers)
        && headers.get(header::CONTENT_TYPE).is_some_and(is_text)
}

/// Whether `Cache-Control` says `no-transform`.
fn forbids_transform(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::CACHE_CONTROL).iter();
    lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .any(|directive| directive.trim_ascii().eq_ignore_ascii_case(b"no-transform"))
}

/// Whether a media type is one of text in some form. Events of a server are read as they come, so they are none.
fn is_text(content_type: &HeaderValue) -> bool {
    let whole = content_type.to_str().unwrap_or_default().to_ascii_lowercase();
    let essence = whole.split(';').next().unwrap_or_default().trim();
    let Some((kind, subtype)) = essence.split_once('/') else {
        return false;
    };
    let known = [
        "json",
        "xml",
        "javascript",
        "x-javascript",
        "x-ndjson",
        "wasm",
        "yaml",
        "x-yaml",
        "x-www-form-urlencoded",
    ];
    kind == "text" && subtype != "event-stream"
        || kind == "application" && known.contains(&subtype)
        || ["+json", "+xml", "+yaml"]
            .iter()
            .any(|suffix| subtype.ends_with(suffix))
}

/// An answer as its client wants it, which it may be already.
fn encode(asked: AskedCodings, whole: Response<Full<Bytes>>) -> Option<Response<Bytes>> {
    let mut request = Request::new(());
    *request.headers_mut() = asked.0;
    let mut whole = Some(whole);
    let answer =
        service_fn(move |_: Request<()>| ready(Ok::<_, Infallible>(whole.take().unwrap_or_default())));
    let mut service = Compression::new(answer).compress_when(Always);
    // Nothing of it waits for anything.
    let (parts, body) = service.call(request).now_or_never()?.ok()?.into_parts();
    let bytes = body.collect().now_or_never()?.ok()?.to_bytes();
    Some(Response::from_parts(parts, bytes))
}

/// That an answer is worth it has been decided before.
#[derive(Debug, Clone, Copy)]
struct Always;

impl Predicate for Always {
    fn should_compress<B: HttpBody>(&self, _: &Response<B>) -> bool {
        true
    }
}

/// The tag of an answer that has other bytes now, but means the same (RFC 9110, section 8.8.1).
fn weaken_etag(headers: &mut HeaderMap) {
    if let Some(tag) = headers.get_mut(header::ETAG)
        && tag.as_bytes().starts_with(b"\"")
        && let Ok(weak) = HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat())
    {
        *tag = weak;
    }
}

#[cfg(test)]
mod tests;

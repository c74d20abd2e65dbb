//! Answers of functions that are passed on as they are.

use bytes::Bytes;
use http::StatusCode;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::{FunctionResponse, belongs_to_connection};
use crate::json;

impl FunctionResponse {
    /// The answer of a function that speaks HTTP. Only headers of the connection are left out.
    pub fn passed_on(status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        Self::bare(status, end_to_end(headers), body)
    }

    /// The result of a function that does not speak HTTP, as the body of an answer.
    pub fn of_payload(status: StatusCode, payload: Bytes) -> Self {
        let mut headers = HeaderMap::new();
        if json::raw_value(&payload).is_some() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        Self::guessed(status, headers, payload)
    }
}

/// The headers without those of the connection that they came on (RFC 9110, section 7.6.1), its framing included.
pub fn end_to_end(mut headers: HeaderMap) -> HeaderMap {
    let nominated: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| HeaderName::from_bytes(name.trim().as_bytes()).ok())
        .collect();
    let of_connection: Vec<HeaderName> = headers
        .keys()
        .filter(|name| belongs_to_connection(name))
        .cloned()
        .collect();
    for name in nominated.into_iter().chain(of_connection) {
        headers.remove(name);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_the_connection_stay_behind() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-Hop"),
            ("connection", "te"),
            ("x-hop", "1"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("trailer", "x-sum"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("content-length", "7"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
            ("content-encoding", "gzip"),
            ("etag", "\"x\""),
        ] {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers.append("x-bytes", HeaderValue::from_bytes(b"\xff").unwrap());
        let kept = end_to_end(headers);
        let mut names: Vec<_> = kept.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["content-encoding", "etag", "set-cookie", "x-bytes"]);
        assert_eq!(kept.get_all("set-cookie").iter().count(), 2);
    }

    #[test]
    fn bodies_are_kept_where_there_may_be_one() {
        for (status, want) in [
            (200, "x"),
            (204, ""),
            (205, ""),
            (304, ""),
            (404, "x"),
            (500, "x"),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let answer = FunctionResponse::passed_on(status, HeaderMap::new(), Bytes::from_static(b"x"));
            assert_eq!((answer.status, &*answer.body), (status, want.as_bytes()));
            // Nobody but the function knows the type.
            assert!(answer.headers.is_empty());
        }
    }

    #[test]
    fn payloads_have_the_type_of_what_they_are() {
        for (payload, want) in [
            (&b"{\"a\":1}"[..], Some("application/json")),
            (b" [1] \n", Some("application/json")),
            (b"\"text\"", Some("application/json")),
            (b"null", Some("application/json")),
            (b"<p>x</p>", Some("text/html; charset=utf-8")),
            (b"\x00\xff", Some("application/octet-stream")),
            (b"{\"a\":1} x", Some("text/plain; charset=utf-8")),
            (b"", None),
        ] {
            let answer = FunctionResponse::of_payload(StatusCode::OK, Bytes::from_static(payload));
            let got = answer
                .headers
                .get("content-type")
                .map(|value| value.to_str().unwrap());
            assert_eq!((got, &*answer.body), (want, payload));
        }
    }
}

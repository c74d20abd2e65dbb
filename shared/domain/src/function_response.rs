//! What a sync function's caller is answered with: the response object (docs/contract.md §2.6), that of Amazon API Gateway,
//! or the function's answer itself.

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};

use crate::json::{JsonError, Object};
use crate::sniff::sniff;

mod passed_on;
mod proxy;

pub use passed_on::end_to_end;
pub use proxy::{Prelude, PreludeError};

/// What a function answers a caller with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionResponse {
    /// Status of the answer.
    pub status: StatusCode,
    /// Headers of the answer. Unless an HTTP function's own answer is passed on, a body has a content type.
    pub headers: HeaderMap,
    /// Body of the answer; empty where the status allows none.
    pub body: Bytes,
}

/// A function result that is no response object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("HTTP response object malformed")]
pub struct MalformedResponse(#[source] Option<JsonError>);

impl MalformedResponse {
    /// One whose members are JSON of the right types, and make no answer all the same.
    const MEANINGLESS: Self = Self(None);
}

impl From<JsonError> for MalformedResponse {
    fn from(cause: JsonError) -> Self {
        Self(Some(cause))
    }
}

impl FunctionResponse {
    /// Reads the result of a function.
    pub fn from_result(result: &[u8]) -> Result<Self, MalformedResponse> {
        let object = Object::from_slice(result)?;
        let status = match object.integer("statusCode")? {
            None => StatusCode::OK,
            Some(code) => status(code).ok_or(MalformedResponse::MEANINGLESS)?,
        };
        let given = object.strings("headers")?.unwrap_or_default();
        // A map of headers is bounded; one that is full with these, a content type and those of CORS is no answer.
        let mut headers =
            HeaderMap::try_with_capacity(given.len() + 8).map_err(|_| MalformedResponse::MEANINGLESS)?;
        for (name, value) in &given {
            if let Ok(name) = HeaderName::from_bytes(name.as_bytes())
                && !belongs_to_connection(&name)
                && let Some(value) = header_value(value)
            {
                headers
                    .try_insert(name, value)
                    .map_err(|_| MalformedResponse::MEANINGLESS)?;
            }
        }
        let body = Bytes::from(object.string_or_empty("body")?);
        Ok(Self::guessed(status, headers, body))
    }

    /// An answer whose content type is guessed unless it has one.
    fn guessed(status: StatusCode, mut headers: HeaderMap, body: Bytes) -> Self {
        let has_type = headers.contains_key(header::CONTENT_TYPE);
        if !body.is_empty() && !has_type && may_have_content(status) {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(sniff(&body)));
        }
        Self::bare(status, headers, body)
    }

    /// An answer as it is, but for a body where its status allows none.
    fn bare(status: StatusCode, headers: HeaderMap, mut body: Bytes) -> Self {
        if !may_have_content(status) {
            body = Bytes::new();
        }
        Self {
            status,
            headers,
            body,
        }
    }
}

/// Whether answers of a status may have content (RFC 9110, section 6.4.1): interim ones, 204, 205 and 304 never do.
pub fn may_have_content(status: StatusCode) -> bool {
    !status.is_informational()
        && !matches!(
            status,
            StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
        )
}

/// A status a final answer can have (Q19).
fn status(code: i64) -> Option<StatusCode> {
    u16::try_from(code)
        .ok()
        .filter(|code| (200..1000).contains(code))
        .and_then(|code| StatusCode::from_u16(code).ok())
}

/// Headers of the hop, which only the server may set (Q20).
fn belongs_to_connection(name: &HeaderName) -> bool {
    [
        header::CONNECTION,
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
        header::TE,
        header::TRAILER,
    ]
    .contains(name)
        || matches!(name.as_str(), "keep-alive" | "proxy-connection")
}

/// A value with control characters made blanks (Q21).
fn header_value(value: &str) -> Option<HeaderValue> {
    let blank = |b: u8| {
        if (b < b' ' && b != b'\t') || b == 0x7f {
            b' '
        } else {
            b
        }
    };
    HeaderValue::from_str(value)
        .or_else(|_| HeaderValue::from_bytes(&value.bytes().map(blank).collect::<Vec<_>>()))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects() {
        for (text, status, body) in [
            ("{}", 200, ""),
            ("null", 200, ""),
            (r#"{"message":"x"}"#, 200, ""),
            (r#"{"STATUSCODE":201,"Body":"b"}"#, 201, "b"),
            (r#"{"statusCode":null,"headers":null,"body":null}"#, 200, ""),
            (r#"{"statusCode":204,"body":"b"}"#, 204, ""),
            (r#"{"statusCode":205,"body":"b"}"#, 205, ""),
            (r#"{"statusCode":304,"body":"b"}"#, 304, ""),
            (r#"{"statusCode":999,"body":"b"}"#, 999, "b"),
        ] {
            let response = FunctionResponse::from_result(text.as_bytes()).unwrap();
            assert_eq!(
                (response.status.as_u16(), &*response.body),
                (status, body.as_bytes()),
                "{text}"
            );
        }
    }

    #[test]
    fn malformed() {
        for text in [
            "",
            "[]",
            "\"x\"",
            "5",
            "{} x",
            r#"{"statusCode":"200"}"#,
            r#"{"statusCode":200.0}"#,
            r#"{"statusCode":99}"#,
            r#"{"statusCode":100}"#,
            r#"{"statusCode":1000}"#,
            r#"{"statusCode":-1}"#,
            r#"{"body":{}}"#,
            r#"{"headers":{"a":1}}"#,
        ] {
            let err = FunctionResponse::from_result(text.as_bytes()).unwrap_err();
            assert_eq!(err.to_string(), "HTTP response object malformed", "{text}");
        }
    }

    #[test]
    fn headers() {
        let text = r#"{"headers":{"x-a":"1\r\nx-b: 2","bad header":"x","Content-Length":"99","connection":"close","x-null":null,"Set-Cookie":"a=1; Path=/"},"body":"<p>"}"#;
        let headers = FunctionResponse::from_result(text.as_bytes()).unwrap().headers;
        assert_eq!(headers["x-a"], "1  x-b: 2");
        assert_eq!(headers["x-null"], "");
        assert_eq!(headers["set-cookie"], "a=1; Path=/");
        assert_eq!(headers["content-type"], "text/html; charset=utf-8");
        assert_eq!(headers.len(), 4);
    }
}

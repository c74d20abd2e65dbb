//! What a sync function's caller is answered with: the response object (docs/contract.md §2.6), that of Amazon API Gateway,
//! or the function's answer itself.

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};

use crate::sniff::sniff;

mod change;
mod malformed;
mod passed_on;
mod proxy;
mod response_object;
mod transformed;

pub use change::{AnswerView, ResponseChange};
pub use malformed::{Malformation, MalformedResponse};
pub use passed_on::end_to_end;
pub use proxy::{Prelude, PreludeError};
pub use transformed::UntransformedAnswer;

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

impl FunctionResponse {
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

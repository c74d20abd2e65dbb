//! By what the way of an event is followed through several programs: the id of the request that it came with, and the
//! context of W3C Trace Context. Both are the sender's words, so they are bounded and passed on as they are.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

/// Header with the id of a request.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Header with the place of a request in a trace.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// Header with what tracing systems keep beside it.
pub const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Most bytes of a request id.
const MAX_REQUEST_ID_BYTES: usize = 128;
/// Bytes of the parts of `traceparent` that every version has.
const TRACEPARENT_BYTES: usize = 55;
/// Most bytes of it in a version that is not known yet.
const MAX_TRACEPARENT_BYTES: usize = 128;
/// Most bytes of `tracestate` that are passed on, as its specification wants it.
const MAX_TRACESTATE_BYTES: usize = 512;

/// What of it is passed on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TraceSettings {
    /// The id of the request.
    pub request_ids: bool,
    /// The context of a trace.
    pub context: bool,
}

/// By what an event is followed. One of the members is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "TraceRecord", into = "TraceRecord")]
pub struct Trace {
    request_id: Option<HeaderValue>,
    parent: Option<HeaderValue>,
    state: Option<HeaderValue>,
}

/// The same as JSON.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TraceRecord {
    /// Id of the request, `X-Request-Id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    request_id: Option<String>,
    /// `traceparent` of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    traceparent: Option<String>,
    /// `tracestate` of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    tracestate: Option<String>,
}

/// Whether a value may be the id of a request: visible ASCII, and not too long.
pub fn is_request_id(value: &HeaderValue) -> bool {
    (1..=MAX_REQUEST_ID_BYTES).contains(&value.len()) && value.as_bytes().iter().all(u8::is_ascii_graphic)
}

impl Trace {
    /// What a request brings of it; `None` if that is nothing. What is malformed is left out, as is one of several.
    pub fn of_request(headers: &HeaderMap, settings: TraceSettings) -> Option<Self> {
        let single = |name: &HeaderName| {
            let mut lines = headers.get_all(name).iter();
            lines.next().filter(|_| lines.next().is_none()).cloned()
        };
        let mut trace = Self::default();
        if settings.request_ids {
            trace.request_id = single(&REQUEST_ID).filter(is_request_id);
        }
        if settings.context {
            trace.parent = single(&TRACEPARENT).filter(is_traceparent);
            // Without a place in a trace it says nothing.
            if trace.parent.is_some() {
                trace.state = state(headers);
            }
        }
        (trace.request_id.is_some() || trace.parent.is_some()).then_some(trace)
    }

    /// The id of the request, for logs.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_ref()?.to_str().ok()
    }

    /// Headers that pass it on.
    pub fn headers(&self) -> impl Iterator<Item = (HeaderName, &HeaderValue)> {
        let all = [
            (REQUEST_ID, &self.request_id),
            (TRACEPARENT, &self.parent),
            (TRACESTATE, &self.state),
        ];
        all.into_iter()
            .filter_map(|(name, value)| Some((name, value.as_ref()?)))
    }
}

/// The id of the trace that a request is part of, by its single `traceparent`.
pub fn trace_id(headers: &HeaderMap) -> Option<&str> {
    let mut lines = headers.get_all(TRACEPARENT).iter();
    let parent = lines.next().filter(|_| lines.next().is_none())?;
    let parent = parent.to_str().ok().filter(|_| is_traceparent(parent))?;
    parent.split('-').nth(1)
}

/// `tracestate`, which may come on several lines.
fn state(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut lines = headers.get_all(TRACESTATE).iter();
    let first = lines.next()?;
    let bytes: usize = headers
        .get_all(TRACESTATE)
        .iter()
        .map(|line| line.len() + 1)
        .sum();
    if bytes > MAX_TRACESTATE_BYTES + 1 {
        return None;
    }
    let whole = if lines.next().is_none() {
        first.clone()
    } else {
        let lines = headers.get_all(TRACESTATE).iter().map(HeaderValue::as_bytes);
        HeaderValue::from_bytes(&lines.collect::<Vec<_>>().join(&b',')).ok()?
    };
    is_text(&whole).then_some(whole)
}

/// Whether a header is text, so that it can stand in JSON.
fn is_text(value: &HeaderValue) -> bool {
    !value.is_empty() && value.to_str().is_ok()
}

/// Whether a value has the form of a version: `00-<32 digits>-<16 digits>-<2 digits>`, and only later ones go on.
fn is_traceparent(value: &HeaderValue) -> bool {
    let bytes = value.as_bytes();
    let Some((known, rest)) = bytes.split_at_checked(TRACEPARENT_BYTES) else {
        return false;
    };
    let is_hex = |part: &[u8]| part.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let mut parts = known.split(|b| *b == b'-');
    let lengths = [2, 32, 16, 2];
    let are_right = lengths.into_iter().all(|length| {
        parts
            .next()
            .is_some_and(|part| part.len() == length && is_hex(part))
    });
    let is_later =
        known[..2] != *b"00" && rest.first() == Some(&b'-') && rest.iter().all(u8::is_ascii_graphic);
    are_right && known[..2] != *b"ff" && bytes.len() <= MAX_TRACEPARENT_BYTES && (rest.is_empty() || is_later)
}

/// What is stored was sent in a header once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("trace is not made of headers")]
pub struct MalformedTrace;

impl TryFrom<TraceRecord> for Trace {
    type Error = MalformedTrace;

    fn try_from(record: TraceRecord) -> Result<Self, MalformedTrace> {
        let header = |text: Option<String>| {
            let value = text.map(HeaderValue::try_from).transpose();
            value.map_err(|_| MalformedTrace)
        };
        Ok(Self {
            request_id: header(record.request_id)?,
            parent: header(record.traceparent)?,
            state: header(record.tracestate)?,
        })
    }
}

impl From<Trace> for TraceRecord {
    fn from(trace: Trace) -> Self {
        let text =
            |value: Option<HeaderValue>| value.and_then(|value| value.to_str().ok().map(str::to_owned));
        Self {
            request_id: text(trace.request_id),
            traceparent: text(trace.parent),
            tracestate: text(trace.state),
        }
    }
}

#[cfg(test)]
mod tests;

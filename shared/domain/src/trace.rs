//! By what the way of an event is followed through several programs: the id of the request that it came with, and the
//! context of W3C Trace Context. Both are the sender's words, so they are bounded and passed on as they are.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

mod span_context;
mod xray_header;

pub use span_context::SpanContext;
use span_context::is_traceparent;
pub use xray_header::of_xray_header;

/// Header with the id of a request.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Header with the place of a request in a trace.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// Header with what tracing systems keep beside it.
pub const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Most bytes of a request id.
const MAX_REQUEST_ID_BYTES: usize = 128;
/// Most bytes of `tracestate` that are passed on, as its specification wants it.
const MAX_TRACESTATE_BYTES: usize = 512;

/// What of it is passed on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TraceSettings {
    /// The id of the request.
    pub request_ids: bool,
    /// The context of a trace.
    pub context: bool,
    /// The same as extensions of events that have none, by the extension of CloudEvents for distributed tracing.
    pub events: bool,
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
            trace.parent = single(&TRACEPARENT).filter(|value| is_traceparent(value.as_bytes()));
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

    /// The span that it names; `None` if there is none.
    pub fn context(&self) -> Option<SpanContext> {
        SpanContext::of_traceparent(self.parent.as_ref()?.to_str().ok()?)
    }

    /// The same at another span. What tracing systems keep beside it stays where it was of the same trace.
    #[must_use]
    pub fn at(&self, span: SpanContext) -> Self {
        let goes_on = self.context().is_some_and(|before| before.trace == span.trace);
        Self {
            request_id: self.request_id.clone(),
            parent: Some(span.to_traceparent()),
            state: self.state.clone().filter(|_| goes_on),
        }
    }

    /// Puts its place in a trace into the headers of a request that goes on, unless that is what they say already.
    pub fn replace_in(&self, headers: &mut HeaderMap) {
        let Some(parent) = &self.parent else { return };
        if headers.get(TRACEPARENT) == Some(parent) {
            return;
        }
        headers.insert(TRACEPARENT, parent.clone());
        match &self.state {
            Some(state) => headers.insert(TRACESTATE, state.clone()),
            None => headers.remove(TRACESTATE),
        };
    }

    /// Those of them that say where it is in a trace.
    pub(crate) fn context_headers(&self) -> impl Iterator<Item = (HeaderName, &HeaderValue)> {
        self.headers().filter(|(name, _)| *name != REQUEST_ID)
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
    let parent = single_parent(headers)?;
    let parent = Some(parent).filter(|parent| is_traceparent(parent.as_bytes()))?;
    parent.split('-').nth(1)
}

/// The span that a request was sent in, by its single `traceparent`.
pub fn sender(headers: &HeaderMap) -> Option<SpanContext> {
    SpanContext::of_traceparent(single_parent(headers)?)
}

fn single_parent(headers: &HeaderMap) -> Option<&str> {
    let mut lines = headers.get_all(TRACEPARENT).iter();
    let parent = lines.next().filter(|_| lines.next().is_none())?;
    parent.to_str().ok()
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

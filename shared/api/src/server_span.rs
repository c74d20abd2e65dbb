//! The span of a request to the Events API. It says which route the request reached and how it was answered; what was really asked
//! for, and who asked, is nobody's business.

use axum::extract::Request;
use domain::trace::SpanContext;
use gateway::{Gateway, Seen};
use http::{HeaderValue, Method, StatusCode, Version};
use traces::Placed;

/// What a method is called that is none of HTTP's own, in names and as an attribute.
const OTHER: (&str, &str) = ("HTTP", "_OTHER");

const STATUS: &str = "http.response.status_code";

/// The place of a request in a trace, with its span if that is recorded.
#[derive(Debug)]
pub(crate) struct ServerSpan {
    placed: Placed,
    method: (&'static str, &'static str),
}

impl ServerSpan {
    /// Begins it; `None` where the request goes on as its headers say.
    pub(crate) fn begin(gateway: &Gateway, request: &Request, id: Option<&HeaderValue>) -> Option<Box<Self>> {
        let method = names_of(request.method());
        let mut placed = gateway.tracer().serve(request.headers(), method.0)?;
        if let Some(span) = &mut placed.span {
            span.text("http.request.method", method.1);
            if let Some(version) = version(request.version()) {
                span.text("network.protocol.version", version);
            }
            if let Some(id) = id.and_then(|id| id.to_str().ok()) {
                span.text("event_gateway.request_id", id);
            }
        }
        Some(Box::new(Self { placed, method }))
    }

    /// Where the request is in its trace.
    pub(crate) fn context(&self) -> SpanContext {
        self.placed.context
    }

    /// The head of the answer is there.
    pub(crate) fn answered(self, seen: &Seen, status: StatusCode) {
        let Some(mut span) = self.placed.span else { return };
        if let Some(route) = seen.route() {
            span.rename(&format!("{} {}", self.method.0, route.path));
            span.text("http.route", &route.path);
        }
        if let Some(space) = seen.space() {
            span.text("event_gateway.space", space.as_str());
        }
        span.number(STATUS, status.as_u16());
        if status.is_server_error() {
            span.fail(status.as_str());
        }
    }

    /// Its client has hung up before there was an answer.
    pub(crate) fn hung_up(self) {
        if let Some(mut span) = self.placed.span {
            span.fail("clientClosedRequest");
        }
    }

    /// The request is of no interest.
    pub(crate) fn discard(self) {
        if let Some(span) = self.placed.span {
            span.discard();
        }
    }
}

/// What a method is called in names, and as an attribute: others make up what they like.
fn names_of(method: &Method) -> (&'static str, &'static str) {
    let known = [
        "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE",
    ];
    let found = known.into_iter().find(|name| *name == method.as_str());
    found.map_or(OTHER, |name| (name, name))
}

fn version(version: Version) -> Option<&'static str> {
    match version {
        Version::HTTP_10 => Some("1.0"),
        Version::HTTP_11 => Some("1.1"),
        Version::HTTP_2 => Some("2"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_that_clients_make_up_have_one_name() {
        assert_eq!(names_of(&Method::PATCH), ("PATCH", "PATCH"));
        for other in ["get", "PROPFIND", "X"] {
            assert_eq!(names_of(&other.parse().unwrap()), OTHER);
        }
    }
}

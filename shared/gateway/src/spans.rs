//! What the spans of the engine have in common; each stage has a file with its own (docs/operations.md, "Traces").
//!
//! Names and attributes are those of OpenTelemetry's conventions for messages, for functions and for CloudEvents; what these have
//! no name for begins with `event_gateway.`. Payloads, headers, paths and queries are in none of them.

use std::sync::Arc;

use domain::event::Event;
use domain::trace::{SpanContext, TRACEPARENT, Trace};
use traces::ActiveSpan;

/// `messaging.system` of deliveries, wherever they wait.
const SYSTEM: &str = "event_gateway";

/// What is done with an event.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Operation {
    /// It is taken for its subscribers.
    Publish,
    /// A subscriber gets it.
    Process,
}

impl Operation {
    /// The name of its span.
    pub(crate) fn span_name(self, event: &Event) -> String {
        let (name, _) = self.names();
        format!("{name} {}", event.event_type())
    }

    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Publish => ("publish", "send"),
            Self::Process => ("process", "process"),
        }
    }

    /// Says what is done, and with which event.
    pub(crate) fn describe(self, span: &mut ActiveSpan, event: &Event) {
        let (name, kind) = self.names();
        span.text("messaging.system", SYSTEM);
        span.text("messaging.operation.name", name);
        span.text("messaging.operation.type", kind);
        span.text("messaging.destination.name", event.event_type());
        span.text("messaging.message.id", event.id());
        span.text("cloudevents.event_id", event.id());
        span.text("cloudevents.event_type", event.event_type());
        if let Some(source) = event.source() {
            span.text("cloudevents.event_source", &source);
        }
    }
}

/// By what the parts of a span are followed.
pub(crate) fn within(trace: &Trace, span: &ActiveSpan) -> Arc<Trace> {
    Arc::new(trace.at(span.context()))
}

/// Where an event began, as its extension for distributed tracing says.
pub(crate) fn origin(event: &Event) -> Option<SpanContext> {
    let text = event.extension(TRACEPARENT.as_str())?.scalar_text()?;
    SpanContext::of_traceparent(&text)
}

//! Spans of requests, events, deliveries and calls, and how they leave the process (docs/operations.md, "Traces").
//!
//! A [`Tracer`] that is off makes none and costs one look at it. One that is on decides by the trace of a request, or else by
//! chance, whether there are any; what is made is handed to a task that sends it, for which nobody ever waits. Why this is no
//! SDK of OpenTelemetry is in docs/adr/0015-spans-without-the-sdk.md.

mod active_span;
mod exporter;
mod otlp;
mod recording;
mod sink;
mod span;
mod tracer;
mod xray;

pub use active_span::ActiveSpan;
pub use otlp::endpoint::{OtlpEndpoint, OtlpEndpointError};
pub use otlp::headers::{OtlpHeaders, OtlpHeadersError};
pub use otlp::{NoCertificates, OtlpSettings};
pub use recording::SPANS_DROPPED;
pub use sink::{SinkError, SinkSettings};
pub use span::SpanKind;
pub use tracer::{Placed, Tracer, TracerSettings};

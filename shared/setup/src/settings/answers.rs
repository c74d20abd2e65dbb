//! What the APIs add to answers or make of them, and by what requests are followed.

use api::AnswerOptions;
use clap::Args;
use domain::trace::TraceSettings;

use super::Switch;

/// What the APIs add to answers or make of them, and by what requests are followed.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Answers and tracing")]
pub struct AnswerSettings {
    /// Compress answers of both APIs for clients that take gzip, br or zstd.
    #[arg(
        long = "compression",
        env = "EVENT_GATEWAY_COMPRESSION",
        default_value = "off",
        hide_possible_values = true,
        value_name = "on|off"
    )]
    pub compression: Switch,
    /// Give each request an id, its own X-Request-Id or a new one, for its answer, functions, logs and dead letters; on
    /// with an access log and off without one unless set.
    #[arg(
        long = "request-id",
        env = "EVENT_GATEWAY_REQUEST_ID",
        hide_possible_values = true,
        value_name = "on|off"
    )]
    pub request_id: Option<Switch>,
    /// Pass the headers traceparent and tracestate of requests on to functions.
    #[arg(
        long = "trace-context",
        env = "EVENT_GATEWAY_TRACE_CONTEXT",
        default_value = "off",
        hide_possible_values = true,
        value_name = "on|off"
    )]
    pub trace_context: Switch,
    /// Say in events that have no traceparent of their own in which trace they came, as extensions traceparent and tracestate;
    /// where that is on, the headers are passed on as well.
    #[arg(
        long = "trace-events",
        env = "EVENT_GATEWAY_TRACE_EVENTS",
        default_value = "off",
        hide_possible_values = true,
        value_name = "on|off"
    )]
    pub trace_events: Switch,
}

impl AnswerSettings {
    /// Whether requests have ids: their lines in an access log are found by them.
    fn has_request_ids(&self, has_access_log: bool) -> bool {
        self.request_id.map_or(has_access_log, Switch::is_on)
    }

    /// What is made of answers.
    pub(super) fn options(&self, has_access_log: bool) -> AnswerOptions {
        AnswerOptions {
            compresses: self.compression.is_on(),
            request_ids: self.has_request_ids(has_access_log),
        }
    }

    /// What events are followed by.
    pub(super) fn traces(&self, has_access_log: bool) -> TraceSettings {
        TraceSettings {
            request_ids: self.has_request_ids(has_access_log),
            context: self.trace_context.is_on() || self.trace_events.is_on(),
            events: self.trace_events.is_on(),
        }
    }
}

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
    /// Give each request an id, its own X-Request-Id or a new one, for its answer, functions, logs and dead letters.
    #[arg(
        long = "request-id",
        env = "EVENT_GATEWAY_REQUEST_ID",
        default_value = "off",
        hide_possible_values = true,
        value_name = "on|off"
    )]
    pub request_id: Switch,
    /// Pass the headers traceparent and tracestate of requests on to functions.
    #[arg(
        long = "trace-context",
        env = "EVENT_GATEWAY_TRACE_CONTEXT",
        default_value = "off",
        hide_possible_values = true,
        value_name = "on|off"
    )]
    pub trace_context: Switch,
}

impl AnswerSettings {
    /// What is made of answers.
    pub fn options(&self) -> AnswerOptions {
        AnswerOptions {
            compresses: self.compression.is_on(),
            request_ids: self.request_id.is_on(),
        }
    }

    /// What events are followed by.
    pub fn traces(&self) -> TraceSettings {
        TraceSettings {
            request_ids: self.request_id.is_on(),
            context: self.trace_context.is_on(),
        }
    }
}

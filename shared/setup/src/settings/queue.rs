//! Where async deliveries wait and how many are made at a time.

use clap::{Args, ValueEnum};

/// The delivery queue.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Async deliveries")]
pub struct QueueSettings {
    /// Where async deliveries wait: memory (of this process) or sqs.
    #[arg(
        id = "queue_kind",
        long = "queue",
        env = "EVENT_GATEWAY_QUEUE",
        default_value = "memory",
        hide_possible_values = true,
        value_name = "KIND"
    )]
    pub kind: QueueKind,
    /// Async deliveries made at a time.
    #[arg(
        long = "workers",
        env = "EVENT_GATEWAY_WORKERS",
        default_value_t = 100,
        value_name = "COUNT"
    )]
    pub workers: usize,
    /// Async deliveries that may wait in memory; when it is reached, events are refused with 503.
    #[arg(
        long = "workers-backlog",
        env = "EVENT_GATEWAY_WORKERS_BACKLOG",
        default_value_t = 200,
        value_name = "COUNT"
    )]
    pub workers_backlog: usize,
    /// Bytes of events that may wait in memory; when it is reached, events are refused with 503.
    #[arg(long = "workers-backlog-bytes", env = "EVENT_GATEWAY_WORKERS_BACKLOG_BYTES", default_value_t = 64 * 1024 * 1024, value_name = "BYTES")]
    pub workers_backlog_bytes: usize,
    /// URL of the SQS queue.
    #[arg(
        long = "sqs-queue-url",
        env = "EVENT_GATEWAY_SQS_QUEUE_URL",
        value_name = "URL",
        required_if_eq("queue_kind", "sqs")
    )]
    pub sqs_queue_url: Option<String>,
    /// Largest message of the SQS queue, in bytes; a larger event is refused with 413.
    #[arg(long = "sqs-max-message-bytes", env = "EVENT_GATEWAY_SQS_MAX_MESSAGE_BYTES", default_value_t = 1024 * 1024, value_name = "BYTES")]
    pub sqs_max_message_bytes: usize,
}

/// Where async deliveries wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lower")]
pub enum QueueKind {
    /// In the memory of this process.
    Memory,
    /// In a queue of Amazon SQS.
    Sqs,
}

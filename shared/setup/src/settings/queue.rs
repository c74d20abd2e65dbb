//! Where async deliveries wait and how many are made at a time.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{Secret, milliseconds};

/// The delivery queue.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Async deliveries")]
pub struct QueueSettings {
    /// Where async deliveries wait: embedded (a file of this machine), memory (of this process) or sqs.
    #[arg(
        id = "queue_kind",
        long = "queue",
        env = "EVENT_GATEWAY_QUEUE",
        default_value = "embedded",
        hide_possible_values = true,
        value_name = "KIND"
    )]
    pub kind: QueueKind,
    /// When an event counts as accepted by the embedded queue: on disk, or when the operating system has it (os).
    #[arg(
        long = "queue-durability",
        env = "EVENT_GATEWAY_QUEUE_DURABILITY",
        default_value = "disk",
        hide_possible_values = true,
        value_name = "DURABILITY"
    )]
    pub durability: QueueDurability,
    /// Memory that the embedded queue's engine may use as a cache, in bytes.
    #[arg(long = "queue-cache-bytes", env = "EVENT_GATEWAY_QUEUE_CACHE_BYTES", default_value_t = 4 * 1024 * 1024, value_name = "BYTES")]
    pub cache_bytes: usize,
    /// Disk space that is set aside so that dead letters can be deleted when the disk is full, in bytes; 0 sets none aside.
    #[arg(long = "queue-reserve-bytes", env = "EVENT_GATEWAY_QUEUE_RESERVE_BYTES", default_value_t = 32 * 1024 * 1024, value_name = "BYTES")]
    pub reserve_bytes: u64,
    /// Async deliveries made at a time.
    #[arg(
        long = "workers",
        env = "EVENT_GATEWAY_WORKERS",
        default_value_t = 100,
        value_name = "COUNT"
    )]
    pub workers: usize,
    /// Async deliveries made at a time to one function; half of the workers unless set.
    #[arg(
        long = "workers-per-function",
        env = "EVENT_GATEWAY_WORKERS_PER_FUNCTION",
        value_name = "COUNT"
    )]
    pub workers_per_function: Option<usize>,
    /// Async deliveries made at a time to one space; half of the workers where there are others, unless set.
    #[arg(
        long = "workers-per-space",
        env = "EVENT_GATEWAY_WORKERS_PER_SPACE",
        value_name = "COUNT"
    )]
    pub workers_per_space: Option<usize>,
    /// Async deliveries that may wait, 10000000 on disk or 200 in memory unless set; beyond it events get 503.
    #[arg(
        long = "workers-backlog",
        env = "EVENT_GATEWAY_WORKERS_BACKLOG",
        value_name = "COUNT"
    )]
    pub workers_backlog: Option<usize>,
    /// Bytes of events that may wait, 10 GiB on disk or 64 MiB in memory unless set; beyond it events get 503.
    #[arg(
        long = "workers-backlog-bytes",
        env = "EVENT_GATEWAY_WORKERS_BACKLOG_BYTES",
        value_name = "BYTES"
    )]
    pub workers_backlog_bytes: Option<usize>,
    /// Of --workers-backlog, what one space may take; half of it where there are others, unless set.
    #[arg(
        long = "workers-backlog-per-space",
        env = "EVENT_GATEWAY_WORKERS_BACKLOG_PER_SPACE",
        value_name = "COUNT"
    )]
    pub workers_backlog_per_space: Option<usize>,
    /// Of --workers-backlog-bytes, what one space may take; half of it where there are others, unless set.
    #[arg(
        long = "workers-backlog-bytes-per-space",
        env = "EVENT_GATEWAY_WORKERS_BACKLOG_BYTES_PER_SPACE",
        value_name = "BYTES"
    )]
    pub workers_backlog_bytes_per_space: Option<usize>,
    /// Deduplication keys that the embedded queue remembers for one space; beyond it events with new ones get 503.
    #[arg(
        long = "deduplication-keys-per-space",
        env = "EVENT_GATEWAY_DEDUPLICATION_KEYS_PER_SPACE",
        default_value_t = 1_000_000,
        value_name = "COUNT"
    )]
    pub deduplication_keys_per_space: usize,
    /// Longest time that a producer may put the delivery of an event off, in milliseconds; beyond it events get 400.
    #[arg(long = "max-deliver-delay", env = "EVENT_GATEWAY_MAX_DELIVER_DELAY", default_value = "604800000", value_parser = milliseconds, value_name = "MS")]
    pub max_deliver_delay: Duration,
    /// Consecutive failures after which a function is left alone for a while; 0 never does.
    #[arg(
        long = "circuit-breaker-failures",
        env = "EVENT_GATEWAY_CIRCUIT_BREAKER_FAILURES",
        default_value_t = 10,
        value_name = "COUNT"
    )]
    pub circuit_breaker_failures: u32,
    /// Longest time that a function is left alone before it is tried again, in milliseconds.
    #[arg(long = "circuit-breaker-max-open", env = "EVENT_GATEWAY_CIRCUIT_BREAKER_MAX_OPEN", default_value = "60000", value_parser = milliseconds, value_name = "MS")]
    pub circuit_breaker_max_open: Duration,
    /// Longest time for which a function is left alone because it asks for that with Retry-After, in milliseconds.
    #[arg(long = "max-retry-after", env = "EVENT_GATEWAY_MAX_RETRY_AFTER", default_value = "3600000", value_parser = milliseconds, value_name = "MS")]
    pub max_retry_after: Duration,
    /// Bytes of the delivery log that are kept for each space.
    #[arg(long = "delivery-log-bytes", env = "EVENT_GATEWAY_DELIVERY_LOG_BYTES", default_value_t = 8 * 1024 * 1024, value_name = "BYTES")]
    pub delivery_log_bytes: u64,
    /// Bytes of the delivery log that are kept for all spaces.
    #[arg(long = "delivery-log-total-bytes", env = "EVENT_GATEWAY_DELIVERY_LOG_TOTAL_BYTES", default_value_t = 256 * 1024 * 1024, value_name = "BYTES")]
    pub delivery_log_total_bytes: u64,
    /// URL of the standard SQS queue.
    #[arg(
        long = "sqs-queue-url",
        env = "EVENT_GATEWAY_SQS_QUEUE_URL",
        value_name = "URL",
        required_if_eq("queue_kind", "sqs")
    )]
    pub sqs_queue_url: Option<String>,
    /// URL of the FIFO queue of SQS that ordered deliveries go through.
    #[arg(
        long = "sqs-fifo-queue-url",
        env = "EVENT_GATEWAY_SQS_FIFO_QUEUE_URL",
        value_name = "URL"
    )]
    pub sqs_fifo_queue_url: Option<String>,
    /// Largest message of the SQS queue, in bytes; a larger event is refused with 413.
    #[arg(long = "sqs-max-message-bytes", env = "EVENT_GATEWAY_SQS_MAX_MESSAGE_BYTES", default_value_t = 1024 * 1024, value_name = "BYTES")]
    pub sqs_max_message_bytes: usize,
    /// Have spaces take turns in the standard SQS queue (a fair queue). SQS charges a quarter more for it, which a
    /// deployment with one space has nothing of.
    #[arg(
        long = "sqs-fair",
        env = "EVENT_GATEWAY_SQS_FAIR",
        num_args = 0..=1,
        require_equals = true,
        default_value = "true",
        default_missing_value = "true",
        action = clap::ArgAction::Set,
        value_name = "true|false"
    )]
    pub sqs_fair: bool,
    /// URL of the queue that messages of the standard SQS queue go to which are not the gateway's.
    #[arg(
        long = "sqs-dead-letter-queue-url",
        env = "EVENT_GATEWAY_SQS_DEAD_LETTER_QUEUE_URL",
        value_name = "URL"
    )]
    pub sqs_dead_letter_queue_url: Option<String>,
    /// The same for the FIFO queue; a FIFO queue itself.
    #[arg(
        long = "sqs-fifo-dead-letter-queue-url",
        env = "EVENT_GATEWAY_SQS_FIFO_DEAD_LETTER_QUEUE_URL",
        value_name = "URL"
    )]
    pub sqs_fifo_dead_letter_queue_url: Option<String>,
    /// Keys that messages of SQS are signed with, separated by commas: the first signs, all verify; prefer the variable.
    #[arg(
        long = "queue-signing-keys",
        env = "EVENT_GATEWAY_QUEUE_SIGNING_KEYS",
        hide_env_values = true,
        value_delimiter = ',',
        value_name = "KEYS"
    )]
    pub signing_keys: Vec<Secret>,
    /// Take messages of SQS without a signature although there are keys: for those from before the first key.
    #[arg(
        long = "queue-accept-unsigned",
        env = "EVENT_GATEWAY_QUEUE_ACCEPT_UNSIGNED",
        num_args = 0..=1,
        require_equals = true,
        default_value = "false",
        default_missing_value = "true",
        action = clap::ArgAction::Set,
        value_name = "true|false"
    )]
    pub accept_unsigned: bool,
}

/// Where async deliveries wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lower")]
pub enum QueueKind {
    /// In a file of this machine.
    Embedded,
    /// In the memory of this process.
    Memory,
    /// In a queue of Amazon SQS.
    Sqs,
}

/// When an event counts as accepted by the embedded queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lower")]
pub enum QueueDurability {
    /// When it is on disk.
    Disk,
    /// When the operating system has it.
    Os,
}

impl QueueSettings {
    /// Async deliveries made at a time, at least 1.
    pub fn workers(&self) -> usize {
        self.workers.max(1)
    }

    /// Async deliveries made at a time to one function, at least 1.
    pub fn workers_per_function(&self) -> usize {
        let half = self.workers().div_ceil(2);
        self.workers_per_function.unwrap_or(half).max(1)
    }
}

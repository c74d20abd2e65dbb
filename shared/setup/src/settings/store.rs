//! Where the configuration is kept.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::milliseconds;

/// The configuration store.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Configuration store")]
pub struct StoreSettings {
    /// Where the configuration is kept: embedded (a folder of this machine) or dynamodb.
    #[arg(
        id = "store_kind",
        long = "store",
        env = "EVENT_GATEWAY_STORE",
        default_value = "embedded",
        hide_possible_values = true,
        value_name = "KIND"
    )]
    pub kind: StoreKind,
    /// Folder of the embedded store; created when missing.
    #[arg(
        long = "embed-data-dir",
        env = "EVENT_GATEWAY_EMBED_DATA_DIR",
        default_value = "event-gateway-data",
        value_name = "DIR"
    )]
    pub embed_data_dir: PathBuf,
    /// Memory that the embedded store's engine may use as a cache, in bytes.
    #[arg(long = "store-cache-bytes", env = "EVENT_GATEWAY_STORE_CACHE_BYTES", default_value_t = 1024 * 1024, value_name = "BYTES")]
    pub store_cache_bytes: usize,
    /// File with the keys that the embedded store encrypts secrets of functions with; the first one encrypts.
    #[arg(
        long = "encryption-key-file",
        env = "EVENT_GATEWAY_ENCRYPTION_KEY_FILE",
        value_name = "FILE"
    )]
    pub encryption_key_file: Option<PathBuf>,
    /// Key of AWS KMS that the `DynamoDB` store encrypts secrets of functions with: id, ARN or alias.
    #[arg(long = "kms-key-id", env = "EVENT_GATEWAY_KMS_KEY_ID", value_name = "KEY")]
    pub kms_key_id: Option<String>,
    /// Name of the table that encrypted secrets are bound to, where it is another than --dynamodb-table: that of the
    /// table which a restored one was copied from.
    #[arg(
        long = "kms-bound-table",
        env = "EVENT_GATEWAY_KMS_BOUND_TABLE",
        value_name = "NAME"
    )]
    pub kms_bound_table: Option<String>,
    /// Table of the `DynamoDB` store.
    #[arg(
        long = "dynamodb-table",
        env = "EVENT_GATEWAY_DYNAMODB_TABLE",
        default_value = "event-gateway",
        value_name = "NAME"
    )]
    pub dynamodb_table: String,
    /// Age from which routes of the `DynamoDB` store are confirmed alongside a request, in milliseconds.
    #[arg(long = "routes-revalidate-after", env = "EVENT_GATEWAY_ROUTES_REVALIDATE_AFTER", default_value = "1000", value_parser = milliseconds, value_name = "MS")]
    pub routes_revalidate_after: Duration,
    /// Age from which routes of the `DynamoDB` store are confirmed before a request, in milliseconds.
    #[arg(long = "routes-max-staleness", env = "EVENT_GATEWAY_ROUTES_MAX_STALENESS", default_value = "2000", value_parser = milliseconds, value_name = "MS")]
    pub routes_max_staleness: Duration,
    /// Time that a write of the `DynamoDB` store may take, lost races included, in milliseconds.
    #[arg(long = "store-write-timeout", env = "EVENT_GATEWAY_STORE_WRITE_TIMEOUT", default_value = "10000", value_parser = milliseconds, value_name = "MS")]
    pub store_write_timeout: Duration,
    /// Time between two reads of the `DynamoDB` stream, in milliseconds.
    #[arg(long = "stream-poll-interval", env = "EVENT_GATEWAY_STREAM_POLL_INTERVAL", default_value = "1000", value_parser = milliseconds, value_name = "MS")]
    pub stream_poll_interval: Duration,
    /// Only ask for pauses of subscriptions of the `DynamoDB` store whose functions are gone: the function config-stream
    /// carries them out.
    #[arg(
        long = "pause-by-request",
        env = "EVENT_GATEWAY_PAUSE_BY_REQUEST",
        num_args = 0..=1,
        require_equals = true,
        default_value = "false",
        default_missing_value = "true",
        action = clap::ArgAction::Set,
        value_name = "true|false"
    )]
    pub pause_by_request: bool,
}

/// Where the configuration is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lower")]
pub enum StoreKind {
    /// In a folder of this machine.
    Embedded,
    /// In a table of Amazon `DynamoDB`.
    DynamoDb,
}

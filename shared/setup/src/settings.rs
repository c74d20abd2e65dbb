//! Everything that can be set, as command line flags or environment variables; docs/configuration.md lists it.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser};

use crate::flags::with_two_dashes;

mod log;

pub use log::{LogFormat, LogLevel, LogSettings};

/// The settings of a process.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "event-gateway",
    about = "Event Gateway: routes events that come in over HTTP to functions on any cloud.",
    after_help = "Flags may be written with one dash or two, as -flag value or -flag=value.",
    disable_version_flag = true,
    args_override_self = true
)]
pub struct Settings {
    /// Print the version and exit.
    #[arg(long = "version")]
    pub version: bool,
    /// Where the APIs listen.
    #[command(flatten)]
    pub listen: ListenSettings,
    /// Bounds of requests.
    #[command(flatten)]
    pub limits: LimitSettings,
    /// The configuration store.
    #[command(flatten)]
    pub store: StoreSettings,
    /// The delivery queue.
    #[command(flatten)]
    pub queue: QueueSettings,
    /// Calls of functions.
    #[command(flatten)]
    pub functions: FunctionSettings,
    /// Hosted mode and access.
    #[command(flatten)]
    pub access: AccessSettings,
    /// Logging.
    #[command(flatten)]
    pub log: LogSettings,
    /// Flags of the original that have no effect.
    #[command(flatten)]
    pub former: FormerSettings,
}

/// Where the APIs listen.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Listeners")]
pub struct ListenSettings {
    /// Address that both APIs listen on.
    #[arg(
        long = "bind-address",
        env = "EVENT_GATEWAY_BIND_ADDRESS",
        default_value = "::",
        value_name = "IP"
    )]
    pub bind_address: IpAddr,
    /// Port of the Events API; 0 picks a free one.
    #[arg(
        long = "events-port",
        env = "EVENT_GATEWAY_EVENTS_PORT",
        default_value_t = 4000,
        value_name = "PORT"
    )]
    pub events_port: u16,
    /// Port of the Configuration API; 0 picks a free one.
    #[arg(
        long = "config-port",
        env = "EVENT_GATEWAY_CONFIG_PORT",
        default_value_t = 4001,
        value_name = "PORT"
    )]
    pub config_port: u16,
    /// Certificate chain of the Events API, PEM; TLS is on when certificate and key are set.
    #[arg(
        long = "events-tls-cert",
        env = "EVENT_GATEWAY_EVENTS_TLS_CERT",
        value_name = "FILE"
    )]
    pub events_tls_cert: Option<PathBuf>,
    /// Private key of the Events API, PEM.
    #[arg(
        long = "events-tls-key",
        env = "EVENT_GATEWAY_EVENTS_TLS_KEY",
        value_name = "FILE"
    )]
    pub events_tls_key: Option<PathBuf>,
    /// Certificate chain of the Configuration API, PEM; TLS is on when certificate and key are set.
    #[arg(
        long = "config-tls-cert",
        env = "EVENT_GATEWAY_CONFIG_TLS_CERT",
        value_name = "FILE"
    )]
    pub config_tls_cert: Option<PathBuf>,
    /// Private key of the Configuration API, PEM.
    #[arg(
        long = "config-tls-key",
        env = "EVENT_GATEWAY_CONFIG_TLS_KEY",
        value_name = "FILE"
    )]
    pub config_tls_key: Option<PathBuf>,
    /// Time that requests in progress and queued deliveries have to end after SIGTERM or SIGINT, in milliseconds.
    #[arg(long = "shutdown-timeout", env = "EVENT_GATEWAY_SHUTDOWN_TIMEOUT", default_value = "30000", value_parser = milliseconds, value_name = "MS")]
    pub shutdown_timeout: Duration,
}

/// Bounds of requests.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitSettings {
    /// Largest request body of the Events API, in bytes.
    #[arg(long = "max-event-bytes", env = "EVENT_GATEWAY_MAX_EVENT_BYTES", default_value_t = 10 * 1024 * 1024, value_name = "BYTES")]
    pub max_event_bytes: usize,
    /// Largest request body of the Configuration API, in bytes.
    #[arg(long = "max-config-bytes", env = "EVENT_GATEWAY_MAX_CONFIG_BYTES", default_value_t = 1024 * 1024, value_name = "BYTES")]
    pub max_config_bytes: usize,
    /// Largest request line and headers, in bytes; at least 8192.
    #[arg(long = "max-header-bytes", env = "EVENT_GATEWAY_MAX_HEADER_BYTES", default_value_t = 64 * 1024, value_parser = header_bytes, value_name = "BYTES")]
    pub max_header_bytes: usize,
    /// Connections that each API serves at a time; further ones wait.
    #[arg(
        long = "max-connections",
        env = "EVENT_GATEWAY_MAX_CONNECTIONS",
        default_value_t = 16_384,
        value_name = "COUNT"
    )]
    pub max_connections: usize,
    /// Time for the headers, and then for the body, of an event to arrive, in milliseconds.
    #[arg(long = "events-read-timeout", env = "EVENT_GATEWAY_EVENTS_READ_TIMEOUT", default_value = "60000", value_parser = milliseconds, value_name = "MS")]
    pub events_read_timeout: Duration,
    /// Time that a client of the Events API may leave an answer unread, in milliseconds.
    #[arg(long = "events-write-timeout", env = "EVENT_GATEWAY_EVENTS_WRITE_TIMEOUT", default_value = "540000", value_parser = milliseconds, value_name = "MS")]
    pub events_write_timeout: Duration,
    /// Time for the headers, and then for the body, of a configuration request to arrive, in milliseconds.
    #[arg(long = "config-read-timeout", env = "EVENT_GATEWAY_CONFIG_READ_TIMEOUT", default_value = "3000", value_parser = milliseconds, value_name = "MS")]
    pub config_read_timeout: Duration,
    /// Time that a client of the Configuration API may leave an answer unread, in milliseconds.
    #[arg(long = "config-write-timeout", env = "EVENT_GATEWAY_CONFIG_WRITE_TIMEOUT", default_value = "3000", value_parser = milliseconds, value_name = "MS")]
    pub config_write_timeout: Duration,
}

/// The configuration store.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Configuration store")]
pub struct StoreSettings {
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
}

/// The delivery queue.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Async deliveries")]
pub struct QueueSettings {
    /// Async deliveries made at a time.
    #[arg(
        long = "workers",
        env = "EVENT_GATEWAY_WORKERS",
        default_value_t = 100,
        value_name = "COUNT"
    )]
    pub workers: usize,
    /// Async deliveries that may wait; when it is reached, events are refused with 503.
    #[arg(
        long = "workers-backlog",
        env = "EVENT_GATEWAY_WORKERS_BACKLOG",
        default_value_t = 200,
        value_name = "COUNT"
    )]
    pub workers_backlog: usize,
    /// Bytes of events that may wait; when it is reached, events are refused with 503.
    #[arg(long = "workers-backlog-bytes", env = "EVENT_GATEWAY_WORKERS_BACKLOG_BYTES", default_value_t = 64 * 1024 * 1024, value_name = "BYTES")]
    pub workers_backlog_bytes: usize,
}

/// Calls of functions.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Functions")]
pub struct FunctionSettings {
    /// Time that a function has to answer, in milliseconds.
    #[arg(long = "function-timeout", env = "EVENT_GATEWAY_FUNCTION_TIMEOUT", default_value = "5000", value_parser = milliseconds, value_name = "MS")]
    pub function_timeout: Duration,
    /// Largest answer of a function, in bytes.
    #[arg(long = "max-response-bytes", env = "EVENT_GATEWAY_MAX_RESPONSE_BYTES", default_value_t = 10 * 1024 * 1024, value_name = "BYTES")]
    pub max_response_bytes: usize,
    /// Endpoint of all AWS services, such as a local emulator.
    #[arg(
        long = "aws-endpoint-url",
        env = "EVENT_GATEWAY_AWS_ENDPOINT_URL",
        value_name = "URL"
    )]
    pub aws_endpoint_url: Option<String>,
}

/// Hosted mode and access.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Hosting")]
pub struct AccessSettings {
    /// Domains whose host names stand for a path prefix, separated by commas; none turns hosted mode off.
    #[arg(
        long = "hosted-domains",
        env = "EVENT_GATEWAY_HOSTED_DOMAINS",
        value_delimiter = ',',
        value_name = "DOMAINS"
    )]
    pub hosted_domains: Vec<String>,
    /// Key that clients of the Configuration API must send as `Authorization: bearer KEY`; prefer the variable.
    #[arg(
        long = "config-access-key",
        env = "EVENT_GATEWAY_CONFIG_ACCESS_KEY",
        hide_env_values = true,
        value_name = "KEY"
    )]
    pub config_access_key: Option<Secret>,
}

/// A text that is never shown.
#[derive(Clone)]
pub struct Secret(pub String);

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("*****")
    }
}

/// Flags of the original program: launchers pass them, the embedded store needs none of them.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Accepted for launchers of the original, without effect")]
pub struct FormerSettings {
    /// Hosts of an etcd cluster.
    #[arg(long = "db-hosts", default_value = "127.0.0.1:2379", value_name = "HOSTS")]
    pub db_hosts: String,
    /// Peer address of an embedded etcd.
    #[arg(
        long = "embed-peer-addr",
        default_value = "http://127.0.0.1:2380",
        value_name = "URL"
    )]
    pub embed_peer_addr: String,
    /// Client address of an embedded etcd.
    #[arg(
        long = "embed-cli-addr",
        default_value = "http://127.0.0.1:2379",
        value_name = "URL"
    )]
    pub embed_cli_addr: String,
    /// Path of a plugin; plugins of the original cannot be loaded, so this ends the start with an error.
    #[arg(long = "plugin", value_name = "PATH")]
    pub plugin: Vec<PathBuf>,
}

impl Settings {
    /// Reads a command line, with the environment for what it does not say. The first argument is the program's name.
    pub fn try_from_args<A: Into<OsString>>(args: impl IntoIterator<Item = A>) -> Result<Self, clap::Error> {
        Self::try_parse_from(with_two_dashes(args.into_iter().map(Into::into)))
    }
}

fn milliseconds(text: &str) -> Result<Duration, std::num::ParseIntError> {
    text.parse().map(Duration::from_millis)
}

fn header_bytes(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(bytes) if bytes >= 8192 => Ok(bytes),
        Ok(_) => Err("must be at least 8192".to_owned()),
        Err(err) => Err(err.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Settings, clap::Error> {
        Settings::try_from_args(["event-gateway"].iter().chain(args).copied())
    }

    #[test]
    fn defaults() {
        let settings = parse(&[]).unwrap();
        assert_eq!(
            (settings.listen.events_port, settings.listen.config_port),
            (4000, 4001)
        );
        assert_eq!(
            (settings.queue.workers, settings.queue.workers_backlog),
            (100, 200)
        );
        assert_eq!(settings.functions.function_timeout, Duration::from_secs(5));
        assert!(!settings.log.dev);
    }

    #[test]
    fn command_lines_of_existing_launchers() {
        for args in [
            &[
                "--dev",
                "--embed-data-dir=X",
                "--config-port=1",
                "--events-port=2",
            ][..],
            &["-dev", "-log-level", "debug"],
            &["--db-hosts=h:2379,i:2379", "--log-level=debug"],
            &["-embed-data-dir", "/home/data", "-dev"],
            &[
                "-dev=true",
                "-log-level",
                "ERR",
                "-log-format=json",
                "-embed-peer-addr",
                "http://127.0.0.1:2380",
            ],
            &["-plugin", "a", "-plugin=b"],
        ] {
            parse(args).unwrap_or_else(|err| panic!("{args:?}: {err}"));
        }
        assert!(!parse(&["-dev=false"]).unwrap().log.dev);
        assert_eq!(
            parse(&["--hosted-domains", "a.io,b.com"])
                .unwrap()
                .access
                .hosted_domains,
            ["a.io", "b.com"]
        );
    }

    #[test]
    fn bad_command_lines() {
        for args in [
            &["-nope"][..],
            &["-events-port", "x"],
            &["-log-level", "loud"],
            &["-log-format", "xml"],
            &["x"],
        ] {
            assert_eq!(parse(args).unwrap_err().exit_code(), 2, "{args:?}");
        }
    }

    #[test]
    fn secrets_do_not_show() {
        let settings = parse(&["--config-access-key", "s3cret"]).unwrap();
        assert!(!format!("{settings:?}").contains("s3cret"));
    }
}

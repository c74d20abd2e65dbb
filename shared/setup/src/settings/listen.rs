//! Where the APIs listen, and how their listeners are encrypted, probed and closed.

use std::net::{IpAddr, Ipv6Addr};
use std::path::PathBuf;
use std::time::Duration;

use api::HealthPaths;
use clap::Args;

use super::milliseconds::milliseconds;

/// Where the APIs listen.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Listeners")]
pub struct ListenSettings {
    /// Address that the Events API listens on, and the Configuration API if it has an access key.
    #[arg(
        long = "bind-address",
        env = "EVENT_GATEWAY_BIND_ADDRESS",
        default_value = "::",
        value_name = "IP"
    )]
    pub bind_address: IpAddr,
    /// Address that the Events API listens on; without it that of --bind-address.
    #[arg(
        long = "events-bind-address",
        env = "EVENT_GATEWAY_EVENTS_BIND_ADDRESS",
        value_name = "IP"
    )]
    pub events_bind_address: Option<IpAddr>,
    /// Address that the Configuration API listens on, whether it has a key or not; without either, loopback only.
    #[arg(
        long = "config-bind-address",
        env = "EVENT_GATEWAY_CONFIG_BIND_ADDRESS",
        value_name = "IP"
    )]
    pub config_bind_address: Option<IpAddr>,
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
    /// Time between two looks at the files of certificates, in milliseconds; 0 reads them at the start alone.
    #[arg(long = "tls-reload-interval", env = "EVENT_GATEWAY_TLS_RELOAD_INTERVAL", default_value = "10000", value_parser = milliseconds, value_name = "MS")]
    pub tls_reload_interval: Duration,
    /// Path below which both APIs answer the health checks healthz and readyz; off for none.
    #[arg(
        long = "health-path",
        env = "EVENT_GATEWAY_HEALTH_PATH",
        default_value = "/.well-known/event-gateway",
        value_name = "PATH"
    )]
    pub health_path: HealthPaths,
    /// Time that requests in progress and queued deliveries have to end after SIGTERM or SIGINT, in milliseconds.
    #[arg(long = "shutdown-timeout", env = "EVENT_GATEWAY_SHUTDOWN_TIMEOUT", default_value = "30000", value_parser = milliseconds, value_name = "MS")]
    pub shutdown_timeout: Duration,
}

impl ListenSettings {
    /// Where the Events API listens.
    pub fn events_address(&self) -> IpAddr {
        self.events_bind_address.unwrap_or(self.bind_address)
    }

    /// Whether nobody chose an address for the APIs.
    pub fn is_bind_address_left_out(&self) -> bool {
        self.bind_address == IpAddr::V6(Ipv6Addr::UNSPECIFIED)
    }
}

//! Bounds of requests in size and time.

use std::time::Duration;

use api::{BodyLimits, BytesInFlight, LeastRate};
use clap::Args;
use gateway::DecisionCacheLimits;

use super::{SchemaSettings, Switch, TransformSettings, milliseconds};

/// Largest heads that the budget of HTTP/2 has room for at least: one takes a bit more than twice its size while it comes.
const LEAST_HTTP2_HEADS: usize = 16;

/// Bounds of requests.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitSettings {
    /// Largest request body of the Events API, in bytes.
    #[arg(long = "max-event-bytes", env = "EVENT_GATEWAY_MAX_EVENT_BYTES", default_value_t = 10 * 1024 * 1024, value_name = "BYTES")]
    pub max_event_bytes: usize,
    /// Most attributes of an event: members of its JSON object, members of its `extensions`, headers in binary mode.
    #[arg(
        long = "max-event-attributes",
        env = "EVENT_GATEWAY_MAX_EVENT_ATTRIBUTES",
        default_value_t = 256,
        value_name = "COUNT"
    )]
    pub max_event_attributes: usize,
    /// Largest request body of the Configuration API, in bytes.
    #[arg(long = "max-config-bytes", env = "EVENT_GATEWAY_MAX_CONFIG_BYTES", default_value_t = 1024 * 1024, value_name = "BYTES")]
    pub max_config_bytes: usize,
    /// CORS configurations that a space may have.
    #[arg(
        long = "max-cors-per-space",
        env = "EVENT_GATEWAY_MAX_CORS_PER_SPACE",
        default_value_t = 1000,
        value_name = "COUNT"
    )]
    pub max_cors_per_space: usize,
    /// Keys that a space may have.
    #[arg(
        long = "max-keys-per-space",
        env = "EVENT_GATEWAY_MAX_KEYS_PER_SPACE",
        default_value_t = 100,
        value_name = "COUNT"
    )]
    pub max_keys_per_space: usize,
    /// Tenants that there may be.
    #[arg(
        long = "max-tenants",
        env = "EVENT_GATEWAY_MAX_TENANTS",
        default_value_t = 10_000,
        value_name = "COUNT"
    )]
    pub max_tenants: usize,
    /// Spaces that a tenant may have.
    #[arg(
        long = "max-spaces-per-tenant",
        env = "EVENT_GATEWAY_MAX_SPACES_PER_TENANT",
        default_value_t = 100,
        value_name = "COUNT"
    )]
    pub max_spaces_per_tenant: usize,
    /// How long the deletion of a tenant with everything it has can be taken back, in milliseconds, 30 days unless set; with 0
    /// it begins at once.
    #[arg(long = "tenant-grace", env = "EVENT_GATEWAY_TENANT_GRACE", default_value = "2592000000", value_parser = milliseconds, value_name = "MS")]
    pub tenant_grace: Duration,
    /// Authorizers of their own that async subscriptions may have which one event of a space reaches.
    #[arg(
        long = "max-authorizers-per-event",
        env = "EVENT_GATEWAY_MAX_AUTHORIZERS_PER_EVENT",
        default_value_t = 16,
        value_name = "COUNT"
    )]
    pub max_authorizers_per_event: usize,
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
    /// Whether HTTP/2 is spoken, with clients and with functions behind https.
    #[arg(
        long = "http2",
        env = "EVENT_GATEWAY_HTTP2",
        default_value = "on",
        hide_possible_values = true,
        value_name = "on|off"
    )]
    pub http2: Switch,
    /// Streams of HTTP/2 that a connection may have at a time.
    #[arg(
        long = "max-streams-per-connection",
        env = "EVENT_GATEWAY_MAX_STREAMS_PER_CONNECTION",
        default_value_t = 100,
        value_parser = clap::value_parser!(u32).range(1..),
        value_name = "COUNT"
    )]
    pub max_streams_per_connection: u32,
    /// Calls of functions of one space that clients wait for at a time; 0 is no limit, half of the connections in hosted
    /// mode and no limit elsewhere unless set.
    #[arg(
        long = "max-sync-calls-per-space",
        env = "EVENT_GATEWAY_MAX_SYNC_CALLS_PER_SPACE",
        value_name = "COUNT"
    )]
    pub max_sync_calls_per_space: Option<usize>,
    /// Most events of a batch; a longer one is refused with 413.
    #[arg(
        long = "max-batch-events",
        env = "EVENT_GATEWAY_MAX_BATCH_EVENTS",
        default_value_t = 1000,
        value_name = "COUNT"
    )]
    pub max_batch_events: usize,
    /// Time that the authorizers and sync functions of a batch have together, in milliseconds.
    #[arg(long = "batch-timeout", env = "EVENT_GATEWAY_BATCH_TIMEOUT", default_value = "60000", value_parser = milliseconds, value_name = "MS")]
    pub batch_timeout: Duration,
    /// Longest time of a hook, whatever it says of itself, in milliseconds.
    #[arg(long = "max-hook-timeout", env = "EVENT_GATEWAY_MAX_HOOK_TIMEOUT", default_value = "30000", value_parser = milliseconds, value_name = "MS")]
    pub max_hook_timeout: Duration,
    /// Decisions of authorizers with authorizerCache that are kept for a space; one counts as several if its answer is
    /// longer than a KiB.
    #[arg(
        long = "max-authorizer-decisions-per-space",
        env = "EVENT_GATEWAY_MAX_AUTHORIZER_DECISIONS_PER_SPACE",
        default_value_t = 1_000,
        value_name = "COUNT"
    )]
    pub max_authorizer_decisions_per_space: usize,
    /// Decisions of authorizers that are kept for all spaces together.
    #[arg(
        long = "max-authorizer-decisions",
        env = "EVENT_GATEWAY_MAX_AUTHORIZER_DECISIONS",
        default_value_t = 16_384,
        value_name = "COUNT"
    )]
    pub max_authorizer_decisions: usize,
    /// How often an event may be passed on by a gateway before it counts as a loop and is refused with 508; at most 254.
    #[arg(long = "max-hops", env = "EVENT_GATEWAY_MAX_HOPS", default_value_t = 16, value_parser = clap::value_parser!(u8).range(..255), value_name = "COUNT")]
    pub max_hops: u8,
    /// Bytes that requests and answers of each API may hold in memory together; 0 is no limit.
    #[arg(long = "max-bytes-in-flight", env = "EVENT_GATEWAY_MAX_BYTES_IN_FLIGHT", default_value_t = 256 * 1024 * 1024, value_name = "BYTES")]
    pub max_bytes_in_flight: usize,
    /// Of --max-bytes-in-flight, what one space may hold; a quarter of it in hosted mode and all of it otherwise, unless set; 0 is all of it.
    #[arg(
        long = "max-bytes-in-flight-per-space",
        env = "EVENT_GATEWAY_MAX_BYTES_IN_FLIGHT_PER_SPACE",
        value_name = "BYTES"
    )]
    pub max_bytes_in_flight_per_space: Option<usize>,
    /// Least rate at which clients send bodies and read answers, in bytes a second; 0 is no limit.
    #[arg(
        long = "min-body-rate",
        env = "EVENT_GATEWAY_MIN_BODY_RATE",
        default_value_t = 1024,
        value_name = "BYTES"
    )]
    pub min_body_rate: u32,
    /// Time that this rate is measured over, in milliseconds.
    #[arg(long = "min-body-rate-window", env = "EVENT_GATEWAY_MIN_BODY_RATE_WINDOW", default_value = "5000", value_parser = milliseconds, value_name = "MS")]
    pub min_body_rate_window: Duration,
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
    /// Transforms of subscriptions.
    #[command(flatten)]
    pub transforms: TransformSettings,
    /// Bounds of schemas.
    #[command(flatten)]
    pub schemas: SchemaSettings,
}

impl LimitSettings {
    /// How many decisions of authorizers are kept.
    pub(crate) fn decisions(&self) -> DecisionCacheLimits {
        DecisionCacheLimits {
            per_space: self.max_authorizer_decisions_per_space,
            in_all: self.max_authorizer_decisions,
        }
    }

    /// Calls of functions of one space that clients may wait for at a time; `None` is no limit.
    pub fn max_sync_calls_per_space(&self, is_hosted: bool) -> Option<usize> {
        let default = if is_hosted {
            self.max_connections.div_ceil(2)
        } else {
            0
        };
        let most = self.max_sync_calls_per_space.unwrap_or(default);
        (most > 0).then_some(most)
    }

    /// What one space may hold of the bytes in flight; `None` for all of them.
    pub fn max_bytes_in_flight_per_space(&self, is_hosted: bool) -> Option<usize> {
        let quarter = self.max_bytes_in_flight.div_ceil(4);
        let default = if is_hosted { quarter } else { 0 };
        let most = self.max_bytes_in_flight_per_space.unwrap_or(default);
        (most > 0).then_some(most)
    }

    /// A budget for the requests over HTTP/2 that an API works at, and for their heads: a quarter of the bytes in flight,
    /// beside these, so that nobody else has less for it. One client may have half of it.
    pub fn http2_in_flight(&self) -> BytesInFlight {
        if self.max_bytes_in_flight == 0 {
            return BytesInFlight::new(0);
        }
        let own = (self.max_bytes_in_flight / 4).max(self.max_header_bytes.saturating_mul(LEAST_HTTP2_HEADS));
        BytesInFlight::with_shares(own, own / 2)
    }

    /// Bounds of request bodies of the Events API, which are counted in this budget.
    pub(crate) fn event_bodies(&self, in_flight: BytesInFlight) -> BodyLimits {
        BodyLimits {
            bytes: self.max_event_bytes,
            time: self.events_read_timeout,
            least_rate: self.least_rate(),
            in_flight,
        }
    }

    /// Bounds of request bodies of the Configuration API, which are counted in this budget.
    pub(crate) fn config_bodies(&self, in_flight: BytesInFlight) -> BodyLimits {
        BodyLimits {
            bytes: self.max_config_bytes,
            time: self.config_read_timeout,
            least_rate: self.least_rate(),
            in_flight,
        }
    }

    /// The least rate at which clients send bodies and read answers.
    pub fn least_rate(&self) -> LeastRate {
        LeastRate {
            bytes_per_second: self.min_body_rate,
            window: self.min_body_rate_window,
        }
    }
}

fn header_bytes(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(bytes) if bytes >= 8192 => Ok(bytes),
        Ok(_) => Err("must be at least 8192".to_owned()),
        Err(err) => Err(err.to_string()),
    }
}

//! The settings of the engine.

use std::time::Duration;

use dataflow::transform::TransformLimits;
use domain::event::EventLimits;
use domain::hops::Hops;
use domain::origin::TrustedProxies;
use domain::trace::TraceSettings;

use crate::intake::hosted::HostedDomains;
use crate::invocation::circuit_breaker::CircuitBreakerSettings;
use crate::invocation::decision_cache::DecisionCacheLimits;
use crate::matching::schemas::SchemaSettings;
use crate::metrics::{DetailLimits, MetricsLimits};
use crate::tunnels::TunnelSettings;

/// Settings of the engine.
#[derive(Debug, Clone)]
pub struct GatewaySettings {
    /// Domains whose host names stand for a path prefix (docs/contract.md §2.11); none turns hosted mode off.
    pub hosted: HostedDomains,
    /// Whether a CloudEvent sent as plain JSON is taken as one where it reaches a subscriber of its type and the
    /// request itself reaches none (Q72).
    pub json_events: bool,
    /// How much is taken of what comes in as events.
    pub event_limits: EventLimits,
    /// Whether requests of 2017 are answered as they were then (docs/contract.md §7).
    pub legacy_api: bool,
    /// How often a request or an event may have been passed on by a gateway before it counts as a loop.
    pub max_hops: Hops,
    /// By what events are followed through several programs.
    pub traces: TraceSettings,
    /// Time that the authorizers and sync functions of a batch have together.
    pub batch_timeout: Duration,
    /// Longest time of a hook, whatever it says of itself.
    pub max_hook_timeout: Duration,
    /// Longest time for which a function is left alone because it asks for that, unless its subscription allows longer
    /// pauses.
    pub max_retry_after: Duration,
    /// Most async deliveries made at a time; at least 1.
    pub max_concurrent_deliveries: usize,
    /// Most calls of functions of one space that clients wait for at a time; `None` is no limit.
    pub max_sync_calls_per_space: Option<usize>,
    /// Longest time that a producer may put the delivery of an event off.
    pub max_deliver_delay: Duration,
    /// When a function that keeps failing is left alone.
    pub circuit_breaker: CircuitBreakerSettings,
    /// The proxies whose word about clients is taken.
    pub trusted_proxies: TrustedProxies,
    /// Bounds of connections that go on with another protocol.
    pub tunnels: TunnelSettings,
    /// Bounds of the transforms of subscriptions.
    pub transforms: TransformLimits,
    /// How data is checked against schemas.
    pub schemas: SchemaSettings,
    /// Bytes of recent events that are kept of a space; none by default.
    pub recent_events_bytes: usize,
    /// How many decisions of authorizers are kept.
    pub decisions: DecisionCacheLimits,
    /// How many series of metrics there may be.
    pub metrics: MetricsLimits,
    /// How many functions, subscriptions and routes have some of their own; `None` where none are counted one by one.
    pub metrics_detail: Option<DetailLimits>,
}

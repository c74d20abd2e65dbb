//! Settings of gateways in tests: nothing takes long enough to end by itself, and what is off by default is off.

use std::time::Duration;

use domain::event::EventLimits;
use domain::hops::Hops;
use domain::origin::TrustedProxies;

use crate::intake::hosted::HostedDomains;
use crate::invocation::circuit_breaker::CircuitBreakerSettings;
use crate::metrics::MetricsLimits;
use crate::settings::GatewaySettings;
use crate::tunnels::TunnelSettings;

/// Longer than any test.
pub(crate) const LONG: Duration = Duration::from_mins(10);

/// What a test says nothing of.
pub(crate) fn settings() -> GatewaySettings {
    GatewaySettings {
        hosted: HostedDomains::default(),
        json_events: false,
        event_limits: EventLimits {
            max_attributes: 256,
            max_batch_events: 1000,
        },
        legacy_api: false,
        max_hops: Hops::new(16),
        traces: domain::trace::TraceSettings::default(),
        batch_timeout: LONG,
        decisions: crate::DecisionCacheLimits::default(),
        max_hook_timeout: LONG,
        max_retry_after: LONG,
        max_concurrent_deliveries: 10,
        max_sync_calls_per_space: None,
        max_deliver_delay: Duration::from_hours(1),
        schemas: crate::SchemaSettings::default(),
        recent_events_bytes: 0,
        trusted_proxies: TrustedProxies::default(),
        tunnels: TunnelSettings {
            most: 16,
            most_per_space: None,
            idle_timeout: Duration::ZERO,
        },
        circuit_breaker: CircuitBreakerSettings {
            failure_threshold: 1,
            min_open: LONG,
            max_open: LONG,
        },
        transforms: dataflow::transform::TransformLimits::default(),
        metrics: MetricsLimits::default(),
        metrics_detail: None,
    }
}

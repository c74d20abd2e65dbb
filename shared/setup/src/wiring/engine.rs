//! The engine with what calls functions, and the Events API over it.

use std::time::Duration;

use api::events::{EventsApi, EventsSettings};
use domain::event::EventLimits;
use domain::hops::Hops;
use gateway::{CircuitBreakerSettings, Gateway, GatewayParts, GatewaySettings};
use targets::{BytesInFlight, Invoker};

use super::calls::target_settings;
use super::{Parts, WiringError};
use crate::settings::Settings;

/// Time that a function which keeps failing is first left alone.
const CIRCUIT_BREAKER_MIN_OPEN: Duration = Duration::from_secs(1);

impl Parts<'_> {
    /// The engine over these parts, which calls functions; one for a process. Does no I/O.
    pub fn gateway(&self) -> Result<Gateway, WiringError> {
        let budget = bytes_in_flight(self.settings);
        let invoker = Invoker::new(target_settings(self.settings, &self.own_config_api, budget))?;
        let parts = GatewayParts {
            store: self.store.clone(),
            queue: self.queue.clone(),
            dead_letters: self.dead_letters.clone(),
            delivery_log: self.delivery_log.clone(),
            invoker,
            usage: self.usage.clone(),
            tracer: self.tracer.clone(),
        };
        Ok(Gateway::new(parts, gateway_settings(self.settings)))
    }

    /// The Events API of an engine, whose budget of bytes it shares.
    pub fn events_api(&self, gateway: Gateway) -> EventsApi {
        let settings = EventsSettings {
            limits: self.settings.limits.event_bodies(gateway.in_flight()),
            health: self.settings.listen.health_path.clone(),
            answers: self.settings.answer_options(),
            access_log: self.access_log.clone(),
            decodes_bodies: self.settings.events.decode_bodies.is_on(),
        };
        EventsApi::new(gateway, settings)
    }
}

/// The budget of bytes that requests to the Events API and answers of functions share.
fn bytes_in_flight(settings: &Settings) -> BytesInFlight {
    let limits = &settings.limits;
    let share = limits.max_bytes_in_flight_per_space(settings.access.is_hosted());
    match share {
        Some(share) => BytesInFlight::with_shares(limits.max_bytes_in_flight, share),
        None => BytesInFlight::new(limits.max_bytes_in_flight),
    }
}

fn gateway_settings(settings: &Settings) -> GatewaySettings {
    let queue = &settings.queue;
    GatewaySettings {
        hosted: settings.access.hosted(),
        json_events: settings.events.json_events,
        event_limits: EventLimits {
            max_attributes: settings.limits.max_event_attributes,
            max_batch_events: settings.limits.max_batch_events,
        },
        legacy_api: settings.compatibility.legacy_api,
        max_hops: Hops::new(settings.limits.max_hops),
        traces: settings.traces(),
        batch_timeout: settings.limits.batch_timeout,
        max_hook_timeout: settings.limits.max_hook_timeout,
        max_retry_after: queue.max_retry_after,
        max_concurrent_deliveries: queue.workers(),
        max_sync_calls_per_space: settings
            .limits
            .max_sync_calls_per_space(settings.access.is_hosted()),
        max_deliver_delay: queue.max_deliver_delay,
        circuit_breaker: CircuitBreakerSettings {
            failure_threshold: queue.circuit_breaker_failures,
            min_open: CIRCUIT_BREAKER_MIN_OPEN.min(queue.circuit_breaker_max_open),
            max_open: queue.circuit_breaker_max_open,
        },
        trusted_proxies: settings.passthrough.trusted(),
        tunnels: settings.passthrough.tunnels(settings.access.is_hosted()),
        transforms: settings.limits.transforms.limits(),
        decisions: settings.limits.decisions(),
        metrics: settings.metrics.limits(),
        metrics_detail: settings.metrics.detail(),
        schemas: settings.limits.schemas.compiled(),
        recent_events_bytes: settings.limits.schemas.recent_events_bytes,
    }
}

//! The handle that all of the engine hangs on.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::event::{EventLimits, request_host};
use domain::hops::Hops;
use domain::ids::Space;
use domain::routing::RoutingTable;
use domain::space_version::SpaceVersion;
use http::request::Parts;
use queue::DeliveryQueue;
use records::DeliveryLog;
use store::{Store, StoreError};
use targets::{BytesInFlight, Invoker};
use tokio::sync::{RwLock, RwLockReadGuard, Semaphore, SemaphorePermit};

use crate::circuit_breaker::{CircuitBreakerSettings, CircuitBreakers};
use crate::dead_letters::DeadLetters;
use crate::deliver::turns::{Permit, Turns};
use crate::error::GatewayError;
use crate::hosted::HostedDomains;
use crate::metrics::{EventMetrics, MetricsLimits};
use crate::sync_calls::{SyncCall, SyncCalls};

/// The engine. A handle: clones share everything.
#[derive(Debug, Clone)]
pub struct Gateway(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    store: Store,
    queue: DeliveryQueue,
    dead_letters: DeadLetters,
    delivery_log: DeliveryLog,
    invoker: Invoker,
    settings: GatewaySettings,
    metrics: EventMetrics,
    circuit_breakers: CircuitBreakers,
    draining: AtomicBool,
    /// Read by each request that is being taken in; written by nobody, but for the wait for all of them.
    receiving: RwLock<()>,
    deliveries: DeliveryPermits,
    sync_calls: Option<Arc<SyncCalls>>,
}

/// Permits to deliver, one a delivery.
#[derive(Debug)]
enum DeliveryPermits {
    /// Of a queue that hands deliveries out one by one and in turn: there are as many workers.
    AsTheyCome(Semaphore),
    /// Of a queue that hands out many at once.
    InTurn(Turns),
}

/// A permit to deliver; given back when dropped.
#[derive(Debug)]
#[expect(dead_code, reason = "they are held")]
pub(crate) enum DeliveryPermit<'a> {
    /// A permit of [`DeliveryPermits::AsTheyCome`].
    AsTheyCome(SemaphorePermit<'a>),
    /// A permit of [`DeliveryPermits::InTurn`].
    InTurn(Permit),
}

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
    /// Time that the authorizers and sync functions of a batch have together.
    pub batch_timeout: Duration,
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
    /// How many series of metrics there may be.
    pub metrics: MetricsLimits,
}

/// The handles that the engine works with.
#[derive(Debug, Clone)]
pub struct GatewayParts {
    /// The configuration store.
    pub store: Store,
    /// The delivery queue.
    pub queue: DeliveryQueue,
    /// Where deliveries go that are given up.
    pub dead_letters: DeadLetters,
    /// Where attempts are noted.
    pub delivery_log: DeliveryLog,
    /// What calls functions.
    pub invoker: Invoker,
}

impl Gateway {
    /// Joins the parts.
    pub fn new(parts: GatewayParts, settings: GatewaySettings) -> Self {
        let GatewayParts {
            store,
            queue,
            dead_letters,
            delivery_log,
            invoker,
        } = parts;
        let metrics = EventMetrics::new(settings.metrics);
        let permits = settings
            .max_concurrent_deliveries
            .clamp(1, Semaphore::MAX_PERMITS);
        let deliveries = if queue.holds() {
            DeliveryPermits::AsTheyCome(Semaphore::new(permits))
        } else {
            DeliveryPermits::InTurn(Turns::new(permits))
        };
        let sync_calls = settings.max_sync_calls_per_space.map(SyncCalls::new);
        let sync_calls = sync_calls.map(Arc::new);
        Self(Arc::new(Shared {
            store,
            queue,
            dead_letters,
            delivery_log,
            invoker,
            circuit_breakers: CircuitBreakers::new(settings.circuit_breaker),
            settings,
            metrics,
            sync_calls,
            draining: AtomicBool::new(false),
            receiving: RwLock::new(()),
            deliveries,
        }))
    }

    /// The configuration store.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The delivery queue.
    pub fn queue(&self) -> &DeliveryQueue {
        &self.0.queue
    }

    /// Where deliveries are kept that were given up.
    pub fn dead_letters(&self) -> &DeadLetters {
        &self.0.dead_letters
    }

    /// Where attempts at deliveries are noted.
    pub fn delivery_log(&self) -> &DeliveryLog {
        &self.0.delivery_log
    }

    /// Refuses new requests from now on (docs/contract.md §2.10).
    pub fn drain(&self) {
        self.0.draining.store(true, Ordering::Release);
    }

    /// Waits, after [`Gateway::drain`], for the requests that were being taken in: from then on none adds deliveries.
    /// Bodies of answers may still be on their way.
    pub async fn drained(&self) {
        drop(self.0.receiving.write().await);
    }

    /// A guard that a request holds while it is taken in; `None` once the gateway is draining.
    pub(crate) fn begin_receiving(&self) -> Option<RwLockReadGuard<'_, ()>> {
        // First the lock: whoever sees no draining is waited for. Only a wait keeps others from having it.
        let receiving = self.0.receiving.try_read().ok()?;
        (!self.is_draining()).then_some(receiving)
    }

    pub(crate) async fn routing_table(
        &self,
        at_least: &[SpaceVersion],
    ) -> Result<Arc<RoutingTable>, StoreError> {
        self.0.store.routing_table(at_least).await
    }

    /// A permit to deliver to a space. There always is one in the end.
    pub(crate) async fn delivery_permit(&self, space: &Space) -> Option<DeliveryPermit<'_>> {
        match &self.0.deliveries {
            // It is never closed.
            DeliveryPermits::AsTheyCome(permits) => {
                permits.acquire().await.ok().map(DeliveryPermit::AsTheyCome)
            }
            DeliveryPermits::InTurn(turns) => turns.acquire(space).await.map(DeliveryPermit::InTurn),
        }
    }

    /// Begins calls that a client waits for, of functions of these spaces: one for each. There is nothing to begin where
    /// they are not bounded.
    pub(crate) fn begin_sync_calls<'s>(
        &self,
        spaces: impl IntoIterator<Item = &'s Space>,
    ) -> Result<Vec<SyncCall>, GatewayError> {
        let Some(calls) = &self.0.sync_calls else {
            return Ok(Vec::new());
        };
        let spaces: BTreeSet<&Space> = spaces.into_iter().collect();
        spaces.into_iter().map(|space| calls.begin(space)).collect()
    }

    pub(crate) fn max_deliver_delay(&self) -> Duration {
        self.0.settings.max_deliver_delay
    }

    pub(crate) fn circuit_breakers(&self) -> &CircuitBreakers {
        &self.0.circuit_breakers
    }

    /// The budget of bytes that requests and answers of functions share.
    pub fn in_flight(&self) -> BytesInFlight {
        self.0.invoker.in_flight()
    }

    /// The budget of bytes for a request: in hosted mode the share of the space that owns its path. Paths that no space
    /// owns have one share together.
    pub async fn in_flight_for(&self, parts: &Parts) -> BytesInFlight {
        let in_flight = self.in_flight();
        if !self.hosted().is_on() {
            return in_flight;
        }
        let path = self
            .hosted()
            .effective_path(parts.uri.path(), &request_host(parts));
        let table = self.routing_table(&[]).await.ok();
        let owner = table.as_deref().and_then(|table| table.owner(&path.path));
        in_flight.of_space(owner.map_or("", Space::as_str))
    }

    pub(crate) fn invoker(&self) -> &Invoker {
        &self.0.invoker
    }

    pub(crate) fn hosted(&self) -> &HostedDomains {
        &self.0.settings.hosted
    }

    /// Whether new requests are refused by now.
    pub(crate) fn is_draining(&self) -> bool {
        self.0.draining.load(Ordering::Acquire)
    }

    pub(crate) fn settings(&self) -> &GatewaySettings {
        &self.0.settings
    }

    pub(crate) fn accepts_json_events(&self) -> bool {
        self.0.settings.json_events
    }

    pub(crate) fn speaks_legacy_api(&self) -> bool {
        self.0.settings.legacy_api
    }

    pub(crate) fn metrics(&self) -> &EventMetrics {
        &self.0.metrics
    }
}

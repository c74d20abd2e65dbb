//! The engine as a handle: what its stages are built of, and what others ask of it.

use std::sync::Arc;
use std::time::Duration;

use clocks::epoch_millis;
use domain::ids::Space;
use http::StatusCode;
use http::request::Parts;
use queue::{DeliveryQueue, Received, Settled};
use records::DeliveryLog;
use store::Store;
use targets::{BytesInFlight, Invoker};
use tokio::time::Instant;
use traces::Tracer;

use crate::acceptance::{Acceptance, AdmissionControl};
use crate::delivery::dead_letters::DeadLetters;
use crate::delivery::{Deliverer, DispatchTime, Permits, QuotaTurns};
use crate::draining::Draining;
use crate::intake::Intake;
use crate::intake::admission::may_send;
use crate::invocation::Invocation;
use crate::invocation::circuit_breaker::CircuitBreakers;
use crate::invocation::decision_cache::DecisionCache;
use crate::invocation::hook_limits::HookLimits;
use crate::invocation::system_events::SystemEvents;
use crate::invocation::transforms::Transforms;
use crate::matching::Matching;
use crate::matching::schemas::Schemas;
use crate::metrics::{EventMetrics, Reached};
use crate::outbox::Outbox;
use crate::rate_limits::RateLimits;
use crate::recent_events::RecentEvents;
use crate::seen::Seen;
use crate::settings::GatewaySettings;
use crate::space_quotas::SpaceQuotas;
use crate::sync_calls::SyncCalls;
use crate::tunnels::Tunnels;
use crate::unattempted::Unattempted;
use crate::usage::Usage;

/// Subscriptions with deliveries that are looked at for the page of metrics.
const MOST_LANES: usize = 10_000;

/// The engine. A handle: clones share everything.
#[derive(Debug, Clone)]
pub struct Gateway(Arc<Stages>);

/// The stages of the engine, and what they have in common.
#[derive(Debug)]
pub(crate) struct Stages {
    pub(crate) store: Store,
    pub(crate) queue: DeliveryQueue,
    pub(crate) draining: Draining,
    pub(crate) metrics: Arc<EventMetrics>,
    pub(crate) intake: Intake,
    pub(crate) matching: Matching,
    pub(crate) acceptance: Acceptance,
    pub(crate) invocation: Arc<Invocation>,
    pub(crate) deliverer: Arc<Deliverer>,
    pub(crate) tunnels: Tunnels,
    pub(crate) tracer: Tracer,
    /// Time that the authorizers and sync functions of a batch have together.
    pub(crate) batch_timeout: Duration,
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
    /// What counts the usage of spaces, if it is counted.
    pub usage: Option<Usage>,
    /// What begins spans.
    pub tracer: Tracer,
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
            usage,
            tracer,
        } = parts;
        let metrics = EventMetrics::new(settings.metrics, settings.metrics_detail).with_usage(usage);
        let metrics = Arc::new(metrics);
        let outbox = Outbox::new(queue.clone(), Arc::clone(&metrics));
        let unattempted = Unattempted {
            delivery_log: delivery_log.clone(),
            metrics: Arc::clone(&metrics),
        };
        let invocation = Arc::new(Invocation {
            invoker,
            circuit_breakers: CircuitBreakers::new(settings.circuit_breaker),
            rate_limits: RateLimits::default(),
            transforms: Transforms::new(settings.transforms),
            decisions: DecisionCache::new(settings.decisions),
            system_events: SystemEvents {
                outbox: outbox.clone(),
                is_hosted: settings.hosted.is_on(),
            },
            metrics: Arc::clone(&metrics),
            hook_limits: HookLimits {
                max_timeout: settings.max_hook_timeout,
                max_attributes: settings.event_limits.max_attributes,
            },
            tracer: tracer.clone(),
        });
        let permits = Permits::new(&queue, settings.max_concurrent_deliveries);
        let most_calls = settings.max_sync_calls_per_space;
        let quotas = Arc::new(SpaceQuotas::new(store.clone()));
        let are_calls_bounded = most_calls.is_some() || store.rules().plans.is_some();
        Self(Arc::new(Stages {
            store: store.clone(),
            queue: queue.clone(),
            draining: Draining::default(),
            intake: Intake {
                hosted: settings.hosted,
                event_limits: settings.event_limits,
                legacy_api: settings.legacy_api,
                max_hops: settings.max_hops,
                trusted_proxies: settings.trusted_proxies.clone(),
                traces: settings.traces,
            },
            matching: Matching {
                json_events: settings.json_events,
                max_attributes: settings.event_limits.max_attributes,
                max_hops: settings.max_hops,
                max_deliver_delay: settings.max_deliver_delay,
                schemas: Schemas::new(settings.schemas, Arc::clone(&metrics)),
                traces_events: settings.traces.events,
            },
            acceptance: Acceptance {
                store: store.clone(),
                outbox: outbox.clone(),
                room: AdmissionControl {
                    outbox,
                    sync_calls: are_calls_bounded.then(|| Arc::new(SyncCalls::new(most_calls))),
                    quotas: Arc::clone(&quotas),
                },
                invocation: Arc::clone(&invocation),
                unattempted: unattempted.clone(),
                trusted_proxies: settings.trusted_proxies,
                tracer: tracer.clone(),
                recent: RecentEvents::new(settings.recent_events_bytes),
            },
            deliverer: Arc::new(Deliverer {
                store,
                queue,
                dead_letters,
                delivery_log,
                unattempted,
                invocation: Arc::clone(&invocation),
                metrics: Arc::clone(&metrics),
                permits,
                quotas,
                quota_turns: QuotaTurns::default(),
                max_retry_after: settings.max_retry_after,
                tracer: tracer.clone(),
            }),
            tracer,
            invocation,
            tunnels: Tunnels::new(settings.tunnels, Arc::clone(&metrics)),
            metrics,
            batch_timeout: settings.batch_timeout,
        }))
    }

    pub(crate) fn stages(&self) -> &Stages {
        &self.0
    }

    /// The configuration store.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The delivery queue.
    pub fn queue(&self) -> &DeliveryQueue {
        &self.0.queue
    }

    /// What counts the usage of spaces, if it is counted.
    pub fn usage(&self) -> Option<&Usage> {
        self.0.metrics.usage()
    }

    /// What begins spans.
    pub fn tracer(&self) -> &Tracer {
        &self.0.tracer
    }

    /// Waits until the spans of what was done so far are sent, but not for longer than this.
    pub async fn flush_spans(&self, most: Duration) {
        self.0.tracer.flush(most).await;
    }

    /// The recent events that are kept, where they are.
    pub fn recent_events(&self) -> Option<RecentEvents> {
        self.0.acceptance.recent.clone()
    }

    /// Whether requests are counted by their routes.
    pub fn counts_requests(&self) -> bool {
        self.0.metrics.detail().is_some()
    }

    /// Counts a request that was answered with a status, or is to be, after so long.
    pub fn count_request(&self, seen: &Seen, status: StatusCode, took: Duration) {
        if let Some(detail) = self.0.metrics.detail() {
            detail.request_answered(reached(seen), status, took);
        }
    }

    /// What is counted of single functions, subscriptions and routes, in the text format of Prometheus.
    pub fn metrics_page(&self) -> String {
        let Some(detail) = self.0.metrics.detail() else {
            return String::new();
        };
        let circuits = self.0.invocation.circuit_breakers.unclosed(Instant::now());
        let oldest = match &self.0.queue {
            DeliveryQueue::Embedded(queue) => queue.oldest(MOST_LANES),
            // What waits there is counted there.
            DeliveryQueue::Sqs(_) => Vec::new(),
        };
        detail.page(&circuits, &oldest, epoch_millis())
    }

    /// Refuses new requests from now on (docs/contract.md §2.10).
    pub fn drain(&self) {
        self.0.draining.begin();
        self.0.tunnels.close();
    }

    /// Waits, after [`Gateway::drain`], for the connections that went on with another protocol: each ends once it is silent
    /// for a moment.
    pub async fn upgraded_ended(&self) {
        self.0.tunnels.ended().await;
    }

    /// Whether new requests are refused.
    pub fn is_draining(&self) -> bool {
        self.0.draining.has_begun()
    }

    /// Whether the host of a request stands for a space, whose path it is then.
    pub fn has_space_host(&self, parts: &Parts) -> bool {
        self.0.intake.path(parts).is_hosted
    }

    /// Waits, after [`Gateway::drain`], for the requests that were being taken in: from then on none adds deliveries.
    /// Bodies of answers may still be on their way.
    pub async fn drained(&self) {
        self.0.draining.ended().await;
    }

    /// Delivers what is queued, `workers` messages at a time, until the queue is closed.
    pub async fn run_workers(&self, workers: usize) {
        self.0.deliverer.run_workers(workers).await;
    }

    /// Delivers a message to all of its subscribers, and settles it: those that failed and may do better are received
    /// again by themselves, those that cannot go to the dead letters. `time` bounds that, if given. Never more
    /// deliveries are made at a time than [`GatewaySettings`] allows.
    pub async fn dispatch(&self, received: Received, time: Option<DispatchTime>) -> Settled {
        self.0.deliverer.dispatch(received, time).await
    }

    /// Gives up what deleted subscriptions and functions have left in the queue, now and whenever something is deleted;
    /// never ends. On SQS a delivery is given up when its time comes.
    pub async fn give_up_orphans(&self) {
        self.0.deliverer.give_up_orphans().await;
    }

    /// The budget of bytes that requests and answers of functions share.
    pub fn in_flight(&self) -> BytesInFlight {
        self.0.invocation.invoker.in_flight()
    }

    /// The budget of bytes for a request: in hosted mode the share of the space that owns its path. Paths that no space
    /// owns have one share together, with what comes without a key to a space that wants one.
    pub async fn in_flight_for(&self, parts: &Parts) -> BytesInFlight {
        let in_flight = self.in_flight();
        if !self.0.intake.hosted.is_on() {
            return in_flight;
        }
        let path = self.0.intake.path(parts);
        let table = self.store().routing_table(&[]).await.ok();
        // What comes without a key that is wanted is nobody's, and takes nothing of what is the space's.
        let owner = table
            .as_deref()
            .filter(|table| !table.has_closed_spaces() || may_send(table, parts, &path.path))
            .and_then(|table| table.owner(&path.path));
        in_flight.of_space(owner.map_or("", Space::as_str))
    }
}

fn reached(seen: &Seen) -> Reached<'_> {
    match seen.route() {
        Some(route) => Reached::Route(route),
        None if seen.is_unmatched() => Reached::Nobody,
        None => Reached::Unknown,
    }
}

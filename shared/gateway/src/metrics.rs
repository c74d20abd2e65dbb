//! Metrics: the counters of events, and where the rest is.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use domain::ids::{FunctionId, Space};
use domain::quota::Quota;
use domain::resource::HookPoint;
use domain::system_event::SystemEventType;
use foldhash::fast::RandomState;
use metrics::Counter;
use tokio::time::Instant;

use crate::usage::{SpaceUsage, Usage};

mod descriptions;
mod detail;
mod hooks;
mod names;
mod space_labels;
mod upgraded;

pub use descriptions::{DESCRIPTIONS, Description, MetricKind, describe};
use detail::Detail;
pub use detail::DetailLimits;
pub(crate) use detail::{CallOutcome, CallsUnderWay, CircuitPhase, CountedCall, Reached};
use hooks::HookCounters;
pub(crate) use hooks::HookOutcome;
pub use hooks::{HOOK_DURATION, HOOKS};
pub use names::{
    CONFIG_REQUEST_DURATION, CONFIG_REQUESTS, CORS, DEAD_LETTERS, DEAD_LETTERS_KEPT, EVENT_TYPES,
    EVENTS_BACKLOG, EVENTS_CANCELLED, EVENTS_CUSTOM_PROCESSING, EVENTS_DENIED, EVENTS_DROPPED,
    EVENTS_PROCESSED, EVENTS_RECEIVED, EVENTS_REFUSED, EVENTS_UNMATCHED, FUNCTIONS, QUEUE_REFUSED,
    SCHEMA_VIOLATIONS, SUBSCRIPTIONS, VARIANT_CALLS,
};
pub use space_labels::{MetricsLimits, OTHER, SpaceLabels};
pub(crate) use upgraded::OpenConnection;
use upgraded::UpgradedCounters;
pub use upgraded::{UPGRADED_CONNECTIONS, UPGRADED_CONNECTIONS_OPEN};

/// Label value of async deliveries, whatever their event type (Q5).
const CUSTOM: &str = "custom";

/// Upper bounds of a histogram's buckets: `start` doubled `count - 1` times.
pub fn doubling_buckets(start: f64, count: usize) -> Vec<f64> {
    std::iter::successors(Some(start), |bound| Some(bound * 2.0))
        .take(count)
        .collect()
}

/// The counters of events by space, looked up once and then kept at hand.
#[derive(Debug)]
pub(crate) struct EventMetrics {
    limits: MetricsLimits,
    /// Where functions, subscriptions and routes are counted one by one.
    detail: Option<Detail>,
    /// Where it is counted what spaces use, if it is.
    usage: Option<Usage>,
    spaces: RwLock<HashMap<Space, Arc<SpaceCounters>, RandomState>>,
    /// The counters of all spaces beyond the limit.
    other: OnceLock<Arc<SpaceCounters>>,
    /// Events on paths of no space that nobody subscribes to.
    unmatched: OnceLock<Counter>,
}

/// The counters of one space.
pub(crate) struct SpaceCounters {
    space: Space,
    /// What it uses, where that is counted; that of spaces beyond the limit is to be looked up.
    usage: Option<Arc<SpaceUsage>>,
    /// Async deliveries found.
    pub(crate) async_received: Counter,
    /// Async deliveries whose function answered or failed.
    pub(crate) async_processed: Counter,
    /// Async deliveries without room.
    pub(crate) dropped: Counter,
    /// Async deliveries given up.
    pub(crate) dead_lettered: Counter,
    /// Async deliveries that an authorizer denied.
    pub(crate) denied: Counter,
    /// Events on its paths that nobody subscribes to; looked up once there are such.
    unmatched: OnceLock<Counter>,
    /// Events that do not fit the schema of their type and go on, and those that are refused; looked up once there are such.
    warned: OnceLock<Counter>,
    rejected: OnceLock<Counter>,
    /// Events that were refused because a quota is used up; looked up once there are such.
    refused: OnceLock<Counter>,
    /// Connections that went on with another protocol; looked up once there are such.
    upgraded: OnceLock<UpgradedCounters>,
    invoking: Counter,
    invoked: Counter,
    failed: Counter,
    by_type: RwLock<HashMap<Box<str>, SyncCounters, RandomState>>,
    /// Of weighted functions and those that they name.
    by_variant: RwLock<HashMap<(FunctionId, FunctionId), Counter, RandomState>>,
    /// Looked up once there are hooks.
    hooks: OnceLock<HookCounters>,
    most_types: usize,
}

/// The counters of sync events of one type.
#[derive(Clone)]
pub(crate) struct SyncCounters {
    /// Events that found a sync subscriber.
    pub(crate) received: Counter,
    /// Events whose function answered or failed.
    pub(crate) processed: Counter,
}

impl std::fmt::Debug for SpaceCounters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpaceCounters")
            .field("space", &self.space)
            .finish_non_exhaustive()
    }
}

fn counter(name: &'static str, space: &Space, event_type: &str) -> Counter {
    metrics::counter!(name, "space" => space.to_string(), "type" => event_type.to_owned())
}

impl EventMetrics {
    pub(crate) fn new(limits: MetricsLimits, detail: Option<DetailLimits>) -> Self {
        Self {
            limits,
            detail: detail.map(Detail::new),
            usage: None,
            spaces: RwLock::default(),
            other: OnceLock::new(),
            unmatched: OnceLock::new(),
        }
    }

    /// The same, with what spaces use counted there.
    pub(crate) fn with_usage(self, usage: Option<Usage>) -> Self {
        Self { usage, ..self }
    }

    /// Where it is counted what spaces use, if it is.
    pub(crate) fn usage(&self) -> Option<&Usage> {
        self.usage.as_ref()
    }

    /// Counts what a space uses, where that is counted: beside its counters, which were looked up for something else.
    pub(crate) fn used(&self, space: &Space, counters: &SpaceCounters, count: impl FnOnce(&SpaceUsage)) {
        if let Some(usage) = &counters.usage {
            count(usage);
        } else if let Some(usage) = &self.usage {
            count(&usage.of(space));
        }
    }

    /// What is counted of single functions, subscriptions and routes, where that is wanted.
    pub(crate) fn detail(&self) -> Option<&Detail> {
        self.detail.as_ref()
    }

    /// Begins a call of a function.
    pub(crate) fn begin_call(&self, space: &Space, function: &FunctionId) -> CountedCall {
        match &self.detail {
            Some(detail) => detail.begin_call(space, function),
            None => CountedCall::uncounted(),
        }
    }

    /// The counter of events that nobody subscribes to, by the space that owns their path. Where none does they have no
    /// space, and are counted as those of all spaces without series of their own.
    pub(crate) fn unmatched(&self, owner: Option<&Space>) -> Counter {
        let new = |space: &Space| metrics::counter!(EVENTS_UNMATCHED, "space" => space.to_string());
        match owner.map(|space| self.space(space)) {
            Some(counters) => counters.unmatched.get_or_init(|| new(&counters.space)).clone(),
            None => self.unmatched.get_or_init(|| new(&OTHER.into())).clone(),
        }
    }

    pub(crate) fn space(&self, space: &Space) -> Arc<SpaceCounters> {
        let is_full = {
            let spaces = self.spaces.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(counters) = spaces.get(space) {
                return counters.clone();
            }
            spaces.len() >= self.limits.spaces
        };
        let types = self.limits.types_per_space;
        if is_full {
            let new = || Arc::new(SpaceCounters::new(&OTHER.into(), None, types));
            return self.other.get_or_init(new).clone();
        }
        let usage = || self.usage.as_ref().map(|usage| usage.of(space));
        let new = || Arc::new(SpaceCounters::new(space, usage(), types));
        let mut spaces = self.spaces.write().unwrap_or_else(PoisonError::into_inner);
        spaces.entry(space.clone()).or_insert_with(new).clone()
    }
}

impl SpaceCounters {
    fn new(space: &Space, usage: Option<Arc<SpaceUsage>>, most_types: usize) -> Self {
        let received = |event_type: &str| counter(EVENTS_RECEIVED, space, event_type);
        Self {
            space: space.clone(),
            usage,
            async_received: received(CUSTOM),
            async_processed: counter(EVENTS_PROCESSED, space, CUSTOM),
            dropped: counter(EVENTS_DROPPED, space, CUSTOM),
            dead_lettered: metrics::counter!(DEAD_LETTERS, "space" => space.to_string()),
            denied: metrics::counter!(EVENTS_DENIED, "space" => space.to_string()),
            unmatched: OnceLock::new(),
            warned: OnceLock::new(),
            rejected: OnceLock::new(),
            refused: OnceLock::new(),
            upgraded: OnceLock::new(),
            invoking: received(SystemEventType::FunctionInvoking.as_str()),
            invoked: received(SystemEventType::FunctionInvoked.as_str()),
            failed: received(SystemEventType::FunctionInvocationFailed.as_str()),
            by_type: RwLock::default(),
            by_variant: RwLock::default(),
            hooks: OnceLock::new(),
            most_types,
        }
    }

    /// Counts an event that does not fit the schema of its type.
    pub(crate) fn schema_violated(&self, is_rejected: bool) {
        let (counter, outcome) = if is_rejected {
            (&self.rejected, "rejected")
        } else {
            (&self.warned, "warned")
        };
        let new =
            || metrics::counter!(SCHEMA_VIOLATIONS, "space" => self.space.to_string(), "outcome" => outcome);
        counter.get_or_init(new).increment(1);
    }

    /// Counts events that were refused because a quota is used up.
    pub(crate) fn refused(&self, quota: Quota, events: usize) {
        let space = || self.space.to_string();
        let new = || metrics::counter!(EVENTS_REFUSED, "space" => space(), "quota" => quota.name());
        self.refused.get_or_init(new).increment(events as u64);
    }

    pub(crate) fn sync(&self, event_type: &str) -> SyncCounters {
        let is_full = {
            let by_type = self.by_type.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(counters) = by_type.get(event_type) {
                return counters.clone();
            }
            by_type.len() >= self.most_types
        };
        if is_full && event_type != OTHER {
            return self.sync(OTHER);
        }
        let mut by_type = self.by_type.write().unwrap_or_else(PoisonError::into_inner);
        let new = || SyncCounters {
            received: counter(EVENTS_RECEIVED, &self.space, event_type),
            processed: counter(EVENTS_PROCESSED, &self.space, event_type),
        };
        by_type.entry(event_type.into()).or_insert_with(new).clone()
    }

    /// Counts a call of a weighted function, by the one that was called. Of those beyond the limit all are one.
    pub(crate) fn variant_called(&self, function: &FunctionId, variant: &FunctionId) {
        let mut key = (function.clone(), variant.clone());
        {
            let by_variant = self.by_variant.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(counter) = by_variant.get(&key) {
                counter.increment(1);
                return;
            }
            if by_variant.len() >= self.most_types {
                key = (OTHER.into(), OTHER.into());
            }
        }
        let mut by_variant = self.by_variant.write().unwrap_or_else(PoisonError::into_inner);
        let new = |(function, variant): &(FunctionId, FunctionId)| {
            let (space, function) = (self.space.to_string(), function.to_string());
            metrics::counter!(VARIANT_CALLS, "space" => space, "function" => function, "variant" => variant.to_string())
        };
        let counter = by_variant.entry(key.clone()).or_insert_with(|| new(&key));
        counter.increment(1);
    }

    /// Counts that a hook was asked, in a call that began then if there was one, and what came of it.
    pub(crate) fn hook_asked(&self, point: HookPoint, outcome: HookOutcome, began: Option<Instant>) {
        let hooks = self.hooks.get_or_init(|| HookCounters::new(&self.space));
        hooks.count(point, outcome, began);
    }

    /// Counts a connection that goes on with another protocol.
    pub(crate) fn upgraded(&self) -> OpenConnection {
        let counters = self.upgraded.get_or_init(|| UpgradedCounters::new(&self.space));
        counters.begin()
    }

    /// The counter of a function's system events; `event.received` is not counted (Q56).
    pub(crate) fn system(&self, event_type: SystemEventType) -> Option<&Counter> {
        match event_type {
            SystemEventType::EventReceived | SystemEventType::UsageDaily | SystemEventType::ConfigChanged => {
                None
            }
            SystemEventType::FunctionInvoking => Some(&self.invoking),
            SystemEventType::FunctionInvoked => Some(&self.invoked),
            SystemEventType::FunctionInvocationFailed => Some(&self.failed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_have_bounds() {
        let limits = MetricsLimits {
            spaces: 2,
            unknown_spaces: 0,
            types_per_space: 3,
        };
        let metrics = EventMetrics::new(limits, None);
        let names = |number: usize| Space::from(format!("space-{number}"));
        for (number, want) in [
            (0, "space-0"),
            (1, "space-1"),
            (2, OTHER),
            (3, OTHER),
            (0, "space-0"),
        ] {
            assert_eq!(metrics.space(&names(number)).space.as_str(), want);
        }
        let space = metrics.space(&names(0));
        for number in 0..100 {
            space.sync(&format!("type-{number}"));
        }
        let weighted = FunctionId::from("w");
        for number in 0..100 {
            space.variant_called(&weighted, &format!("v-{number}").into());
        }
        assert_eq!(space.by_variant.read().unwrap().len(), 3 + 1);
        // The three, and what stands for all others.
        assert_eq!(space.by_type.read().unwrap().len(), 3 + 1);
        assert!(space.by_type.read().unwrap().contains_key(OTHER));
    }

    #[test]
    fn buckets_end_where_dashboards_expect() {
        let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
        let custom = doubling_buckets(0.000_01, 20);
        assert!(custom.len() == 20 && close(custom[0], 1e-5) && close(custom[19], 5.242_88));
        let config = doubling_buckets(0.000_5, 16);
        assert!(config.len() == 16 && close(config[15], 16.384));
    }
}

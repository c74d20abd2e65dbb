//! The page that Prometheus scrapes. Gauges come from what is stored at that moment (Q32).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::response::{IntoResponse, Response};
use domain::ids::Space;
use domain::resource::Kind;
use gateway::metrics::{
    CONFIG_REQUESTS, CORS, EVENT_TYPES, EVENTS_BACKLOG, FUNCTIONS, MetricsLimits, QUEUE_REFUSED,
    SUBSCRIPTIONS, SpaceLabels,
};
use http::{HeaderValue, header};
use metrics_exporter_prometheus::PrometheusHandle;
use queue::DeliveryQueue;
use store::Store;

use crate::error::ApiError;

/// Renders the metrics of this process.
#[derive(Clone)]
pub struct MetricsPage {
    recorder: PrometheusHandle,
    process: metrics_process::Collector,
    /// Gauges that were ever shown: what is gone must be shown as 0.
    shown: Arc<Mutex<BTreeMap<(Space, Kind), usize>>>,
    labels: SpaceLabels,
}

impl std::fmt::Debug for MetricsPage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MetricsPage").finish_non_exhaustive()
    }
}

impl MetricsPage {
    /// A page over a recorder, and the spaces that have series of their own on it.
    pub fn new(recorder: PrometheusHandle, limits: MetricsLimits) -> Self {
        Self {
            recorder,
            process: metrics_process::Collector::default(),
            shown: Arc::default(),
            labels: SpaceLabels::new(limits),
        }
    }

    /// Counts a request that concerns a space (docs/contract.md §5). `is_known` says that something is in the space.
    pub(super) fn count(
        &self,
        space: &Space,
        is_known: bool,
        resource: &'static str,
        operation: &'static str,
    ) {
        let space = self.labels.of(space, is_known).to_string();
        metrics::counter!(CONFIG_REQUESTS, "space" => space, "resource" => resource, "operation" => operation)
            .increment(1);
    }

    pub(super) async fn render(&self, store: &Store, queue: &DeliveryQueue) -> Response {
        let counts = match store.counts().await {
            Ok(counts) => counts,
            Err(err) => return ApiError::from(err).into_response(),
        };
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.values_mut().for_each(|count| *count = 0);
        for (space, kind, count) in counts {
            *shown.entry((self.labels.of(&space, true), kind)).or_default() += count;
        }
        for ((space, kind), count) in shown.iter() {
            set_gauge(space, *kind, *count);
        }
        drop(shown);
        metrics::gauge!(EVENTS_BACKLOG).set(as_float(queue.backlog()));
        if let Some(refused) = queue.refused() {
            metrics::counter!(QUEUE_REFUSED).absolute(refused);
        }
        self.process.collect();
        let content_type = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
        (
            [(header::CONTENT_TYPE, content_type)],
            as_counter(&self.recorder.render()),
        )
            .into_response()
    }
}

/// The page with the time of the processor as the counter that it is. Counters of the recorder are whole numbers, which
/// lose most of what a short while takes, so that it is kept as a gauge.
fn as_counter(page: &str) -> String {
    page.replacen(
        "# TYPE process_cpu_seconds_total gauge\n",
        "# TYPE process_cpu_seconds_total counter\n",
        1,
    )
}

fn set_gauge(space: &Space, kind: Kind, count: usize) {
    let name = match kind {
        Kind::EventType => EVENT_TYPES,
        Kind::Function => FUNCTIONS,
        Kind::Subscription => SUBSCRIPTIONS,
        Kind::Cors => CORS,
        // No more than one of each space, and few of each.
        Kind::Space | Kind::Key => return,
    };
    metrics::gauge!(name, "space" => space.to_string()).set(as_float(count));
}

/// A count as gauges take it: exact as far as any count here goes.
fn as_float(count: usize) -> f64 {
    u32::try_from(count).unwrap_or(u32::MAX).into()
}

//! The page that Prometheus scrapes. Gauges come from what is stored at that moment (Q32).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::response::{IntoResponse, Response};
use domain::ids::Space;
use domain::resource::Kind;
use gateway::Gateway;
use gateway::metrics::{
    CONFIG_REQUESTS, CORS, DEAD_LETTERS_KEPT, EVENT_TYPES, EVENTS_BACKLOG, FUNCTIONS, MetricsLimits,
    QUEUE_REFUSED, SUBSCRIPTIONS, SpaceLabels,
};
use http::{HeaderValue, StatusCode, header};
use metrics_exporter_prometheus::PrometheusHandle;
use offload::off_runtime;
use queue::DeliveryQueue;
use store::Store;

use crate::error::ApiError;
use crate::request_target::plain_text;

/// Renders the metrics of this process.
#[derive(Clone)]
pub struct MetricsPage {
    recorder: Option<PrometheusHandle>,
    /// The engine of this process, where there is one.
    gateway: Option<Gateway>,
    process: metrics_process::Collector,
    /// Gauges that were ever shown: what is gone must be shown as 0.
    shown: Arc<Mutex<BTreeMap<(Space, Kind), usize>>>,
    /// The same of dead letters.
    dead_letters: Arc<Mutex<BTreeMap<Space, usize>>>,
    labels: SpaceLabels,
}

impl std::fmt::Debug for MetricsPage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MetricsPage").finish_non_exhaustive()
    }
}

impl MetricsPage {
    /// A page over a recorder, and the spaces that have series of their own on it. Without a recorder there is none.
    pub fn new(recorder: Option<PrometheusHandle>, limits: MetricsLimits) -> Self {
        let process = metrics_process::Collector::default();
        process.describe();
        Self {
            recorder,
            gateway: None,
            process,
            shown: Arc::default(),
            dead_letters: Arc::default(),
            labels: SpaceLabels::new(limits),
        }
    }

    /// The same with what the engine of this process counts by itself.
    #[must_use]
    pub fn with_engine(mut self, gateway: Gateway) -> Self {
        self.gateway = Some(gateway);
        self
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

    fn set_gauges(&self, counts: Vec<(Space, Kind, usize)>) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.values_mut().for_each(|count| *count = 0);
        // What is kept of a tenant is no space.
        let of_spaces = counts.into_iter().filter(|(space, ..)| space.tenant().is_none());
        for (space, kind, count) in of_spaces {
            *shown.entry((self.labels.of(&space, true), kind)).or_default() += count;
        }
        for ((space, kind), count) in shown.iter() {
            set_gauge(space, *kind, *count);
        }
    }

    /// Those in the table of a deployment are not counted: it would have to be read whole.
    async fn set_dead_letters(&self, queue: &DeliveryQueue) {
        let DeliveryQueue::Embedded(queue) = queue else {
            return;
        };
        // A queue that cannot be read says so elsewhere, and the rest of the page is as good.
        let Ok(counts) = queue.dead_letter_counts().await else {
            return;
        };
        let mut shown = self.dead_letters.lock().unwrap_or_else(PoisonError::into_inner);
        shown.values_mut().for_each(|count| *count = 0);
        for (space, count) in counts {
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            *shown.entry(self.labels.of(&space, true)).or_default() += count;
        }
        for (space, count) in shown.iter() {
            metrics::gauge!(DEAD_LETTERS_KEPT, "space" => space.to_string()).set(as_float(*count));
        }
    }

    pub(super) async fn render(&self, store: &Store, queue: &DeliveryQueue) -> Response {
        let Some(recorder) = &self.recorder else {
            return plain_text(StatusCode::NOT_FOUND, "metrics are off\n");
        };
        let counts = match store.counts().await {
            Ok(counts) => counts,
            Err(err) => return ApiError::from(err).into_response(),
        };
        self.set_gauges(counts);
        self.set_dead_letters(queue).await;
        metrics::gauge!(EVENTS_BACKLOG).set(as_float(queue.backlog()));
        if let Some(refused) = queue.refused() {
            metrics::counter!(QUEUE_REFUSED).absolute(refused);
        }
        self.process.collect();
        let mut page = as_counter(&recorder.render());
        if let Some(gateway) = self.gateway.clone() {
            // It may be long, and nobody is to wait for it.
            page.push_str(&off_runtime(move || gateway.metrics_page()).await);
        }
        let content_type = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
        ([(header::CONTENT_TYPE, content_type)], page).into_response()
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
        // No more than one of each space, few of each, and none of a space.
        Kind::Space | Kind::Key | Kind::Tenant => return,
    };
    metrics::gauge!(name, "space" => space.to_string()).set(as_float(count));
}

/// A count as gauges take it: exact as far as any count here goes.
fn as_float(count: usize) -> f64 {
    u32::try_from(count).unwrap_or(u32::MAX).into()
}

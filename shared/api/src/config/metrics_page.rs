//! The page that Prometheus scrapes. Gauges come from what is stored at that moment (Q32).

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::response::{IntoResponse, Response};
use domain::ids::Space;
use domain::resource::Kind;
use gateway::metrics::{CORS, EVENT_TYPES, EVENTS_BACKLOG, FUNCTIONS, SUBSCRIPTIONS};
use http::{HeaderValue, header};
use metrics_exporter_prometheus::PrometheusHandle;
use queue::DeliveryQueue;
use store::Store;

use crate::error::ApiError;

/// Renders the metrics of this process.
#[derive(Clone)]
pub struct MetricsPage {
    recorder: PrometheusHandle,
    queue: DeliveryQueue,
    process: metrics_process::Collector,
    /// Gauges that were ever shown: what is gone must be shown as 0.
    shown: Arc<Mutex<BTreeSet<(Space, Kind)>>>,
}

impl std::fmt::Debug for MetricsPage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MetricsPage").finish_non_exhaustive()
    }
}

impl MetricsPage {
    /// A page over a recorder and a queue.
    pub fn new(recorder: PrometheusHandle, queue: DeliveryQueue) -> Self {
        Self {
            recorder,
            queue,
            process: metrics_process::Collector::default(),
            shown: Arc::default(),
        }
    }

    pub(super) async fn render(&self, store: &Store) -> Response {
        let counts = match store.counts().await {
            Ok(counts) => counts,
            Err(err) => return ApiError::from(err).into_response(),
        };
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        for (space, kind) in shown.iter() {
            set_gauge(space, *kind, 0);
        }
        for (space, kind, count) in counts {
            set_gauge(&space, kind, count);
            shown.insert((space, kind));
        }
        drop(shown);
        metrics::gauge!(EVENTS_BACKLOG).set(as_float(self.queue.backlog()));
        self.process.collect();
        let content_type = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
        ([(header::CONTENT_TYPE, content_type)], self.recorder.render()).into_response()
    }
}

fn set_gauge(space: &Space, kind: Kind, count: usize) {
    let name = match kind {
        Kind::EventType => EVENT_TYPES,
        Kind::Function => FUNCTIONS,
        Kind::Subscription => SUBSCRIPTIONS,
        Kind::Cors => CORS,
    };
    metrics::gauge!(name, "space" => space.to_string()).set(as_float(count));
}

/// A count as gauges take it: exact as far as any count here goes.
fn as_float(count: usize) -> f64 {
    u32::try_from(count).unwrap_or(u32::MAX).into()
}

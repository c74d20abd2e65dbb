//! Deliveries from the queue to their functions.

use std::panic::AssertUnwindSafe;

use domain::delivery::Delivery;
use futures_util::FutureExt as _;
use queue::Received;
use tokio::task::JoinSet;

use crate::gateway::Gateway;
use crate::metrics::EVENTS_CUSTOM_PROCESSING;

impl Gateway {
    /// Delivers what is queued, `workers` deliveries at a time, until the queue is closed and empty.
    pub async fn run_workers(&self, workers: usize) {
        tracing::debug!(workers, "Starting processing workers.");
        let waited = metrics::histogram!(EVENTS_CUSTOM_PROCESSING);
        let mut tasks = JoinSet::new();
        for _ in 0..workers {
            let gateway = self.clone();
            let histogram = waited.clone();
            tasks.spawn(async move {
                while let Some(Received { delivery, waited }) = gateway.queue().receive().await {
                    histogram.record(waited.as_secs_f64());
                    // A delivery that breaks must not take its worker along.
                    if AssertUnwindSafe(gateway.deliver(&delivery))
                        .catch_unwind()
                        .await
                        .is_err()
                    {
                        let (space, function) = (&delivery.space, &delivery.function);
                        tracing::error!(%space, functionId = %function, "A delivery panicked.");
                    }
                }
            });
        }
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "A worker ended early.");
            }
        }
    }

    /// Calls the function of a delivery. Its result is of no interest; a failure is logged and emitted by the call.
    pub async fn deliver(&self, delivery: &Delivery) {
        let table = self.routing_table();
        let answered = self
            .call(&table, &delivery.space, &delivery.function, &delivery.event)
            .await;
        drop(answered);
        self.metrics().space(&delivery.space).async_processed.increment(1);
    }
}

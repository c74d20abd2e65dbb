//! Messages of the queue to the functions of their subscribers.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use domain::delivery::Delivery;
use domain::routing::RoutingTable;
use domain::space_version::SpaceVersion;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use queue::{QueueError, Received};
use store::StoreError;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::call::CallError;
use crate::error_chain::ErrorChain;
use crate::gateway::Gateway;
use crate::metrics::EVENTS_CUSTOM_PROCESSING;

/// What is to become of a message of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dispatched {
    /// Nothing of it is left to do.
    Completed,
    /// It is to be received again.
    Retry,
}

/// A delivery that did not reach its function.
#[derive(Debug, thiserror::Error)]
enum DeliveryError {
    /// The function cannot be looked up.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It was called in vain.
    #[error(transparent)]
    Call(#[from] CallError),
    /// There was no time left to call it.
    #[error("no time left")]
    Deadline,
    /// The gateway is at fault.
    #[error("delivery panicked")]
    Panicked,
}

impl DeliveryError {
    fn is_retryable(&self) -> bool {
        match self {
            Self::Store(_) | Self::Deadline | Self::Panicked => true,
            Self::Call(CallError::Invoke(err)) => err.is_retryable(),
            Self::Call(CallError::UnknownFunction) => false,
        }
    }
}

impl Gateway {
    /// Delivers what is queued, `workers` messages at a time, until the queue is closed and empty.
    pub async fn run_workers(&self, workers: usize) {
        tracing::debug!(workers, "Starting processing workers.");
        let mut tasks = JoinSet::new();
        for _ in 0..workers {
            let gateway = self.clone();
            tasks.spawn(async move { gateway.work().await });
        }
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "A worker ended early.");
            }
        }
    }

    async fn work(&self) {
        let histogram = metrics::histogram!(EVENTS_CUSTOM_PROCESSING);
        while let Some(received) = self.queue().receive().await {
            let Received {
                deliveries,
                waited,
                receipt,
            } = received;
            histogram.record(waited.as_secs_f64());
            if self.dispatch(deliveries, None).await == Dispatched::Completed {
                self.queue().complete(receipt).await;
            }
        }
    }

    /// Delivers a message to all of its subscribers; no delivery is begun after `deadline`. Those that failed and may
    /// do better are queued again by themselves, so that nobody who has the event gets it again; when all of them
    /// failed so, it is for the queue to bring the message back. Never more deliveries are made at a time than
    /// [`crate::GatewaySettings`] allows.
    pub async fn dispatch(&self, deliveries: Vec<Delivery>, deadline: Option<Instant>) -> Dispatched {
        let total = deliveries.len();
        let attempts = deliveries.into_iter().map(|delivery| async move {
            let failed = self.attempt(&delivery, deadline).await.err();
            failed.filter(DeliveryError::is_retryable).map(|_| delivery)
        });
        let failed: Vec<Delivery> = join_all(attempts).await.into_iter().flatten().collect();
        if failed.is_empty() || !self.queue().redelivers() {
            return Dispatched::Completed;
        }
        if failed.len() == total {
            return Dispatched::Retry;
        }
        match self.queue_again(failed).await {
            Ok(()) => Dispatched::Completed,
            Err(error) => {
                tracing::error!(error = %ErrorChain(&error), "Failed deliveries could not be queued again.");
                Dispatched::Retry
            }
        }
    }

    async fn queue_again(&self, deliveries: Vec<Delivery>) -> Result<(), QueueError> {
        let reservation = self.queue().reserve(deliveries.len(), 0)?;
        reservation.send(deliveries).await
    }

    /// Makes a delivery once there is a permit for it.
    async fn attempt(&self, delivery: &Delivery, deadline: Option<Instant>) -> Result<(), DeliveryError> {
        // The semaphore is never closed.
        let _permit = self.delivery_permits().acquire().await.ok();
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(DeliveryError::Deadline);
        }
        // A delivery that breaks must not take its worker along.
        let attempt = AssertUnwindSafe(self.deliver(delivery)).catch_unwind().await;
        attempt.unwrap_or_else(|_| {
            let (space, function) = (&delivery.space, &delivery.function);
            tracing::error!(%space, functionId = %function, "A delivery panicked.");
            Err(DeliveryError::Panicked)
        })
    }

    /// Calls the function of a delivery. Its result is of no interest; a failure is logged and emitted by the call.
    async fn deliver(&self, delivery: &Delivery) -> Result<(), DeliveryError> {
        let table = self.routes_for(delivery).await.inspect_err(|error| {
            tracing::error!(error = %ErrorChain(error), "The routes of a delivery could not be confirmed.");
        })?;
        let answered = self
            .call(&table, &delivery.space, &delivery.function, &delivery.event)
            .await;
        self.metrics().space(&delivery.space).async_processed.increment(1);
        answered?;
        Ok(())
    }

    /// Routes that know the function of a delivery, unless it is gone. Those at hand may be older than those that the
    /// event was routed by, so a function that is not among them counts as unknown only once they are confirmed.
    async fn routes_for(&self, delivery: &Delivery) -> Result<Arc<RoutingTable>, StoreError> {
        let table = self.routing_table(&[]).await?;
        if table.function(&delivery.space, &delivery.function).is_some() {
            return Ok(table);
        }
        let newest = SpaceVersion {
            space: delivery.space.clone(),
            version: u64::MAX,
        };
        self.routing_table(&[newest]).await
    }
}

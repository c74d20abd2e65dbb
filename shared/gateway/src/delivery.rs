//! The last stage, a worker's life: messages of the queue to the functions of their subscribers.

mod attempt;
mod authorization;
pub(crate) mod dead_letters;
mod orphans;
mod permits;
mod step;
#[cfg(test)]
mod tests;
mod turns;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use domain::delivery::Delivery;
use futures_util::future::join_all;
use queue::{DeliveryQueue, Outcome, Received, Settled};
use records::DeliveryLog;
use store::Store;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::invocation::Invocation;
use crate::metrics::{EVENTS_CUSTOM_PROCESSING, EventMetrics};
use crate::unattempted::Unattempted;
use dead_letters::DeadLetters;
pub(crate) use permits::Permits;
use step::{FUNCTION_CHECK, Scope, Step};

/// The time that deliveries of a message have.
#[derive(Debug, Clone, Copy)]
pub struct DispatchTime {
    /// Before this, a delivery is begun even if its call may take longer than is left: no invocation has more time for it.
    pub early: Instant,
    /// Calls that are not over by now have failed, whatever time their functions have: what came of the others is still
    /// to be settled.
    pub end: Instant,
}

impl DispatchTime {
    /// Whether a delivery may be begun now whose call takes so long at most.
    fn admits(&self, call: Duration) -> bool {
        self.is_early() || self.end.saturating_duration_since(Instant::now()) > call
    }

    /// Whether every delivery may be begun now.
    fn is_early(&self) -> bool {
        Instant::now() < self.early
    }
}

/// What deliveries are made by.
#[derive(Debug)]
pub(crate) struct Dispatcher {
    pub(crate) store: Store,
    pub(crate) queue: DeliveryQueue,
    pub(crate) dead_letters: DeadLetters,
    pub(crate) delivery_log: DeliveryLog,
    pub(crate) unattempted: Unattempted,
    pub(crate) invocation: Arc<Invocation>,
    pub(crate) metrics: Arc<EventMetrics>,
    pub(crate) permits: Permits,
    /// Longest time for which a function is left alone because it asks for that.
    pub(crate) max_retry_after: Duration,
}

impl Dispatcher {
    /// Works until the queue is closed ([`crate::Gateway::run_workers`]).
    pub(crate) async fn run_workers(self: &Arc<Self>, workers: usize) {
        tracing::debug!(workers, "Starting processing workers.");
        // Before the first delivery, so that a long backlog of one space does not take all workers.
        if let Ok(table) = self.store.routing_table(&[]).await {
            self.queue.set_shared(table.is_shared());
        }
        let mut tasks = JoinSet::new();
        for _ in 0..workers {
            let worker = Arc::clone(self);
            tasks.spawn(async move { worker.work().await });
        }
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "A worker ended early.");
            }
        }
    }

    async fn work(&self) {
        let histogram = metrics::histogram!(EVENTS_CUSTOM_PROCESSING);
        while let Some(received) = self.queue.receive().await {
            histogram.record(received.waited.as_secs_f64());
            self.dispatch(received, None).await;
        }
    }

    /// Delivers a message and settles it ([`crate::Gateway::dispatch`]).
    pub(crate) async fn dispatch(&self, received: Received, time: Option<DispatchTime>) -> Settled {
        let Received {
            deliveries, receipt, ..
        } = received;
        let steps = match &*deliveries {
            [delivery] => vec![self.step(delivery, time).await],
            deliveries => {
                let steps = deliveries.iter().map(|delivery| self.step(delivery, time));
                join_all(steps).await
            }
        };
        let mut outcomes = Vec::with_capacity(steps.len());
        for (step, delivery) in steps.into_iter().zip(&deliveries) {
            match self.outcome(step, delivery).await {
                Some(outcome) => outcomes.push(outcome),
                // The queue holds it back by itself, and has it again as soon as the receipt is gone.
                None => return Settled::Returned,
            }
        }
        self.queue.settle(receipt, outcomes).await
    }

    /// The outcome of a delivery for the queue; `None` where the queue holds back the whole function or subscription.
    async fn outcome(&self, step: Step, delivery: &Delivery) -> Option<Outcome> {
        match step {
            Step::Settle(Outcome::DeadLetter(dead_letter)) => {
                // Boxed: most deliveries have none.
                let kept = Box::pin(self.dead_letters.put(&dead_letter)).await;
                Some(match kept {
                    Ok(()) => Outcome::DeadLetter(dead_letter),
                    Err(error) => Self::defer_unkept(delivery, &error),
                })
            }
            Step::Settle(outcome) => Some(outcome),
            Step::Wait { scope, pause } => {
                let held = match scope {
                    // It may be mended before the pause is over.
                    Scope::Function => {
                        let pause = pause.min(FUNCTION_CHECK);
                        self.queue.hold(&delivery.space, &delivery.function, pause)
                    }
                    Scope::Subscription => {
                        self.queue
                            .hold_subscription(&delivery.space, &delivery.subscription, pause)
                    }
                };
                (!held).then_some(Outcome::Defer { pause })
            }
        }
    }
}

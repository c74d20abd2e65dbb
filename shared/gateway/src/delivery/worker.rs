//! Messages of the queue to the functions of their subscribers.

use std::sync::Arc;

use domain::delivery::Delivery;
use futures_util::future::join_all;
use queue::{Outcome, Received, Settled};
use tokio::task::JoinSet;

use super::deliverer::Deliverer;
use super::dispatch_time::DispatchTime;
use super::step::{DeliveryStep, FUNCTION_CHECK, PAUSED_CHECK, Scope};
use crate::metrics::EVENTS_CUSTOM_PROCESSING;

impl Deliverer {
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
    async fn outcome(&self, step: DeliveryStep, delivery: &Delivery) -> Option<Outcome> {
        match step {
            DeliveryStep::Settle(Outcome::DeadLetter(dead_letter)) => {
                // Boxed: most deliveries have none.
                let kept = Box::pin(self.dead_letters.put(&dead_letter)).await;
                Some(match kept {
                    Ok(()) => Outcome::DeadLetter(dead_letter),
                    Err(error) => Self::defer_unkept(delivery, &error),
                })
            }
            DeliveryStep::Settle(outcome) => Some(outcome),
            DeliveryStep::Wait { scope, pause } => {
                // What it waits for may be mended, or lifted, before the pause is over.
                let held = match scope {
                    Scope::Function => {
                        let pause = pause.min(FUNCTION_CHECK);
                        self.queue.hold(&delivery.space, &delivery.function, pause)
                    }
                    Scope::Subscription => {
                        let pause = pause.min(PAUSED_CHECK);
                        self.queue
                            .hold_subscription(&delivery.space, &delivery.subscription, pause)
                    }
                };
                (!held).then_some(Outcome::Defer { pause })
            }
        }
    }
}

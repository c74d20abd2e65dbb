//! One attempt at a delivery, and what follows from it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use clocks::{epoch_millis, millis};
use domain::dead_letter::DeadLetterReason;
use domain::delivery::Delivery;
use domain::delivery_attempt::{AttemptOutcome, DeliveryAttempt};
use domain::event::Event;
use domain::ids::FunctionId;
use domain::resource::{Subscription, TransformSource};
use domain::retry::{FailureClass, RetryPolicy};
use domain::routing::RoutingTable;
use domain::trace::Trace;
use futures_util::FutureExt as _;
use queue::Outcome;
use targets::{ErrorChain, InvokeError};
use tokio::time::Instant;

use super::deliverer::Deliverer;
use super::step::{DeliveryStep, FUNCTION_CHECK, UNABLE_PAUSE};
use super::verdict::{FailedAttempt, FailureVerdict, verdict};
use crate::invocation::call::{Occasion, SubscriberCall};
use crate::invocation::called::CallError;
use crate::invocation::circuit_report::{CallFailure, report};
use crate::invocation::weighted::Targets;
use crate::usage::{SpaceUsage, is_used};

/// What is known of an attempt when it is over.
pub(super) struct Attempted {
    /// The function that was called, of a weighted one.
    pub(super) variant: Option<FunctionId>,
    pub(super) number: u32,
    pub(super) began: u64,
    pub(super) took: Duration,
    /// HTTP status code of an answer that was no failure of the call.
    pub(super) status: Option<u16>,
}

impl Deliverer {
    /// Calls the function of a delivery with its event, until `end` at most, and decides on what came of it. `trace` is what the
    /// call is followed by.
    pub(super) async fn attempt(
        &self,
        table: &RoutingTable,
        (subscription, policy): (&Arc<Subscription>, &RetryPolicy),
        (delivery, event): (&Delivery, &Arc<Event>),
        trace: Option<&Arc<Trace>>,
        mut targets: Targets<'_>,
        end: Option<Instant>,
    ) -> DeliveryStep {
        let number = delivery.attempts.saturating_add(1);
        let (began, started) = (epoch_millis(), Instant::now());
        let transformed;
        let event = match &subscription.transform {
            None => event,
            // Boxed: most subscriptions have none.
            Some(source) => match Box::pin(self.transformed(source, subscription, delivery, event)).await {
                Ok(made) => {
                    transformed = made;
                    &transformed
                }
                Err(error) => {
                    let times = (began, started.elapsed());
                    return self.untransformed((table, delivery), number, times, error);
                }
            },
        };
        let call = SubscriberCall {
            space: &delivery.space,
            subscription: &delivery.subscription,
            function: &delivery.function,
            event,
            hops: delivery.arrival.hops,
            trace,
            occasion: Occasion::Delivery {
                id: &delivery.id,
                attempt: number,
                end,
            },
        };
        // A delivery that breaks must not take its worker along.
        let called = AssertUnwindSafe(self.invocation.call(table, call, &mut targets))
            .catch_unwind()
            .await;
        self.count_attempt(delivery);
        let attempted = Attempted {
            variant: targets.variant().cloned(),
            number,
            began,
            took: started.elapsed(),
            status: match &called {
                Ok(Ok(called)) => called.answer.status,
                _ => None,
            },
        };
        // A call that had less than its time says nothing about the function, nor does one that had no room.
        let is_cut = match &called {
            Ok(Err(CallError::Invoke(InvokeError::TimedOut { .. }))) => {
                end.is_some_and(|end| Instant::now() >= end)
            }
            Ok(Err(error)) => error.is_overload(),
            Ok(Ok(_)) | Err(_) => false,
        };
        let failure = match called {
            Ok(Ok(called)) => FailedAttempt::of_answer(&called.answer),
            Ok(Err(CallError::UnknownFunction)) => {
                if targets.passed_over().is_none() {
                    return self.give_up(
                        Some(table),
                        delivery,
                        DeadLetterReason::FunctionNotFound,
                        delivery.attempts,
                        None,
                    );
                }
                Some(FailedAttempt::missing_standby())
            }
            Ok(Err(CallError::Sealed)) => Some(FailedAttempt::sealed()),
            Ok(Err(CallError::NotPassedOn(error))) => Some(FailedAttempt::not_passed_on(error)),
            Ok(Err(CallError::Untransformed(error))) => Some(FailedAttempt::untransformed(error.to_string())),
            Ok(Err(CallError::Invoke(error))) => Some(FailedAttempt::of_error(&error)),
            Err(_panic) => {
                let (space, function) = (&delivery.space, &delivery.function);
                tracing::error!(%space, functionId = %function, "A delivery panicked.");
                Some(FailedAttempt::panicked())
            }
        };
        let (target, is_choice) = (targets.current(), targets.is_choice());
        let failure = failure.map(|failure| failure.heeding(policy, self.max_retry_after));
        // Of a weighted function, others may be called; elsewhere each delivery waits for itself.
        let pause = failure.as_ref().and_then(|failure| failure.retry_after);
        let pause = pause.filter(|_| !is_choice && self.queue.holds());
        let passed_over = targets.passed_over();
        if let Some(permit) = targets.into_permit().filter(|_| !is_cut) {
            let failure = failure.as_ref().map(|failure| CallFailure {
                class: failure.class,
                status: failure.status(),
                pause,
            });
            report(&delivery.space, target, permit, failure);
        }
        let Some(failure) = failure else {
            self.note(delivery, &attempted, AttemptOutcome::Delivered, None, None);
            return DeliveryStep::Settle(Outcome::Done);
        };
        let failure = match passed_over {
            Some(pause) => failure.of_standby(pause),
            None => failure,
        };
        let attempt = (&attempted, failure);
        self.failed((table, delivery), subscription, policy, attempt, is_choice)
            .await
    }

    /// Decides what follows from an attempt that failed.
    pub(super) async fn failed(
        &self,
        (table, delivery): (&RoutingTable, &Delivery),
        subscription: &Subscription,
        policy: &RetryPolicy,
        (attempted, failure): (&Attempted, FailedAttempt),
        is_choice: bool,
    ) -> DeliveryStep {
        let verdict = match verdict(delivery, policy, &failure, epoch_millis(), fastrand::f64()) {
            // Of several functions only one is gone.
            FailureVerdict::PauseSubscription if is_choice => {
                FailureVerdict::GiveUp(DeadLetterReason::PermanentFailure)
            }
            verdict => verdict,
        };
        match verdict {
            FailureVerdict::Retry { pause } => {
                self.note(
                    delivery,
                    attempted,
                    AttemptOutcome::Retrying,
                    Some(&failure),
                    Some(pause),
                );
                let mut own = pause;
                if let (FailureClass::Throttled, Some(named), false) =
                    (failure.class, failure.retry_after, is_choice)
                    && self
                        .queue
                        .hold(&delivery.space, &delivery.function, named.min(FUNCTION_CHECK))
                {
                    // The others would only be told the same. The function is left alone as a whole, so that all go
                    // on as soon as it is registered anew.
                    own = policy.pause(attempted.number, 0.0, None).min(pause);
                }
                DeliveryStep::Settle(Outcome::Retry { pause: own })
            }
            FailureVerdict::GiveUp(reason) => {
                self.note(
                    delivery,
                    attempted,
                    AttemptOutcome::DeadLettered,
                    Some(&failure),
                    None,
                );
                self.give_up(Some(table), delivery, reason, attempted.number, Some(failure))
            }
            FailureVerdict::PauseSubscription => {
                self.note(delivery, attempted, AttemptOutcome::Paused, Some(&failure), None);
                self.pause(subscription).await
            }
        }
    }

    /// The event as the function gets it, or why not.
    async fn transformed(
        &self,
        source: &TransformSource,
        subscription: &Subscription,
        delivery: &Delivery,
        event: &Event,
    ) -> Result<Arc<Event>, String> {
        let transforms = &self.invocation.transforms;
        let transforming = transforms.event(source, subscription, event, delivery.accepted_at);
        // As a call that breaks, it must not take its worker along.
        match AssertUnwindSafe(transforming).catch_unwind().await {
            Ok(outcome) => outcome.map_err(|error| error.to_string()),
            Err(_panic) => Err("the transform panicked".to_owned()),
        }
    }

    /// What becomes of a delivery whose event cannot be transformed: nothing was called, and nothing would be another
    /// time.
    fn untransformed(
        &self,
        (table, delivery): (&RoutingTable, &Delivery),
        number: u32,
        (began, took): (u64, Duration),
        error: String,
    ) -> DeliveryStep {
        self.count_attempt(delivery);
        let attempted = Attempted {
            variant: None,
            number,
            began,
            took,
            status: None,
        };
        let failure = FailedAttempt::untransformed(error);
        self.note(
            delivery,
            &attempted,
            AttemptOutcome::DeadLettered,
            Some(&failure),
            None,
        );
        let reason = DeadLetterReason::TransformFailed;
        self.give_up(Some(table), delivery, reason, number, Some(failure))
    }

    /// Pauses a subscription whose function is gone for good.
    async fn pause(&self, subscription: &Subscription) -> DeliveryStep {
        let (space, id) = (&subscription.space, &subscription.subscription_id);
        let reason = format!("function {} answered 410 Gone", subscription.function_id);
        // Boxed: most deliveries pause nothing.
        match Box::pin(self.store.pause_subscription(space, id, &reason)).await {
            Ok(is_new) => {
                if is_new {
                    tracing::warn!(%space, subscriptionId = %id, reason, "Subscription paused.");
                }
                self.paused()
            }
            Err(error) => {
                tracing::error!(
                    %space, subscriptionId = %id, error = %ErrorChain(&error), "A subscription could not be paused."
                );
                DeliveryStep::Settle(Outcome::Defer { pause: UNABLE_PAUSE })
            }
        }
    }

    /// Counts an attempt whose function, or what stands in its place, has answered or failed.
    pub(super) fn count_attempt(&self, delivery: &Delivery) {
        let counters = self.metrics.space(&delivery.space);
        // Whoever sees it counted by the metrics finds it in the usage as well.
        if is_used(&delivery.event) {
            self.metrics.used(&delivery.space, &counters, SpaceUsage::attempt);
        }
        counters.async_processed.increment(1);
    }

    /// Notes an attempt in the delivery log, and counts it.
    pub(super) fn note(
        &self,
        delivery: &Delivery,
        attempted: &Attempted,
        outcome: AttemptOutcome,
        failure: Option<&FailedAttempt>,
        pause: Option<Duration>,
    ) {
        if let Some(detail) = self.metrics.detail() {
            let Delivery {
                space,
                subscription,
                function,
                ..
            } = delivery;
            detail.delivery_attempted(space, subscription, function, outcome);
        }
        self.delivery_log.note(DeliveryAttempt {
            variant: attempted.variant.clone(),
            status: attempted
                .status
                .or_else(|| failure.and_then(FailedAttempt::status)),
            error: failure.map(|failure| failure.error.clone()),
            duration_ms: millis(attempted.took),
            next_attempt_at: pause.map(|pause| epoch_millis().saturating_add(millis(pause))),
            ..DeliveryAttempt::of(delivery, attempted.began, attempted.number, outcome)
        });
    }
}

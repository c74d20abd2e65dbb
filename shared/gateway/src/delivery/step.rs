//! One delivery: whether it is to be attempted, and what the queue is told of it.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use clocks::epoch_millis;
use domain::dead_letter::DeadLetterReason;
use domain::delivery::Delivery;
use domain::event::Event;
use domain::resource::{HookPoint, Subscription};
use domain::retry::RetryPolicy;
use domain::routing::RoutingTable;
use futures_util::FutureExt as _;
use queue::Outcome;
use store::StoreError;
use targets::ErrorChain;
use tokio::time::Instant;

use super::dead_letters::DeadLetterError;
use super::deliverer::Deliverer;
use super::dispatch_time::DispatchTime;
use super::process_span;
use super::verdict::{FailedAttempt, dead_letter, is_exhausted};
use crate::invocation::call::is_sealed;
use crate::invocation::weighted::{Targets, is_known};
use crate::rate_limits::{LimitOf, MustWait};
use crate::spans::within;

/// How long deliveries wait that the gateway itself is not able to make: its store does not answer.
pub(super) const UNABLE_PAUSE: Duration = Duration::from_secs(5);
/// How often a queue that can hold deliveries back looks whether a paused subscription was resumed or the limit of one was
/// lifted, and one that has to put each of them back.
pub(super) const PAUSED_CHECK: Duration = Duration::from_secs(1);
const PAUSED_DEFER: Duration = Duration::from_mins(1);
/// How often a queue that can hold deliveries back looks whether a function that is left alone was registered anew.
pub(super) const FUNCTION_CHECK: Duration = Duration::from_secs(1);

/// Until when deliveries beyond a limit are spread that each have to be put back, however long the limit has them wait: it
/// may be lifted before. Not sooner than after a second: each time the whole backlog is written anew.
const PACED_MOST: Duration = Duration::from_mins(1);
const PACED_LEAST: Duration = Duration::from_secs(1);

/// Time after that of the deletion of its tenant in which a delivery is kept all the same: that it was taken back may not be
/// known here yet, and clocks differ.
const TAKEN_BACK_MS: u64 = 5 * 60 * 1_000;

/// What is to be done about a delivery.
pub(super) enum DeliveryStep {
    /// The queue is told.
    Settle(Outcome),
    /// No attempt was made, and none would be for any delivery like this one until the pause is over.
    Wait { scope: Scope, pause: Duration },
}

impl DeliveryStep {
    /// What the queue is told; `None` where nothing is to be done about it.
    fn outcome(&self) -> Option<&Outcome> {
        match self {
            Self::Settle(outcome) => Some(outcome),
            Self::Wait { .. } => None,
        }
    }

    /// There is no time left for the delivery; whoever receives it next may have more.
    pub(super) fn left() -> Self {
        Self::Settle(Outcome::Defer {
            pause: Duration::ZERO,
        })
    }
}

/// Which deliveries are like the one that has to wait.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scope {
    Function,
    Subscription,
}

impl Deliverer {
    /// Attempts a delivery once there is a permit for it, unless there is a reason not to. Never panics, so that no
    /// delivery takes its worker along.
    pub(super) async fn step(&self, delivery: &Delivery, time: Option<DispatchTime>) -> DeliveryStep {
        let stepped = AssertUnwindSafe(self.attempt_or_not(delivery, time)).catch_unwind();
        self.unless_panicked(delivery, stepped.await)
    }

    /// A step, or that it panicked: it would again, and a queue that has it received again counts no attempt.
    pub(super) fn unless_panicked(
        &self,
        delivery: &Delivery,
        stepped: thread::Result<DeliveryStep>,
    ) -> DeliveryStep {
        if let Ok(step) = stepped {
            return step;
        }
        let (space, function) = (&delivery.space, &delivery.function);
        tracing::error!(%space, functionId = %function, deliveryId = %delivery.id, "A delivery panicked before its attempt.");
        let give_up = || {
            self.give_up(
                None,
                delivery,
                DeadLetterReason::PermanentFailure,
                delivery.attempts,
                Some(FailedAttempt::panicked()),
            )
        };
        // Giving up may be what panics.
        catch_unwind(AssertUnwindSafe(give_up))
            .unwrap_or(DeliveryStep::Settle(Outcome::Defer { pause: UNABLE_PAUSE }))
    }

    async fn attempt_or_not(&self, delivery: &Delivery, time: Option<DispatchTime>) -> DeliveryStep {
        let _permit = self.permits.acquire(&delivery.space).await;
        if time.is_some_and(|time| !time.admits(Duration::ZERO)) {
            return DeliveryStep::left();
        }
        let table = match self.routes_for(delivery).await {
            Ok(table) => table,
            Err(error) => {
                tracing::error!(error = %ErrorChain(&error), "The routes of a delivery could not be confirmed.");
                return DeliveryStep::Settle(Outcome::Defer { pause: UNABLE_PAUSE });
            }
        };
        let Some(subscription) = subscription_of(&table, delivery) else {
            return self.give_up(
                Some(&table),
                delivery,
                DeadLetterReason::SubscriptionDeleted,
                delivery.attempts,
                None,
            );
        };
        if subscription.paused || table.is_suspended(&delivery.space) {
            // Of a tenant whose time to be deleted has come nothing is left for anybody to look at.
            let surely = epoch_millis().saturating_sub(TAKEN_BACK_MS);
            return if table.is_overdue(&delivery.space, surely) {
                DeliveryStep::Settle(Outcome::Done)
            } else {
                self.paused()
            };
        }
        // An authorizer that takes all the time must not keep the function from ever being called.
        let is_early = time.is_some_and(|time| time.is_early());
        let mut allowed = None;
        if delivery.arrival.unauthorized.is_some() {
            // Boxed: nearly no delivery has to carry it.
            match Box::pin(self.allow(&table, delivery, time)).await {
                Ok(event) => allowed = Some(event),
                Err(step) => return step,
            }
        }
        let defaults = RetryPolicy::default();
        let policy = subscription.retry.as_ref().unwrap_or(&defaults);
        if is_exhausted(delivery, policy) {
            return self.give_up(
                Some(&table),
                delivery,
                DeadLetterReason::AttemptsExhausted,
                delivery.attempts,
                None,
            );
        }
        let mut targets = Targets::of(&table, &delivery.space, &delivery.function, || {
            delivery.id.clone()
        })
        .called_for(subscription);
        if let Err(pause) = targets.admit(&self.invocation.circuit_breakers, &delivery.space) {
            // Other deliveries of a weighted function go to functions that are in order.
            return if targets.is_choice() {
                DeliveryStep::Settle(Outcome::Defer { pause })
            } else {
                let scope = Scope::Function;
                DeliveryStep::Wait { scope, pause }
            };
        }
        if is_sealed(&table, &delivery.space, targets.current()) {
            // No call was made, so this is no attempt.
            return DeliveryStep::Settle(Outcome::Defer { pause: UNABLE_PAUSE });
        }
        let function = table.function(&delivery.space, targets.current());
        let limit = function.map(|function| self.invocation.invoker.time_limit(&function.provider));
        if time.is_some_and(|time| !is_early && !time.admits(limit.unwrap_or_default())) {
            return DeliveryStep::left();
        }
        let limited = self.begin_attempt(&table, subscription, targets.current());
        let _limited = match limited.await {
            Ok(limited) => limited,
            Err(wait) => return paced(wait, self.queue.holds()),
        };
        let end = time.map(|time| time.end);
        let mut event = Cow::Borrowed(allowed.as_ref().unwrap_or(&delivery.event));
        if table.has_hooks(HookPoint::Deliver) {
            // Boxed: nearly no delivery has to carry it.
            let (to, what) = ((subscription, policy), (delivery, &*event));
            match Box::pin(self.ask_hooks(&table, to, what, time)).await {
                Ok(made) => event = Cow::Owned(made),
                Err(step) => return step,
            }
        }
        let event = &*event;
        let (to, what) = ((subscription, policy), (delivery, event));
        self.attempt_in_span(&table, to, what, targets, end).await
    }

    /// Makes an attempt, in a span of its own where the trace of its event is recorded.
    async fn attempt_in_span(
        &self,
        table: &RoutingTable,
        to: (&Arc<Subscription>, &RetryPolicy),
        (delivery, event): (&Delivery, &Arc<Event>),
        targets: Targets<'_>,
        end: Option<Instant>,
    ) -> DeliveryStep {
        let span = if self.tracer.is_on() {
            process_span::process(&self.tracer, delivery, event)
        } else {
            None
        };
        let came = delivery.arrival.trace.as_ref();
        let inner = span.as_ref().and_then(|span| Some(within(came?, span)));
        let (trace, what) = (inner.as_ref().or(came), (delivery, event));
        let attempt = self.attempt(table, to, what, trace, targets, end);
        // The call is over, and what it gave is too much for the gateway: another one would give the same.
        let step = AssertUnwindSafe(attempt)
            .catch_unwind()
            .await
            .unwrap_or_else(|_panic| {
                let (space, function) = (&delivery.space, &delivery.function);
                tracing::error!(%space, functionId = %function, deliveryId = %delivery.id, "A delivery panicked after its attempt.");
                self.give_up(
                    Some(table),
                    delivery,
                    DeadLetterReason::PermanentFailure,
                    delivery.attempts.saturating_add(1),
                    Some(FailedAttempt::panicked()),
                )
            });
        if let Some(mut span) = span {
            process_span::ended(&mut span, step.outcome());
        }
        step
    }

    /// What becomes of a delivery whose subscription is paused, or whose space is suspended.
    pub(super) fn paused(&self) -> DeliveryStep {
        let pause = if self.queue.holds() {
            PAUSED_CHECK
        } else {
            PAUSED_DEFER
        };
        let scope = Scope::Subscription;
        DeliveryStep::Wait { scope, pause }
    }

    /// What becomes of a delivery that is given up after so many attempts. The log says of what kind its function is, as far
    /// as the `table` knows it.
    pub(super) fn give_up(
        &self,
        table: Option<&RoutingTable>,
        delivery: &Delivery,
        reason: DeadLetterReason,
        attempts: u32,
        failure: Option<FailedAttempt>,
    ) -> DeliveryStep {
        let (space, subscription) = (&delivery.space, &delivery.subscription);
        let request_id = delivery
            .arrival
            .trace
            .as_ref()
            .and_then(|trace| trace.request_id());
        let function = table.and_then(|table| table.function(space, &delivery.function));
        let provider = function.map(|function| function.provider.type_name());
        let status = failure.as_ref().and_then(FailedAttempt::status);
        tracing::warn!(
            %space, subscriptionId = %subscription, functionId = %delivery.function, provider,
            event.id = delivery.event.id(), deliveryId = %delivery.id, requestId = request_id, attempts,
            reason = reason.as_str(), status, "Delivery given up."
        );
        self.count_dead_letter(delivery);
        let dead_letter = dead_letter(delivery, reason, attempts, failure, epoch_millis());
        DeliveryStep::Settle(Outcome::DeadLetter(Box::new(dead_letter)))
    }

    /// A dead letter that is not safe yet stays a delivery.
    pub(super) fn defer_unkept(delivery: &Delivery, error: &DeadLetterError) -> Outcome {
        let (space, id) = (&delivery.space, &delivery.id);
        tracing::error!(%space, deliveryId = %id, error = %ErrorChain(error), "A dead letter could not be kept.");
        Outcome::Defer { pause: UNABLE_PAUSE }
    }

    /// Routes that know the subscription of a delivery and its function, unless they are gone. Those at hand may be
    /// older than those that the event was routed by, so what is not among them counts as gone only once they are
    /// confirmed.
    async fn routes_for(&self, delivery: &Delivery) -> Result<Arc<RoutingTable>, StoreError> {
        let table = self.store.routing_table(&[]).await?;
        let Delivery {
            space, function, id, ..
        } = delivery;
        if subscription_of(&table, delivery).is_some() && is_known(&table, space, function, id) {
            return Ok(table);
        }
        self.store.newest_routing_table().await
    }
}

/// The subscription that a delivery is for, which has the very function of the delivery: no subscription changes its
/// function, and what a message says must not be enough to have any function called.
fn subscription_of<'t>(table: &'t RoutingTable, delivery: &Delivery) -> Option<&'t Arc<Subscription>> {
    let subscription = table.subscription(&delivery.space, &delivery.subscription)?;
    (subscription.function_id == delivery.function).then_some(subscription)
}

/// What becomes of a delivery that has to wait for a limit: no attempt was made.
fn paced(wait: MustWait, queue_holds: bool) -> DeliveryStep {
    let MustWait { pause, limit_of } = wait;
    let scope = match limit_of {
        // The others of the space find out one by one: its lanes are not many.
        LimitOf::Subscription | LimitOf::Space if queue_holds => Scope::Subscription,
        LimitOf::Named if queue_holds => Scope::Function,
        // Other deliveries of a weighted function go to functions that take more.
        LimitOf::Chosen | LimitOf::Subscription | LimitOf::Named | LimitOf::Space => {
            let pause = spread(pause, fastrand::f64());
            return DeliveryStep::Settle(Outcome::Defer { pause });
        }
    };
    DeliveryStep::Wait { scope, pause }
}

/// How long a delivery is put back for that a limit has wait so long. Spread, or all would come again at once.
fn spread(pause: Duration, random: f64) -> Duration {
    let least = pause.clamp(PACED_LEAST, PACED_MOST / 2);
    least + PACED_MOST.saturating_sub(least).mul_f64(random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_others_do_not_wait_for_is_put_back() {
        use LimitOf::{Chosen, Named, Space, Subscription};
        for (limit_of, queue_holds, want) in [
            (Subscription, true, "subscription"),
            (Space, true, "subscription"),
            (Space, false, "delivery"),
            (Named, true, "function"),
            (Chosen, true, "delivery"),
            (Subscription, false, "delivery"),
            (Named, false, "delivery"),
        ] {
            let pause = Duration::from_millis(50);
            let got = match paced(MustWait { pause, limit_of }, queue_holds) {
                DeliveryStep::Wait { scope, pause: held } => {
                    assert_eq!(held, pause);
                    match scope {
                        Scope::Subscription => "subscription",
                        Scope::Function => "function",
                    }
                }
                DeliveryStep::Settle(Outcome::Defer { pause }) => {
                    assert!((PACED_LEAST..=PACED_MOST).contains(&pause), "{pause:?}");
                    "delivery"
                }
                DeliveryStep::Settle(_) => panic!("it is settled"),
            };
            assert_eq!(got, want, "{limit_of:?} {queue_holds}");
        }
    }

    #[test]
    fn what_is_put_back_is_spread_over_a_minute() {
        for (pause, soonest) in [(50, 1000), (5_000, 5_000), (1_000_000, 30_000)] {
            let pause = Duration::from_millis(pause);
            assert_eq!(spread(pause, 0.0), Duration::from_millis(soonest));
            assert_eq!(spread(pause, 1.0), PACED_MOST);
        }
    }
}

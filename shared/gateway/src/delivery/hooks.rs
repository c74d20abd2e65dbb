//! Hooks of the point `deliver` before an attempt at a queued delivery. One that refuses the event has decided: the delivery
//! is a dead letter, with the event as it came in. One that cannot be asked has not: the attempt failed and is made again.

use std::sync::Arc;

use clocks::epoch_millis;
use domain::dead_letter::DeadLetterReason;
use domain::delivery::Delivery;
use domain::delivery_attempt::AttemptOutcome;
use domain::event::Event;
use domain::hook::HookSubscriber;
use domain::resource::{HookPoint, Subscription};
use domain::retry::{FailureClass, RetryPolicy};
use domain::routing::{RoutedHook, RoutingTable};
use queue::Outcome;
use tokio::time::Instant;

use super::attempt::Attempted;
use super::deliverer::Deliverer;
use super::dispatch_time::DispatchTime;
use super::step::DeliveryStep;
use super::verdict::FailedAttempt;
use crate::invocation::hook::{HookOccasion, HookStop};
use crate::invocation::hook_chain::Hooked;

impl Deliverer {
    /// The event as the function of a delivery is to have it, or what becomes of the delivery instead. `time` bounds the
    /// calls, if given.
    pub(super) async fn ask_hooks(
        &self,
        table: &RoutingTable,
        (subscription, policy): (&Arc<Subscription>, &RetryPolicy),
        (delivery, event): (&Delivery, &Arc<Event>),
        time: Option<DispatchTime>,
    ) -> Result<Arc<Event>, DeliveryStep> {
        let hooks = hooks(table, delivery, event);
        if hooks.is_empty() {
            return Ok(Arc::clone(event));
        }
        let is_early = time.is_some_and(|time| time.is_early());
        let number = delivery.attempts.saturating_add(1);
        let (began, started) = (epoch_millis(), Instant::now());
        let occasion = HookOccasion {
            table,
            space: &delivery.space,
            subscriber: Some(HookSubscriber {
                subscription_id: &delivery.subscription,
                function_id: &delivery.function,
                attempt: Some(number),
            }),
            request: None,
            hops: delivery.arrival.hops.spread(hooks.len()),
            end: time.map(|time| time.end),
        };
        let hooked = self
            .invocation
            .ask_hooks(occasion, hooks.into_iter(), event)
            .await;
        let mut attempted = Attempted {
            variant: None,
            number,
            began,
            took: started.elapsed(),
            status: None,
        };
        let stop = match hooked {
            Ok(Hooked::Event(made)) => return Ok(made),
            Ok(Hooked::Answered(response, _)) if response.status.as_u16() < 400 => {
                attempted.status = Some(response.status.as_u16());
                self.count_attempt(delivery);
                self.note(delivery, &attempted, AttemptOutcome::Delivered, None, None);
                return Err(DeliveryStep::Settle(Outcome::Done));
            }
            Ok(Hooked::Answered(response, _)) => {
                let error = format!(
                    "a hook answered in place of the function, with status {}",
                    response.status
                );
                return Err(self.refused(table, delivery, &attempted, error));
            }
            Err(stop) => stop,
        };
        if let Some(pause) = stop.left_alone() {
            // It was not asked, so this is no attempt.
            return Err(DeliveryStep::Settle(Outcome::Defer { pause }));
        }
        let error = stop.to_string();
        match stop {
            HookStop::Refused { .. } => Err(self.refused(table, delivery, &attempted, error)),
            // Hooks that had less than their time say nothing; whoever receives the delivery next may have more.
            HookStop::Failed { .. } if !is_early && time.is_some_and(|time| Instant::now() >= time.end) => {
                Err(DeliveryStep::left())
            }
            HookStop::Failed { .. } => {
                let failure = FailedAttempt {
                    class: FailureClass::Transient,
                    retry_after: None,
                    error,
                    response: None,
                };
                let attempt = (&attempted, failure);
                let failed = self.failed((table, delivery), subscription, policy, attempt, false);
                Err(failed.await)
            }
        }
    }

    fn refused(
        &self,
        table: &RoutingTable,
        delivery: &Delivery,
        attempted: &Attempted,
        error: String,
    ) -> DeliveryStep {
        let failure = FailedAttempt {
            class: FailureClass::Permanent,
            retry_after: None,
            error,
            response: None,
        };
        let outcome = AttemptOutcome::DeadLettered;
        self.note(delivery, attempted, outcome, Some(&failure), None);
        let reason = DeadLetterReason::HookRefused;
        self.give_up(Some(table), delivery, reason, attempted.number, Some(failure))
    }
}

/// The hooks that an event meets on its way to a function. The gateway's own events meet none.
fn hooks<'t>(table: &'t RoutingTable, delivery: &Delivery, event: &Event) -> Vec<&'t RoutedHook> {
    if event.is_system() {
        return Vec::new();
    }
    let Delivery {
        space, subscription, ..
    } = delivery;
    let met = table.hooks(HookPoint::Deliver, space, event.event_type(), Some(subscription));
    met.collect()
}

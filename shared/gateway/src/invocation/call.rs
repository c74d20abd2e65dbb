//! One call of a function, with the system events around it (docs/contract.md §2.6, §4.1).

use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use clocks::epoch_millis;
use domain::event::Event;
use domain::hops::Hops;
use domain::ids::{DeliveryId, FunctionId, Space, SubscriptionId};
use domain::passthrough::OriginalRequest;
use domain::resource::{Function, Provider, Subscription};
use domain::routing::RoutingTable;
use domain::system_event::{FunctionCall, SystemEvent, SystemEventType};
use domain::trace::Trace;
use targets::{Call, CallIdentity, Caller, InvokeError};
use tokio::time::{Instant, timeout_at};

use super::Invocation;
use super::call_outcome::outcome;
use super::called::{CallError, CallResult, Called};
use super::invoke_span;
use super::planned_call::{EventForm, PlannedCall};
use super::transforms::Untransformed;
use super::weighted::{Targets, is_worth_another};
use crate::error::GatewayError;
use crate::intake::Arrived;
use crate::stamp::delivery_id;

/// The call of a subscription's function with an event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SubscriberCall<'a> {
    pub(crate) space: &'a Space,
    pub(crate) subscription: &'a SubscriptionId,
    pub(crate) function: &'a FunctionId,
    pub(crate) event: &'a Arc<Event>,
    /// How often the event was passed on before.
    pub(crate) hops: Hops,
    /// By what it is followed.
    pub(crate) trace: Option<&'a Arc<Trace>>,
    pub(crate) occasion: Occasion<'a>,
}

/// Why a function is called.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Occasion<'a> {
    /// A client waits for what it answers. It is over at `end`, whatever time its function has.
    Sync {
        id: &'a DeliveryId,
        /// Its request.
        original: &'a OriginalRequest<'a>,
        end: Option<Instant>,
    },
    /// An attempt at a queued delivery; the number counts from 1. It is over at `end`, whatever time its function has.
    Delivery {
        id: &'a DeliveryId,
        attempt: u32,
        end: Option<Instant>,
    },
}

impl Invocation {
    /// Calls a function, or the one of `targets` that does not fail, with an event and emits the system events around
    /// the call.
    pub(crate) async fn call(
        &self,
        table: &RoutingTable,
        subscriber: SubscriberCall<'_>,
        targets: &mut Targets<'_>,
    ) -> Called {
        let SubscriberCall {
            space,
            function,
            event,
            hops,
            ..
        } = subscriber;
        let call = FunctionCall {
            space,
            function,
            event,
        };
        self.system_events
            .emit_call(table, space, event, hops, SystemEvent::FunctionInvoking(call))
            .await;
        tracing::debug!(%space, functionId = %function, event.id = event.id(), "Invoking function.");
        let needs_answer = match subscriber.occasion {
            Occasion::Sync { .. } => true,
            // Subscribers of this system event get the answer.
            Occasion::Delivery { .. } => {
                self.system_events
                    .is_subscribed(table, space, event, SystemEventType::FunctionInvoked)
            }
        };
        let (Occasion::Sync { end, .. } | Occasion::Delivery { end, .. }) = subscriber.occasion;
        let answered = {
            // In one place for both ways to wait, and gone before what follows needs room.
            let invoking = pin!(self.invoke(table, space, targets, |provider| {
                let mut planned = subscriber.as_call(provider);
                planned.call.needs_answer = needs_answer;
                planned
            }));
            match end {
                Some(end) => until(end, invoking).await,
                None => invoking.await,
            }
        };
        let variant = targets.variant();
        if let Some(variant) = variant {
            self.metrics.space(space).variant_called(function, variant);
        }
        let variant = variant.map(FunctionId::as_str);
        // A failure that the caller gets as it is, is one all the same.
        let outcome = match &answered {
            Ok(CallResult { answer, .. }) => answer.failure().map_or_else(|| Ok(answer.body.clone()), Err),
            Err(error) => Err(error.to_string()),
        };
        match outcome {
            Ok(result) => {
                tracing::debug!(%space, functionId = %function, variant, event.id = event.id(), "Function invoked.");
                let result = &result;
                let emitted = SystemEvent::FunctionInvoked { call, result };
                self.system_events
                    .emit_call(table, space, event, hops, emitted)
                    .await;
            }
            Err(error) => {
                let request_id = subscriber.trace.and_then(|trace| trace.request_id());
                tracing::info!(
                    %space, functionId = %function, variant, event.id = event.id(), event.type = event.event_type(),
                    requestId = request_id, %error,
                    "Function invocation failed."
                );
                let error = &error;
                let emitted = SystemEvent::FunctionInvocationFailed { call, error };
                self.system_events
                    .emit_call(table, space, event, hops, emitted)
                    .await;
            }
        }
        answered
    }

    /// Calls the function of a subscription for a client that waits, until `end` at most.
    pub(crate) async fn call_now(
        &self,
        arrived: &Arrived<'_>,
        subscription: &Subscription,
        event: &Arc<Event>,
        hops: Hops,
        (original, end): (&OriginalRequest<'_>, Option<Instant>),
    ) -> Result<CallResult, GatewayError> {
        let Subscription {
            space,
            subscription_id,
            function_id,
            ..
        } = subscription;
        let transformed;
        let event = match &subscription.transform {
            None => event,
            // Boxed: most subscriptions have none.
            Some(source) => {
                let transforming = self.transforms.event(source, subscription, event, epoch_millis());
                let outcome = Box::pin(transforming).await;
                transformed = outcome.map_err(|error| untransformed(subscription, event, error))?;
                &transformed
            }
        };
        let id = delivery_id();
        let table = arrived.table;
        let mut targets = Targets::of(table, space, function_id, || id.clone());
        let call = SubscriberCall {
            space,
            subscription: subscription_id,
            function: function_id,
            event,
            hops,
            trace: arrived.trace,
            occasion: Occasion::Sync {
                id: &id,
                original,
                end,
            },
        };
        let limited = self.rate_limits.begin(table, subscription, targets.current());
        let _limited = limited.map_err(|wait| {
            self.count_limited(space, targets.current());
            GatewayError::RateLimited { pause: wait.pause }
        })?;
        self.call(table, call, &mut targets)
            .await
            .map_err(GatewayError::of_call)
    }

    /// Calls a function, or another one of its targets where it fails, and nothing else; what with depends on the
    /// provider.
    pub(crate) async fn invoke<'c>(
        &self,
        table: &RoutingTable,
        space: &Space,
        targets: &mut Targets<'_>,
        call: impl Fn(&Provider) -> PlannedCall<'c>,
    ) -> Called {
        let function = targets.current();
        if !targets.has_standby() {
            return self.invoke_one(table, space, function, &call).await;
        }
        let began = Instant::now();
        // Boxed: most functions have none that stands in for them.
        let called = Box::pin(self.invoke_one(table, space, function, &call)).await;
        if !is_worth_another(&called) {
            return called;
        }
        Box::pin(self.fail_over(table, space, targets, &call, (began, called))).await
    }

    /// Calls one function.
    pub(crate) async fn invoke_one<'c>(
        &self,
        table: &RoutingTable,
        space: &Space,
        function: &FunctionId,
        call: &impl Fn(&Provider) -> PlannedCall<'c>,
    ) -> Called {
        let provider = &callable(table, space, function)?.provider;
        let mut call = call(provider);
        if provider.passes_requests_on()
            && let Some(original) = call.call.original
        {
            let checked = original.check().and_then(|()| original.check_route(table));
            checked.map_err(CallError::NotPassedOn)?;
        }
        let span = if self.tracer.is_on() {
            invoke_span::invoke(&self.tracer, (space, function, provider), &mut call.call)
        } else {
            None
        };
        let call = call.ready().await;
        let counted = self.metrics.begin_call(space, function);
        let answered = self.invoker.invoke_for(space, provider, call).await;
        if let Some(mut span) = span {
            invoke_span::ended(&mut span, &answered);
        }
        counted.ended(|| outcome(&answered));
        Ok(CallResult {
            answer: answered?,
            is_connector: provider.is_connector(),
            mode: self.invoker.response_mode(provider),
        })
    }
}

impl<'e> SubscriberCall<'e> {
    /// HTTP functions learn of the delivery from headers, so that the event stays as it came in; what the others get
    /// of a queued delivery carries it. What only takes events in may lead them back here, where no header tells how
    /// often that was.
    fn as_call(&self, provider: &Provider) -> PlannedCall<'e> {
        let Self {
            subscription,
            event,
            hops,
            ..
        } = *self;
        let (came, hops) = (hops, hops.next());
        let (delivery, attempt, original) = match self.occasion {
            Occasion::Sync { id, original, .. } => (id.clone(), 1, Some(original)),
            Occasion::Delivery { id, attempt, .. } => (id.clone(), attempt, None),
        };
        let is_queued = matches!(self.occasion, Occasion::Delivery { .. });
        let form = if provider.takes_headers() {
            EventForm::AsItIs
        } else if is_queued {
            EventForm::WithDelivery(Box::new((delivery.clone(), subscription.clone(), attempt, hops)))
        } else if provider.is_connector() || !came.is_none() {
            EventForm::WithHops(hops)
        } else {
            EventForm::AsItIs
        };
        let call = Call {
            payload: Bytes::new(),
            event: Some(event),
            original,
            identity: Some(CallIdentity {
                delivery,
                subscription: Some(subscription.clone()),
                attempt,
                trace: self.trace.cloned(),
            }),
            caller: if is_queued { Caller::Queue } else { Caller::Client },
            needs_answer: true,
            hops,
        };
        PlannedCall {
            call,
            // Whoever gets the request itself has no use for it.
            event: (!provider.passes_requests_on()).then_some((event, form)),
        }
    }
}

/// Ends a call that has more time than whoever makes it.
async fn until(end: Instant, invoking: impl Future<Output = Called>) -> Called {
    let limit = end.saturating_duration_since(Instant::now());
    let timed_out = InvokeError::TimedOut { limit };
    timeout_at(end, invoking)
        .await
        .unwrap_or(Err(CallError::Invoke(timed_out)))
}

/// Whether a function cannot be called for now because its secrets, or those of one that it leads to, cannot be
/// decrypted.
pub(crate) fn is_sealed(table: &RoutingTable, space: &Space, id: &FunctionId) -> bool {
    match table.function(space, id).map(|function| &function.provider) {
        Some(Provider::Weighted(weighted)) => {
            let mut targets = weighted.weighted.iter().map(|entry| &entry.function_id);
            targets.any(|target| table.is_sealed(space, target))
        }
        _ => table.is_sealed(space, id),
    }
}

/// The failure of a call that was not made, or whose answer is not given, because it cannot be transformed.
pub(crate) fn untransformed(
    subscription: &Subscription,
    event: &Event,
    error: Untransformed,
) -> GatewayError {
    let Subscription {
        space,
        subscription_id,
        function_id,
        ..
    } = subscription;
    tracing::info!(
        %space, subscriptionId = %subscription_id, functionId = %function_id, event.id = event.id(), %error,
        "Transform failed."
    );
    GatewayError::Call(CallError::Untransformed(error))
}

/// A function as it may be called.
fn callable<'t>(table: &'t RoutingTable, space: &Space, id: &FunctionId) -> Result<&'t Function, CallError> {
    let function = table.function(space, id).ok_or(CallError::UnknownFunction)?;
    if table.is_sealed(space, id) {
        return Err(CallError::Sealed);
    }
    Ok(function)
}

fn plain_call(payload: Bytes, hops: Hops) -> Call<'static> {
    Call {
        payload,
        event: None,
        identity: None,
        caller: Caller::Authorizer,
        original: None,
        needs_answer: true,
        hops,
    }
}

/// The call of a function that no subscription names, on behalf of what was passed on so often.
pub(crate) fn call_without_subscription(provider: &Provider, payload: Bytes, hops: Hops) -> Call<'static> {
    let mut call = plain_call(payload, hops.next());
    // A function that checks signatures checks those of all calls.
    if let Provider::Http(endpoint) = provider
        && !endpoint.signing_secrets.is_empty()
    {
        call.identity = Some(CallIdentity {
            delivery: delivery_id(),
            subscription: None,
            attempt: 1,
            trace: None,
        });
    }
    call
}

#[cfg(test)]
mod tests;

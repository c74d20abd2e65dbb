//! Which function a call goes to. That of a weighted function goes to one of several (docs/contract.md §7.6), always the
//! same for a delivery; the others may stand in for it where it fails.
//!
//! System events, deliveries and dead letters carry the id of the weighted function; the log, the delivery log and a metric
//! name the one that was called as well. Circuit breakers belong to the
//! function that is really called, so that one bad version does not keep events from the good ones.

use std::sync::Arc;
use std::time::Duration;

use domain::ids::{DeliveryId, FunctionId, Space};
use domain::resource::{Provider, Subscription};
use domain::retry::FailureClass;
use domain::routing::RoutingTable;
use targets::InvokeError;
use tokio::time::{Instant, timeout_at};

use super::Invocation;
use super::called::{CallError, CallResult, Called, answered_status};
use super::circuit_breaker::{CallPermit, CircuitAdmission, CircuitBreakers, Registered};
use super::circuit_report::{CallFailure, report};
use super::planned_call::PlannedCall;

#[cfg(test)]
mod tests;

/// The function that a call goes to, and those that stand in for it.
#[derive(Debug)]
pub(crate) struct Targets<'t> {
    table: &'t RoutingTable,
    /// The subscription that they are called for, where there is one.
    subscription: Option<&'t Arc<Subscription>>,
    /// The function that the subscription names.
    named: &'t FunctionId,
    /// The function whose turn it is.
    current: &'t FunctionId,
    /// The functions that are called next, in this order, should the current one fail.
    standby: std::vec::IntoIter<&'t FunctionId>,
    /// The permit to call the current one, where circuits are asked.
    permit: Option<CallPermit>,
    /// The least time after which one may be called that was passed over because its circuit is open.
    passed_over: Option<Duration>,
}

impl<'t> Targets<'t> {
    /// The targets of a delivery; only a weighted function asks for its id.
    pub(crate) fn of(
        table: &'t RoutingTable,
        space: &Space,
        function: &'t FunctionId,
        delivery: impl FnOnce() -> DeliveryId,
    ) -> Self {
        let named = function;
        let mut targets = Self {
            table,
            subscription: None,
            named,
            current: named,
            standby: Vec::new().into_iter(),
            permit: None,
            passed_over: None,
        };
        if let Some(function) = table.function(space, named)
            && let Provider::Weighted(weighted) = &function.provider
            && let Some(chosen) = weighted.choose(&delivery())
        {
            targets.current = &chosen.function_id;
            if weighted.failover {
                let others = weighted.weighted.iter().map(|entry| &entry.function_id);
                let others: Vec<_> = others.filter(|id| **id != chosen.function_id).collect();
                targets.standby = others.into_iter();
            }
        }
        targets
    }

    /// The same, called for a subscription.
    pub(crate) fn called_for(mut self, subscription: &'t Arc<Subscription>) -> Self {
        self.subscription = Some(subscription);
        self
    }

    /// The function whose turn it is.
    pub(crate) fn current(&self) -> &'t FunctionId {
        self.current
    }

    /// The function whose turn it is, of a weighted one.
    pub(crate) fn variant(&self) -> Option<&'t FunctionId> {
        self.is_choice().then_some(self.current)
    }

    /// Whether other deliveries of the named function may go to another one.
    pub(crate) fn is_choice(&self) -> bool {
        self.named != self.current
    }

    /// Asks the circuits for the first target that may be called. If there is none: the time after which one may be.
    pub(crate) fn admit(&mut self, circuits: &CircuitBreakers, space: &Space) -> Result<(), Duration> {
        loop {
            let registered = Registered {
                function: self.table.function(space, self.current).cloned(),
                subscription: self.subscription.cloned(),
            };
            let pause = match circuits.admit(space, self.current, registered, Instant::now()) {
                CircuitAdmission::Call(permit) => {
                    self.permit = Some(permit);
                    return Ok(());
                }
                CircuitAdmission::Wait(pause) => pause,
            };
            let soonest = self.passed_over.map_or(pause, |least| least.min(pause));
            self.passed_over = Some(soonest);
            if !self.move_on() {
                return Err(soonest);
            }
        }
    }

    /// The time after which a target may be called that was passed over: it may take what the others do not.
    pub(crate) fn passed_over(&self) -> Option<Duration> {
        self.passed_over
    }

    /// The permit of the last target that was called, if nothing was reported of it yet.
    pub(crate) fn into_permit(self) -> Option<CallPermit> {
        self.permit
    }

    /// Whether there are functions that stand in for the current one.
    pub(crate) fn has_standby(&self) -> bool {
        !self.standby.as_slice().is_empty()
    }

    fn move_on(&mut self) -> bool {
        let next = self.standby.next();
        if let Some(next) = next {
            self.current = next;
        }
        next.is_some()
    }

    /// Moves on to the next target that may be called, and asks the circuits for it if there are such.
    fn advance(&mut self, circuits: Option<&CircuitBreakers>, space: &Space) -> bool {
        self.move_on() && circuits.is_none_or(|circuits| self.admit(circuits, space).is_ok())
    }

    /// Tells its circuit how the call of the current target failed, if it was asked.
    fn report(&mut self, space: &Space, failure: Option<FailureClass>, status: Option<u16>) {
        let Some(permit) = self.permit.take() else { return };
        let Some(class) = failure else {
            return permit.ignore();
        };
        let failure = CallFailure {
            class,
            status,
            pause: None,
        };
        report(space, self.current, permit, Some(failure));
    }
}

/// Whether a table knows a function, and of a weighted one the function that a delivery goes to.
pub(crate) fn is_known(
    table: &RoutingTable,
    space: &Space,
    function: &FunctionId,
    delivery: &DeliveryId,
) -> bool {
    let Some(function) = table.function(space, function) else {
        return false;
    };
    match &function.provider {
        Provider::Weighted(weighted) => weighted
            .choose(delivery)
            .is_some_and(|chosen| table.function(space, &chosen.function_id).is_some()),
        _ => true,
    }
}

/// How a call failed; `None` where it did not, or where that says nothing about the function. `is_refusal_one` says whether an
/// answer below 500 other than 2xx is a failure, too.
fn failure(called: &Called, is_refusal_one: bool) -> Option<FailureClass> {
    match called {
        Ok(CallResult { answer, .. }) => {
            let class = answer.rejection.as_ref().map(|rejection| rejection.class);
            // From 500 up the caller gets it as it is; it is a failure all the same.
            let passed_on = || answer.failure().map(|_| class.unwrap_or(FailureClass::Transient));
            if is_refusal_one { class } else { passed_on() }
        }
        Err(
            CallError::UnknownFunction
            | CallError::Sealed
            | CallError::NotPassedOn(_)
            | CallError::Untransformed(_),
        ) => None,
        Err(error) if error.is_overload() => None,
        Err(CallError::Invoke(error)) => Some(error.class()),
    }
}

fn is_unknown(called: &Called) -> bool {
    matches!(called, Err(CallError::UnknownFunction))
}

/// Whether a call that ended like this may succeed with another function.
pub(crate) fn is_worth_another(called: &Called) -> bool {
    let may_pass = |class| matches!(class, FailureClass::Transient | FailureClass::Throttled);
    is_unknown(called) || failure(called, false).is_some_and(may_pass)
}

impl Invocation {
    /// Calls the first target that does not fail, all of them within the time that the first one has from `began` on.
    /// If all fail it is as if only the first had been called: the next attempt begins with it again. That is the first
    /// one that there is.
    pub(crate) async fn fail_over<'c>(
        &self,
        table: &RoutingTable,
        space: &Space,
        targets: &mut Targets<'_>,
        call: &impl Fn(&Provider) -> PlannedCall<'c>,
        (began, mut first): (Instant, Called),
    ) -> Called {
        let mut all = std::iter::once(targets.current).chain(targets.standby.as_slice().iter().copied());
        let Some(known) = all.find_map(|id| table.function(space, id)) else {
            return first;
        };
        let limit = self.invoker.time_limit(&known.provider);
        let deadline = began + limit;
        let circuits = targets.permit.is_some().then_some(&self.circuit_breakers);
        targets.report(space, failure(&first, false), answered_status(&first));
        while Instant::now() < deadline && targets.advance(circuits, space) {
            let function = targets.current;
            tracing::info!(%space, functionId = %targets.named, variant = %function, "Another function stands in.");
            let Ok(called) = timeout_at(deadline, self.invoke_one(table, space, function, call)).await else {
                // If others had a part of the time, it says nothing about the function.
                if is_unknown(&first) {
                    let error = InvokeError::TimedOut { limit };
                    targets.report(space, Some(error.class()), None);
                    first = Err(error.into());
                }
                break;
            };
            // A delivery that is refused here is tried again with the first, unless that is missing.
            let failure = failure(&called, circuits.is_some() && !is_unknown(&first));
            if called.is_ok() && failure.is_none() {
                return called;
            }
            let error = match &called {
                Ok(called) => format!("HTTP status code: {}", called.answer.status.unwrap_or_default()),
                Err(error) => error.to_string(),
            };
            tracing::info!(%space, functionId = %targets.named, variant = %function, error, "It failed, too.");
            targets.report(space, failure, answered_status(&called));
            if is_unknown(&first) {
                first = called;
            }
        }
        targets.permit = None;
        first
    }
}

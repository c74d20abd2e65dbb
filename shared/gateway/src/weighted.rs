//! Which function a call goes to. That of a weighted function goes to one of several (CONTRACT.md §7.6), always the
//! same for a delivery; the others may stand in for it where it fails.
//!
//! System events, deliveries and dead letters carry the id of the weighted function. Circuit breakers belong to the
//! function that is really called, so that one bad version does not keep events from the good ones.

use std::time::Duration;

use domain::ids::{DeliveryId, FunctionId, Space};
use domain::resource::Provider;
use domain::retry::FailureClass;
use domain::routing::RoutingTable;
use targets::Call;
use tokio::time::{Instant, timeout_at};

use crate::call::{CallError, CallResult};
use crate::circuit_breaker::{Admission, CircuitBreakers, Permit};
use crate::circuit_report::report;
use crate::gateway::Gateway;

#[cfg(test)]
mod tests;

/// The function that a call goes to, and those that stand in for it.
#[derive(Debug)]
pub(crate) struct Targets<'t> {
    /// The function that the subscription names.
    named: &'t FunctionId,
    /// The function whose turn it is.
    current: &'t FunctionId,
    /// Those whose turn comes where it fails.
    standby: std::vec::IntoIter<&'t FunctionId>,
    /// The permit to call the current one, where circuits are asked.
    permit: Option<Permit>,
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
            named,
            current: named,
            standby: Vec::new().into_iter(),
            permit: None,
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

    /// The function whose turn it is.
    pub(crate) fn current(&self) -> &'t FunctionId {
        self.current
    }

    /// Whether other deliveries of the named function may go to another one.
    pub(crate) fn is_choice(&self) -> bool {
        self.named != self.current
    }

    /// Asks the circuits for the first target that may be called. If there is none: the time after which one may be.
    pub(crate) fn admit(&mut self, circuits: &CircuitBreakers, space: &Space) -> Result<(), Duration> {
        let mut soonest = Duration::MAX;
        loop {
            match circuits.admit(space, self.current, Instant::now()) {
                Admission::Call(permit) => {
                    self.permit = Some(permit);
                    return Ok(());
                }
                Admission::Wait(pause) => soonest = soonest.min(pause),
            }
            if !self.move_on() {
                return Err(soonest);
            }
        }
    }

    /// The permit of the last target that was called, if nothing was reported of it yet.
    pub(crate) fn into_permit(self) -> Option<Permit> {
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

    /// Tells its circuit what came of the call of the current target, if it was asked.
    fn report(&mut self, space: &Space, error: &CallError) {
        let Some(permit) = self.permit.take() else { return };
        match error {
            CallError::UnknownFunction => permit.ignore(),
            CallError::Invoke(error) => report(space, self.current, permit, Some(error.class())),
        }
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

/// Whether a call that failed like this may succeed with another function.
fn is_worth_another(error: &CallError) -> bool {
    match error {
        CallError::UnknownFunction => true,
        CallError::Invoke(error) => {
            matches!(error.class(), FailureClass::Transient | FailureClass::Throttled)
        }
    }
}

impl Gateway {
    /// Calls the first target that does not fail, all of them within the time that the first one has from `began` on.
    /// The error is that of the first: the next attempt begins with it again.
    pub(crate) async fn fail_over<'c>(
        &self,
        table: &RoutingTable,
        space: &Space,
        targets: &mut Targets<'_>,
        call: &impl Fn(&Provider) -> Call<'c>,
        (began, mut first_error): (Instant, CallError),
    ) -> Result<CallResult, CallError> {
        if !is_worth_another(&first_error) {
            return Err(first_error);
        }
        let mut all = std::iter::once(targets.current).chain(targets.standby.as_slice().iter().copied());
        let Some(first) = all.find_map(|id| table.function(space, id)) else {
            return Err(first_error);
        };
        let deadline = began + self.invoker().time_limit(&first.provider);
        let circuits = targets.permit.is_some().then(|| self.circuit_breakers());
        targets.report(space, &first_error);
        while Instant::now() < deadline && targets.advance(circuits, space) {
            let function = targets.current;
            tracing::info!(%space, functionId = %targets.named, target = %function, "Another function stands in.");
            let Ok(called) = timeout_at(deadline, self.invoke_one(table, space, function, call)).await else {
                // The time was not its own, so it says nothing about the function.
                break;
            };
            match called {
                Ok(called) => return Ok(called),
                Err(error) => {
                    tracing::info!(%space, functionId = %targets.named, target = %function, %error, "It failed, too.");
                    targets.report(space, &error);
                    if matches!(first_error, CallError::UnknownFunction) {
                        first_error = error;
                    }
                }
            }
        }
        targets.permit = None;
        Err(first_error)
    }
}

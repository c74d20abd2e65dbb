//! What the circuit of a function is told of a call, and what the log says if that changes it.

use std::time::Duration;

use domain::ids::{FunctionId, Space};
use domain::retry::FailureClass;
use tokio::time::Instant;

use super::circuit_breaker::{CallPermit, CircuitChange};

/// How a call failed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CallFailure {
    pub(crate) class: FailureClass,
    /// HTTP status code of the answer, if there was one.
    pub(crate) status: Option<u16>,
    /// How long the function asked not to be called.
    pub(crate) pause: Option<Duration>,
}

/// Tells the circuit of a function how a call failed, if it did. Whoever refuses or asks for patience is in order; one
/// that names a time is not called before it.
pub(crate) fn report(space: &Space, function: &FunctionId, permit: CallPermit, failure: Option<CallFailure>) {
    let (provider, status) = (permit.provider(), failure.and_then(|failure| failure.status));
    let change = match failure {
        Some(CallFailure {
            class: FailureClass::Throttled,
            pause: Some(pause),
            ..
        }) => permit.throttled(Instant::now(), pause),
        Some(CallFailure {
            class: FailureClass::Transient,
            ..
        }) => permit.failure(Instant::now(), fastrand::f64()),
        Some(_) | None => permit.success(Instant::now()),
    };
    match change {
        None => {}
        Some(CircuitChange::Opened(time)) => tracing::warn!(
            %space, functionId = %function, provider, status, ?time, "Circuit opened: the function keeps failing."
        ),
        Some(CircuitChange::Reopened(time)) => tracing::info!(
            %space, functionId = %function, provider, status, ?time, "Circuit opened again."
        ),
        Some(CircuitChange::Closed) => tracing::info!(
            %space, functionId = %function, provider, "Circuit closed: the function is back."
        ),
    }
}

//! What the circuit of a function is told of a call, and what the log says if that changes it.

use std::time::Duration;

use domain::ids::{FunctionId, Space};
use domain::retry::FailureClass;
use tokio::time::Instant;

use super::circuit_breaker::{CallPermit, CircuitChange};

/// Tells the circuit of a function how a call failed, if it did. Whoever refuses or asks for patience is in order; one
/// that names a time, the `pause`, is not called before it.
pub(crate) fn report(
    space: &Space,
    function: &FunctionId,
    permit: CallPermit,
    failure: Option<FailureClass>,
    pause: Option<Duration>,
) {
    let change = match (failure, pause) {
        (Some(FailureClass::Throttled), Some(pause)) => permit.throttled(Instant::now(), pause),
        (Some(FailureClass::Transient), _) => permit.failure(Instant::now(), fastrand::f64()),
        (None | Some(FailureClass::Throttled | FailureClass::Permanent | FailureClass::Gone), _) => {
            permit.success(Instant::now())
        }
    };
    match change {
        None => {}
        Some(CircuitChange::Opened(time)) => {
            tracing::warn!(%space, functionId = %function, ?time, "Circuit opened: the function keeps failing.");
        }
        Some(CircuitChange::Reopened(time)) => {
            tracing::info!(%space, functionId = %function, ?time, "Circuit opened again.");
        }
        Some(CircuitChange::Closed) => {
            tracing::info!(%space, functionId = %function, "Circuit closed: the function is back.");
        }
    }
}

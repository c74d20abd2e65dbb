//! An attempt as a line of the process's log.

use domain::delivery_attempt::{AttemptOutcome, DeliveryAttempt};
use domain::ids::FunctionId;

/// Target of the lines that [`DeliveryLog::Tracing`](crate::DeliveryLog::Tracing) writes.
pub const DELIVERY_LOG_TARGET: &str = "delivery";

/// Logs an attempt with the field names of its JSON.
pub(super) fn write(attempt: &DeliveryAttempt) {
    // Destructured: a field that is added must not be forgotten here.
    let DeliveryAttempt {
        at,
        delivery_id,
        space,
        subscription_id,
        function_id,
        variant,
        event_id,
        event_type,
        request_id,
        attempt,
        outcome,
        status,
        error,
        duration_ms,
        next_attempt_at,
    } = attempt;
    tracing::info!(
        target: DELIVERY_LOG_TARGET,
        at,
        deliveryId = delivery_id.as_str(),
        space = space.as_str(),
        subscriptionId = subscription_id.as_str(),
        functionId = function_id.as_str(),
        variant = variant.as_ref().map(FunctionId::as_str),
        eventId = event_id.as_str(),
        eventType = event_type.as_str(),
        requestId = request_id.as_deref(),
        attempt,
        outcome = outcome_name(*outcome),
        status,
        error = error.as_deref(),
        durationMs = duration_ms,
        nextAttemptAt = next_attempt_at,
        "Delivery attempted."
    );
}

/// The outcome as JSON has it.
fn outcome_name(outcome: AttemptOutcome) -> &'static str {
    match outcome {
        AttemptOutcome::Delivered => "delivered",
        AttemptOutcome::Retrying => "retrying",
        AttemptOutcome::DeadLettered => "deadLettered",
        AttemptOutcome::Paused => "paused",
        AttemptOutcome::Denied => "denied",
    }
}

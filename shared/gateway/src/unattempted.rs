//! Async deliveries without an attempt, because no authorizer has allowed them: denied ones are noted, and those whose
//! authorizer failed are kept until it can be asked.

use std::sync::Arc;

use clocks::epoch_millis;
use domain::delivery::Delivery;
use domain::delivery_attempt::{AttemptOutcome, DeliveryAttempt};
use domain::json::Json;
use domain::retry::MOST_ATTEMPTS;
use records::DeliveryLog;

use crate::invocation::authorizer_decision::AuthorizerRefusal;
use crate::metrics::EventMetrics;

/// What the delivery log and dead letters say of deliveries whose authorizer failed.
pub(crate) const AUTHORIZER_FAILED: &str = "the authorizer of the event type could not be asked";

/// Notes what becomes of deliveries without an attempt at them. A handle: clones share what it leads to.
#[derive(Debug, Clone)]
pub(crate) struct Unattempted {
    pub(crate) delivery_log: DeliveryLog,
    pub(crate) metrics: Arc<EventMetrics>,
}

impl Unattempted {
    /// Notes that a delivery is not made.
    pub(crate) fn denied(&self, delivery: &Delivery, refusal: &AuthorizerRefusal) {
        self.metrics.space(&delivery.space).denied.increment(1);
        self.note(delivery, AttemptOutcome::Denied, refusal.to_string());
    }

    /// Notes what became of a delivery without an attempt at it.
    pub(crate) fn note(&self, delivery: &Delivery, outcome: AttemptOutcome, error: String) {
        if let Some(detail) = self.metrics.detail() {
            detail.delivery_attempted(
                &delivery.space,
                &delivery.subscription,
                &delivery.function,
                outcome,
            );
        }
        self.delivery_log.note(DeliveryAttempt {
            error: Some(error),
            ..DeliveryAttempt::of(delivery, epoch_millis(), 0, outcome)
        });
    }
}

/// A delivery whose authorizer failed just now: all of its attempts are used up, so that none is made before somebody
/// queues it again.
pub(crate) fn lost(mut delivery: Delivery, request: Arc<Json>) -> Delivery {
    delivery.arrival.unauthorized = Some(request);
    delivery.attempts = MOST_ATTEMPTS;
    delivery
}

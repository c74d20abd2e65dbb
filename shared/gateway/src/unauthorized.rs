//! Async deliveries that no authorizer has allowed: denied ones are noted, and those whose authorizer failed are kept
//! until it can be asked.

use std::sync::Arc;

use domain::delivery::Delivery;
use domain::delivery_attempt::{AttemptOutcome, DeliveryAttempt};
use domain::json::Json;
use domain::retry::MOST_ATTEMPTS;

use crate::authorize::Refusal;
use crate::gateway::Gateway;
use crate::stamp::now_millis;

/// What the delivery log and dead letters say of deliveries whose authorizer failed.
pub(crate) const AUTHORIZER_FAILED: &str = "the authorizer of the event type could not be asked";

impl Gateway {
    /// Notes that a delivery is not made.
    pub(crate) fn note_denied(&self, delivery: &Delivery, refusal: &Refusal) {
        self.metrics().space(&delivery.space).denied.increment(1);
        self.note_unattempted(delivery, AttemptOutcome::Denied, refusal.to_string());
    }

    /// Notes what became of a delivery without an attempt at it.
    pub(crate) fn note_unattempted(&self, delivery: &Delivery, outcome: AttemptOutcome, error: String) {
        self.delivery_log().note(DeliveryAttempt {
            error: Some(error),
            ..DeliveryAttempt::of(delivery, now_millis(), 0, outcome)
        });
    }

    /// Queues deliveries whose authorizer failed while somebody else answered the request or gets its event. Each goes to the dead letters
    /// as soon as it is received; nobody was promised that there is room for it.
    pub(crate) async fn queue_lost(&self, lost: Vec<Delivery>, bytes: usize) {
        if lost.is_empty() {
            return;
        }
        // `send` counts and logs deliveries without room.
        let _ = Box::pin(self.enqueue(None, lost, bytes, &[])).await;
    }

    /// A delivery whose authorizer failed just now: all of its attempts are used up, so that none is made before
    /// somebody queues it again.
    pub(crate) fn lost(mut delivery: Delivery, request: Arc<Json>) -> Delivery {
        delivery.arrival.unauthorized = Some(request);
        delivery.attempts = MOST_ATTEMPTS;
        delivery
    }
}

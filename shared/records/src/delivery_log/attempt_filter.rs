//! Which attempts are asked for.

use domain::delivery_attempt::DeliveryAttempt;
use domain::ids::{DeliveryId, SubscriptionId};

use super::kept_text::cut;

/// Which attempts are asked for; all that is set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttemptFilter {
    /// Attempts for an event, by the id that its producer gave it.
    pub event_id: Option<String>,
    /// Attempts at a delivery.
    pub delivery_id: Option<DeliveryId>,
    /// Attempts for a subscription.
    pub subscription_id: Option<SubscriptionId>,
}

impl AttemptFilter {
    /// The filter as it applies to what was kept: an event id is found by its beginning when it was cut.
    pub(super) fn cut(&self) -> Self {
        let mut filter = self.clone();
        filter.event_id.iter_mut().for_each(cut);
        filter
    }

    /// Whether an attempt is asked for.
    pub(super) fn passes(&self, attempt: &DeliveryAttempt) -> bool {
        let Self {
            event_id,
            delivery_id,
            subscription_id,
        } = self;
        event_id.as_ref().is_none_or(|id| *id == attempt.event_id)
            && delivery_id.as_ref().is_none_or(|id| *id == attempt.delivery_id)
            && subscription_id
                .as_ref()
                .is_none_or(|id| *id == attempt.subscription_id)
    }
}

//! What a function was registered as when something was learned of it.

use std::sync::Arc;

use domain::resource::{Function, Subscription};

/// A function and the subscription that it is called for, as they are registered. Either may be unknown.
#[derive(Debug, Clone, Default)]
pub struct Registered {
    /// The function.
    pub function: Option<Arc<Function>>,
    /// The subscription.
    pub subscription: Option<Arc<Subscription>>,
}

impl Registered {
    /// Whether one of both was written anew: with other contents or with the same, since whoever writes it again wants
    /// it to be tried again. Another subscription of the same function is none of this.
    pub(super) fn is_replaced_by(&self, now: &Self) -> bool {
        let function = match (&self.function, &now.function) {
            (Some(known), Some(now)) => !Arc::ptr_eq(known, now),
            _ => false,
        };
        let subscription = match (&self.subscription, &now.subscription) {
            (Some(known), Some(now)) => {
                known.subscription_id == now.subscription_id && !Arc::ptr_eq(known, now)
            }
            _ => false,
        };
        function || subscription
    }
}

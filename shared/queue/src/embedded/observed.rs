//! What metrics ask of the queue, without holding it up.

use domain::ids::{Space, SubscriptionId};

use super::Embedded;
use crate::QueueError;

/// The oldest of the deliveries for a subscription that are next in line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldestDelivery {
    /// The space of the subscription.
    pub space: Space,
    /// The subscription.
    pub subscription: SubscriptionId,
    /// When it was accepted, in milliseconds since the Unix epoch.
    pub accepted_at: u64,
}

impl Embedded {
    /// The oldest delivery of each subscription, of so many of them at most. Of a long backlog only what is next in line is looked
    /// at, and not what workers have in hand: nobody waits for long.
    pub fn oldest(&self, most: usize) -> Vec<OldestDelivery> {
        self.0.schedule.look(|state| {
            let oldest = state.turns.oldest(most);
            let named = oldest.map(|(name, accepted_at)| OldestDelivery {
                space: name.function.space.clone(),
                subscription: name.subscription.clone(),
                accepted_at,
            });
            named.collect()
        })
    }

    /// How many dead letters each space has that has any.
    pub async fn dead_letter_counts(&self) -> Result<Vec<(Space, u64)>, QueueError> {
        self.look(|_, ledger| Ok(ledger.dead.counts())).await
    }
}

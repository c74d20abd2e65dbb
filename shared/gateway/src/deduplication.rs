//! Deduplication keys where the queue does not look at them: claimed in the table of the store before events are
//! queued, and confirmed afterwards (docs/delivery.md).

use domain::delivery::Delivery;
use domain::ids::Space;
use queue::DeliveryQueue;
use store::{Claim, ClaimToken, DynamoDb, Store};

use crate::error::GatewayError;
use crate::error_chain::ErrorChain;
use crate::gateway::Gateway;

/// Keys that are claimed for deliveries which are about to be queued.
pub(crate) struct Claims<'a> {
    table: &'a DynamoDb,
    tokens: Vec<ClaimToken>,
}

impl Gateway {
    /// Claims the keys of deliveries and takes those out that were queued before. `None` where the queue does that.
    pub(crate) async fn claim_deduplication_keys(
        &self,
        deliveries: &mut Vec<Delivery>,
    ) -> Result<Option<Claims<'_>>, GatewayError> {
        let (DeliveryQueue::Sqs(_), Store::DynamoDb(table)) = (self.queue(), self.store()) else {
            return Ok(None);
        };
        let mut keys: Vec<(Space, std::sync::Arc<str>)> = deliveries
            .iter()
            .filter_map(|delivery| Some((delivery.space.clone(), delivery.deduplication_key.clone()?)))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        let mut claims = Claims {
            table,
            tokens: Vec::new(),
        };
        for (space, key) in keys {
            match table.claim_deduplication_key(&space, &key).await {
                Ok(Claim::Granted(token)) => claims.tokens.push(token),
                Ok(Claim::Duplicate) => deliveries.retain(|delivery| {
                    delivery.space != space || delivery.deduplication_key.as_deref() != Some(&*key)
                }),
                Ok(Claim::Contended) => {
                    claims.release().await;
                    return Err(GatewayError::DeduplicationContended);
                }
                Err(error) => {
                    claims.release().await;
                    return Err(error.into());
                }
            }
        }
        Ok(Some(claims))
    }
}

impl Claims<'_> {
    /// The deliveries are queued. A claim that cannot be confirmed lapses: the event may be taken once more then.
    pub(crate) async fn confirm(self) {
        for token in &self.tokens {
            if let Err(error) = self.table.confirm_deduplication_key(token).await {
                tracing::warn!(error = %ErrorChain(&error), "A deduplication key could not be confirmed.");
            }
        }
    }

    /// The deliveries are not queued: whoever sends them again is to be heard.
    pub(crate) async fn release(self) {
        for token in &self.tokens {
            if let Err(error) = self.table.release_deduplication_key(token).await {
                tracing::warn!(error = %ErrorChain(&error), "A deduplication key could not be released.");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn keys_are_remembered_for_the_same_time_wherever_they_are() {
        assert_eq!(queue::DEDUPLICATION_WINDOW, store::DEDUPLICATION_WINDOW);
    }
}

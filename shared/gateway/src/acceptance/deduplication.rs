//! Deduplication keys (docs/delivery.md): what is decided before the queue looks at them.
//!
//! A queue that does not look at them has them claimed in the table of the store before events are queued, and confirmed
//! afterwards.

use std::collections::HashMap;
use std::sync::Arc;

use domain::delivery::Delivery;
use domain::event::Event;
use domain::ids::Space;
use queue::DeliveryQueue;
use store::{Claim, ClaimToken, DynamoDb, Store};
use targets::ErrorChain;

use crate::error::GatewayError;

/// Of deliveries of several events with the same key to a space, leaves those of the first event: the queue decides on
/// what it is sent at once as if it were one.
pub(crate) fn keep_first(deliveries: &mut Vec<Delivery>) {
    let mut keyed = deliveries.iter().filter(|one| one.deduplication_key.is_some());
    if keyed.nth(1).is_none() {
        return;
    }
    let mut first: HashMap<(Space, Arc<str>), *const Event> = HashMap::new();
    deliveries.retain(|delivery| {
        let Some(key) = &delivery.deduplication_key else {
            return true;
        };
        // The subscribers of a space share the event.
        let event = Arc::as_ptr(&delivery.event);
        let named = (delivery.space.clone(), Arc::clone(key));
        *first.entry(named).or_insert(event) == event
    });
}

/// Keys that are claimed for deliveries which are about to be queued.
pub(crate) struct DeduplicationClaims<'a> {
    table: &'a DynamoDb,
    tokens: Vec<ClaimToken>,
}

/// Claims the keys of deliveries and takes those out that were queued before. `None` where the queue does that.
pub(super) async fn claim_keys<'a>(
    store: &'a Store,
    queue: &DeliveryQueue,
    deliveries: &mut Vec<Delivery>,
) -> Result<Option<DeduplicationClaims<'a>>, GatewayError> {
    let (DeliveryQueue::Sqs(_), Store::DynamoDb(table)) = (queue, store) else {
        return Ok(None);
    };
    let mut keys: Vec<(Space, Arc<str>)> = deliveries
        .iter()
        .filter_map(|delivery| Some((delivery.space.clone(), delivery.deduplication_key.clone()?)))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    let mut claims = DeduplicationClaims {
        table,
        tokens: Vec::new(),
    };
    for (space, key) in keys {
        // Boxed: events elsewhere, and those without a key, do not carry the future of a request.
        match Box::pin(table.claim_deduplication_key(&space, &key)).await {
            Ok(Claim::Granted(token)) => claims.tokens.push(token),
            Ok(Claim::Duplicate) => deliveries.retain(|delivery| {
                delivery.space != space || delivery.deduplication_key.as_deref() != Some(&*key)
            }),
            Ok(Claim::Contended) => {
                Box::pin(claims.release()).await;
                return Err(GatewayError::DeduplicationContended);
            }
            Err(error) => {
                Box::pin(claims.release()).await;
                return Err(error.into());
            }
        }
    }
    Ok(Some(claims))
}

impl DeduplicationClaims<'_> {
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
    use domain::delivery::Arrival;
    use domain::event::{Envelope, EventStamp};
    use domain::json::Json;

    use super::*;

    fn event(id: &str) -> Arc<Event> {
        let stamp = EventStamp {
            id: id.to_owned(),
            time: String::new(),
        };
        Arc::new(Event::V0_1(Box::new(Envelope::generated(
            stamp,
            "t",
            "",
            Json::null(),
        ))))
    }

    fn delivery(event: &Arc<Event>, space: &str, key: Option<&str>) -> Delivery {
        Delivery {
            id: event.id().into(),
            space: space.into(),
            subscription: "u".into(),
            function: "f".into(),
            event: event.clone(),
            accepted_at: 0,
            attempts: 0,
            deliver_at: None,
            ordering_key: None,
            deduplication_key: key.map(Into::into),
            arrival: Arrival::default(),
        }
    }

    #[test]
    fn of_a_request_only_the_first_event_with_a_key_is_left() {
        let [a, b, c] = [event("a"), event("b"), event("c")];
        let mut deliveries = vec![
            delivery(&a, "s", Some("k")),
            delivery(&a, "s", Some("k")),
            delivery(&a, "t", Some("k")),
            delivery(&b, "s", Some("k")),
            delivery(&b, "u", Some("k")),
            delivery(&b, "s", None),
            delivery(&c, "s", Some("l")),
            delivery(&c, "s", Some("k")),
        ];
        keep_first(&mut deliveries);
        let left = deliveries.iter().map(|one| (one.id.as_str(), one.space.as_str()));
        assert_eq!(
            left.collect::<Vec<_>>(),
            [
                ("a", "s"),
                ("a", "s"),
                ("a", "t"),
                ("b", "u"),
                ("b", "s"),
                ("c", "s")
            ]
        );
    }

    #[test]
    fn keys_are_remembered_for_the_same_time_wherever_they_are() {
        assert_eq!(queue::DEDUPLICATION_WINDOW, store::DEDUPLICATION_WINDOW);
    }
}

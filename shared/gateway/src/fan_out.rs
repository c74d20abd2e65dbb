//! The deliveries of an event: one for each of its async subscriptions.

use std::sync::Arc;

use clocks::epoch_millis;
use domain::configuration::Stored;
use domain::delivery::{Arrival, Delivery};
use domain::event::Event;
use domain::publish_options::PublishOptions;
use domain::resource::Subscription;
use domain::routing::Subscribers;

use crate::stamp::delivery_id;

/// An event that came in like that, for each of its subscribers.
pub(crate) fn fan_out(
    subscriptions: &Subscribers<'_>,
    event: &Arc<Event>,
    options: &PublishOptions,
    arrival: &Arrival,
) -> Vec<Delivery> {
    let accepted_at = epoch_millis();
    let hops = arrival.hops.spread(subscriptions.len());
    let delivery = |stored: &Stored<Subscription>| {
        let subscription = &stored.resource;
        Delivery {
            id: delivery_id(),
            space: subscription.space.clone(),
            subscription: subscription.subscription_id.clone(),
            function: subscription.function_id.clone(),
            event: event.clone(),
            accepted_at,
            attempts: 0,
            deliver_at: options.deliver_at,
            ordering_key: options.ordering_key.clone().filter(|_| subscription.ordered),
            deduplication_key: options.deduplication_key.clone(),
            arrival: Arrival {
                hops,
                ..arrival.clone()
            },
        }
    };
    subscriptions.iter().map(delivery).collect()
}

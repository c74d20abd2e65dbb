//! What the second stage gives: an event and whom it reaches.

use std::sync::Arc;

use domain::delivery::Delivery;
use domain::event::Event;
use domain::hops::Hops;
use domain::resource::Subscription;

/// An event and whom it reaches.
#[derive(Debug)]
pub(crate) struct Matched<'a> {
    pub(crate) event: Arc<Event>,
    /// The subscription whose function answers the caller.
    pub(crate) sync: Option<&'a Arc<Subscription>>,
    /// One for each async subscription.
    pub(crate) deliveries: Vec<Delivery>,
    /// How often the event was passed on.
    pub(crate) hops: Hops,
}

impl Matched<'_> {
    /// Whether there is no subscription for it.
    pub(crate) fn reaches_nobody(&self) -> bool {
        self.sync.is_none() && self.deliveries.is_empty()
    }
}

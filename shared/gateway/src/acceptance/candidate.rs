//! An event that is about to be accepted.

use std::collections::HashSet;
use std::iter;
use std::sync::Arc;

use domain::delivery::Delivery;
use domain::event::Event;
use domain::hops::Hops;
use domain::ids::Space;
use domain::resource::Subscription;
use domain::routing::RoutingTable;

use super::asked_events::AskedEvents;
use super::authorizers::Authorizers;
use super::pace::Pace;
use crate::error::GatewayError;
use crate::intake::Arrived;
use crate::invocation::Invocation;
use crate::invocation::authorizer_decision::AuthorizerDecision;
use crate::matching::Matched;

/// A matched event with the word of its authorizers.
pub(crate) struct Candidate<'a> {
    pub(crate) event: Arc<Event>,
    pub(crate) sync: Option<&'a Arc<Subscription>>,
    /// One for each async subscription, but for those that are left out.
    pub(crate) deliveries: Vec<Delivery>,
    /// How often it was passed on.
    pub(crate) hops: Hops,
    pub(crate) authorizers: Authorizers<'a>,
    /// What async subscribers get in its place.
    pub(super) asked: AskedEvents,
}

impl<'a> Candidate<'a> {
    /// An event whose authorizers have not been asked yet.
    pub(crate) fn new(
        matched: Matched<'a>,
        invocation: &'a Invocation,
        arrived: Arrived<'a>,
        pace: Pace<'a>,
    ) -> Self {
        let Matched {
            event,
            sync,
            deliveries,
            hops,
        } = matched;
        Self {
            authorizers: Authorizers::new(invocation, arrived, event.clone(), hops, pace),
            event,
            sync,
            deliveries,
            hops,
            asked: AskedEvents::default(),
        }
    }

    /// Whether its sender hears from nobody but the queue whether it was taken.
    pub(crate) fn is_promised(&self) -> bool {
        self.sync.is_none() && !self.deliveries.is_empty()
    }

    /// Whether this event, also as an authorizer may have made it or a function asks for it, is one of those.
    pub(crate) fn is_among(&self, events: &HashSet<*const Event>) -> bool {
        let mut own = iter::once(&self.event)
            .chain(self.authorizers.made())
            .chain(self.asked.made());
        own.any(|event| events.contains(&Arc::as_ptr(event)))
    }

    /// Fails where an authorizer cannot be asked for now: that of any space where a function answers, those of all
    /// others.
    pub(crate) fn check_authorizers(&self, table: &RoutingTable) -> Result<(), GatewayError> {
        let check = |one: &Delivery| Authorizers::check(table, &self.event, &one.space, &one.subscription);
        if let Some(Subscription {
            space,
            subscription_id,
            ..
        }) = self.sync.map(Arc::as_ref)
        {
            Authorizers::check(table, &self.event, space, subscription_id)?;
            return self.deliveries.iter().try_for_each(check);
        }
        let mut checked = self.deliveries.iter().map(check);
        match checked.next() {
            Some(Err(error)) if checked.all(|checked| checked.is_err()) => Err(error),
            _ => Ok(()),
        }
    }

    /// Asks the authorizers of all async subscribers; fails where some cannot be asked and no other lets the event pass.
    pub(crate) async fn ask_all(&mut self) -> Result<(), GatewayError> {
        let (mut is_allowed, mut has_failed) = (false, false);
        for delivery in &self.deliveries {
            match self
                .authorizers
                .decide(&delivery.space, &delivery.subscription)
                .await
            {
                AuthorizerDecision::Allowed(_) => is_allowed = true,
                AuthorizerDecision::Denied(_) => {}
                AuthorizerDecision::Failed => has_failed = true,
            }
        }
        if has_failed && !is_allowed {
            return Err(self.authorizer_failed());
        }
        Ok(())
    }

    pub(crate) fn authorizer_failed(&self) -> GatewayError {
        GatewayError::AuthorizerFailed(self.event.event_type().to_owned())
    }

    /// The spaces with functions that the client waits for: the one that answers, and authorizers.
    pub(crate) fn asked<'s>(&'s self, table: &'s RoutingTable) -> impl Iterator<Item = &'s Space> {
        let sync = self.sync.iter().map(|subscription| &subscription.space);
        let guarded = self.deliveries.iter().filter(|one| self.is_guarded(table, one));
        sync.chain(guarded.map(|delivery| &delivery.space))
    }

    /// Whether an authorizer has to be asked about a delivery.
    pub(crate) fn is_guarded(&self, table: &RoutingTable, delivery: &Delivery) -> bool {
        let Delivery {
            space, subscription, ..
        } = delivery;
        table
            .authorizer(space, subscription, self.event.event_type())
            .is_some()
    }
}

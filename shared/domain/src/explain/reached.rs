//! Whom an event reaches of the subscriptions of a space that are on its way, by the index that events are routed by.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::answer::Reason;
use super::request::ExplainRequest;
use super::space_resources::SpaceResources;
use crate::configuration::{Change, Configured, FilterLimits, SpaceDefaults, SpaceRules, Stored};
use crate::event::FilterSubject;
use crate::ids::SubscriptionId;
use crate::resource::{Subscription, SubscriptionType};
use crate::routing::RoutingTable;

/// Whom the request reaches in the space. Without an event, whoever has filters is reached as if they let it pass.
pub(super) struct Reached<'a> {
    sync: BTreeSet<SubscriptionId>,
    asynchronous: BTreeSet<SubscriptionId>,
    /// One of those that are found on the way, whatever their filters.
    /// Steps that filters may take for one event.
    filter_steps: usize,
    sync_slot: Option<SubscriptionId>,
    async_slot: Option<SubscriptionId>,
    /// Of another space, where that answers instead of the one of this.
    elsewhere: Option<&'a Subscription>,
}

impl<'a> Reached<'a> {
    pub(super) fn of(
        request: &ExplainRequest,
        event: Option<&FilterSubject<'_>>,
        compared: &[(&Arc<Subscription>, Vec<Reason>)],
        space: &SpaceResources<'a>,
    ) -> Self {
        let mut table = RoutingTable::new(SpaceRules {
            paths: space.paths,
            defaults: SpaceDefaults {
                paths: space.mode,
                ..SpaceDefaults::default()
            },
            filters: FilterLimits {
                max_steps: space.filter_steps,
                ..FilterLimits::default()
            },
            ..SpaceRules::default()
        });
        let mut event_types = space.event_types.iter();
        if let Some(event_type) = event_types.find(|known| known.name == request.event_type) {
            add(&mut table, event_type, 0);
        }
        let candidates = compared.iter().filter(|(_, reasons)| reasons.is_empty());
        for (created, (subscription, _)) in (0..).zip(candidates) {
            add(&mut table, subscription, created);
        }
        let routes = table.routes(request.event_type.as_str(), &request.method, &request.path);
        let id = |subscription: &Arc<Subscription>| subscription.subscription_id.clone();
        let is_elsewhere = |other: &&Subscription| routes.sync.is_some_and(|own| own.space != other.space);
        let elsewhere = space.answering.filter(is_elsewhere);
        let sync_slot = routes.sync.map(id);
        let async_slot = routes
            .asynchronous
            .iter()
            .next()
            .map(|stored| id(&stored.resource));
        let (sync, asynchronous) = if let Some(event) = event {
            let selected = table.select(routes, event);
            let asynchronous = selected.asynchronous.iter().map(|stored| id(&stored.resource));
            (
                selected.sync.map(id).into_iter().collect(),
                asynchronous.collect(),
            )
        } else {
            let asynchronous = table.may_get(&routes);
            let asynchronous = asynchronous.iter().map(|stored| id(&stored.resource));
            let sync = table.may_answer(&routes);
            (sync.into_iter().map(id).collect(), asynchronous.collect())
        };
        Self {
            sync,
            asynchronous,
            sync_slot,
            async_slot,
            elsewhere,
            filter_steps: space.filter_steps,
        }
    }

    /// Why a subscription is not reached that is on the way of the event; `None` if it is.
    pub(super) fn instead_of(
        &self,
        subscription: &Subscription,
        event: Option<&FilterSubject<'_>>,
    ) -> Option<Reason> {
        let id = &subscription.subscription_id;
        let (reached, slot) = match subscription.r#type {
            SubscriptionType::Async => (&self.asynchronous, &self.async_slot),
            SubscriptionType::Sync => (&self.sync, &self.sync_slot),
        };
        if reached.contains(id) {
            let elsewhere = self
                .elsewhere
                .filter(|_| subscription.r#type == SubscriptionType::Sync);
            return elsewhere.map(|other| Reason::Shadowed {
                by: other.subscription_id.clone(),
                by_space: Some(other.space.clone()),
            });
        }
        if let Some(filters) = &subscription.filters
            && !event.map_or_else(
                || filters.compiled().is_ok(),
                |event| filters.matches(event, self.filter_steps),
            )
        {
            return Some(Reason::Filters {});
        }
        let by = reached.first().or(slot.as_ref())?;
        Some(Reason::Shadowed {
            by: by.clone(),
            by_space: None,
        })
    }
}

fn add<R: Configured>(table: &mut RoutingTable, resource: &Arc<R>, created: u64) {
    table.apply(&Change {
        before: None,
        after: Some(Stored {
            resource: Arc::clone(resource),
            created,
        }),
    });
}

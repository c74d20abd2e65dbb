//! Subscriptions of a plan. Their ids follow from their members, of which some can be changed under the same id.

use std::collections::HashSet;
use std::sync::Arc;

use super::super::{ConfigurationError, Configured, Stored};
use super::ownership::check_owner;
use super::planner::Planner;
use super::wanted::Wanted;
use crate::ids::SubscriptionId;
use crate::resource::Subscription;

impl Planner<'_> {
    /// Gives a subscription of a document the id that it has or gets. The one that the document names counts as long as it
    /// could be one of such a subscription: filters can be changed without the id.
    pub(super) fn identify(wanted: &mut Wanted<Subscription>) {
        let subscription = &mut wanted.resource;
        subscription.subscription_id = subscription.derived_id();
        if let Some(given) = &wanted.from
            && subscription.can_have_id(given)
        {
            subscription.subscription_id = given.clone();
        }
    }

    /// Makes the subscriptions so. What moves does it in one step, so that no event comes between; where one stands in the
    /// way of another, both go before they come again.
    pub(super) fn put_subscriptions(&mut self, all: &[Wanted<Subscription>], kept: &HashSet<SubscriptionId>) {
        let moving: Vec<(usize, SubscriptionId)> = all
            .iter()
            .enumerate()
            .filter_map(|(at, wanted)| Some((at, self.moves_from(wanted, kept)?)))
            .collect();
        let mut kept = kept.clone();
        kept.extend(moving.iter().map(|(_, old)| old.clone()));
        self.remove_others::<Subscription>(&kept);
        let is_moving: HashSet<usize> = moving.iter().map(|(at, _)| *at).collect();
        let mut waiting = Vec::new();
        for (at, old) in moving {
            let wanted = &all[at];
            match self.move_subscription(wanted, &old) {
                Ok(()) => {}
                Err(ConfigurationError::PathConflict(_) | ConfigurationError::TooManyForms { .. }) => {
                    waiting.push((at, old));
                }
                Err(error) => {
                    self.refuse::<Subscription>(Some(at), &wanted.resource.subscription_id, error);
                }
            }
        }
        let taken: Vec<_> = waiting
            .into_iter()
            .filter_map(|(at, old)| {
                self.steps.make_room::<Subscription>(&self.now, 2, None);
                Some((at, self.now.remove::<Subscription>(&old)?))
            })
            .collect();
        for (at, stored) in taken {
            let moved = self.place(&all[at], &stored);
            self.note::<Subscription>(at, &all[at].resource.subscription_id, moved);
        }
        for (at, wanted) in all.iter().enumerate() {
            if is_moving.contains(&at) || self.is_given_up() {
                continue;
            }
            let id = &wanted.resource.subscription_id;
            let put = match self.now.subscriptions.get(id).cloned() {
                // Some members can be others under the same id.
                Some(stored) if wanted.resource.moves(&stored.resource) => self.move_subscription(wanted, id),
                Some(stored) => self.update(wanted, &stored),
                None => self.create(wanted),
            };
            self.note::<Subscription>(at, id, put);
        }
    }

    /// The id of before of a subscription that has another one from now on.
    fn moves_from(
        &self,
        wanted: &Wanted<Subscription>,
        kept: &HashSet<SubscriptionId>,
    ) -> Option<SubscriptionId> {
        let old = wanted.from.as_ref()?;
        let id = &wanted.resource.subscription_id;
        let is_free = !self.now.subscriptions.contains_key(id);
        // Under its old id there may be another one of the same document.
        let moves = old != id && is_free && !kept.contains(old) && self.now.subscriptions.contains_key(old);
        moves.then(|| old.clone())
    }

    fn move_subscription(
        &mut self,
        wanted: &Wanted<Subscription>,
        old: &SubscriptionId,
    ) -> Result<(), ConfigurationError> {
        let Some(stored) = self.now.subscriptions.get(old).cloned() else {
            return self.create(wanted);
        };
        check_owner(&*stored.resource, Some(&wanted.resource), self.options)?;
        self.steps.make_room(&self.now, 2, Some(&wanted.resource));
        let before = self.now.clone();
        self.now.remove::<Subscription>(old);
        let placed = self.place(wanted, &stored);
        if placed.is_err() {
            self.now = before;
        }
        placed
    }

    /// Puts a subscription in the place of one that is taken out already.
    fn place(
        &mut self,
        wanted: &Wanted<Subscription>,
        stored: &Stored<Subscription>,
    ) -> Result<(), ConfigurationError> {
        let subscription = &wanted.resource;
        self.rules.check_path(subscription)?;
        subscription.check_create(&self.now, self.rules)?;
        // Whoever stays on its slot keeps its place before others.
        let created = if subscription.has_slot_of(&stored.resource) {
            stored.created
        } else {
            self.rank::<Subscription>(None)?
        };
        self.now.insert(Stored {
            resource: Arc::new(subscription.clone()),
            created,
        });
        let (id, old_id) = (&subscription.subscription_id, &stored.resource.subscription_id);
        let origin = self.moved_subscriptions.remove(old_id);
        let origin = origin.unwrap_or_else(|| old_id.clone());
        if origin != *id {
            self.moved_subscriptions.insert(id.clone(), origin);
        }
        Ok(())
    }
}

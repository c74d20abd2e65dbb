//! Which of the subscriptions that an event finds on its way it really reaches: those whose filters it passes. As long as
//! nobody has filters nothing of this is asked.
//!
//! What may take long, reading the event, is a step of its own ([`RoutingTable::passed`]), with values that can be taken to
//! another thread.

use std::sync::Arc;

use filters::Subject;

use super::RoutingTable;
use super::filtered_slots::{FilteredSet, FilteredSlot, Rank};
use super::subscribers::{Routes, Subscribers};
use crate::configuration::Stored;
use crate::resource::Subscription;

/// Whose filters an event passes, for each slot that was asked about.
#[derive(Debug)]
pub struct Passed(Vec<Vec<Rank>>);

impl RoutingTable {
    /// Whether any subscription has filters, so that it is worth a look at the routes.
    pub fn has_filters(&self) -> bool {
        !self.filtered.is_empty()
    }

    /// Whether any subscription has filters, also such as do not compile and are not routed.
    pub fn knows_filters(&self) -> bool {
        self.filters > 0
    }

    /// Steps that filters may take for one event ([`filters::FilterLimits::max_steps`]).
    pub fn filter_steps(&self) -> usize {
        self.filter_steps
    }

    /// Where among these routes there are filters, in the order in which they are tried.
    pub fn filtered_slots(&self, routes: &Routes<'_>) -> Vec<FilteredSlot> {
        if !self.has_filters() {
            return Vec::new();
        }
        let asynchronous = routes
            .asynchronous
            .iter()
            .filter(|stored| stored.resource.filters.is_some());
        let sync = routes.all_sync().map(FilteredSlot::of);
        sync.chain(asynchronous.map(|stored| FilteredSlot::of(&stored.resource)))
            .filter(|slot| self.filtered.get(slot).is_some())
            .collect()
    }

    /// How many filters of these slots are tried for every event, whatever it is.
    pub fn tried_always(&self, slots: &[FilteredSlot]) -> usize {
        let sets = slots.iter().filter_map(|slot| self.filtered.get(slot));
        sets.map(FilteredSet::tried_always).sum()
    }

    /// Whose filters an event passes.
    pub fn passed(&self, slots: &[FilteredSlot], event: &dyn Subject) -> Passed {
        self.passed_within(slots, event, usize::MAX)
            .unwrap_or(Passed(Vec::new()))
    }

    /// The same; `None` where the filters of a slot that are to be tried have more bytes than that.
    pub fn passed_within(
        &self,
        slots: &[FilteredSlot],
        event: &dyn Subject,
        max_bytes: usize,
    ) -> Option<Passed> {
        let effort = (self.filter_steps, max_bytes);
        let passed = slots.iter().map(|slot| match self.filtered.get(slot) {
            Some(set) => set.passed_by(event, slot.is_sync(), effort),
            None => Some(Vec::new()),
        });
        passed.collect::<Option<_>>().map(Passed)
    }

    /// The routes of an event that passes these filters. Of the sync subscriptions of a slot the first created answers
    /// whose filters let it pass, or else the one that has none.
    pub fn selected<'a>(&'a self, routes: Routes<'a>, passed: &Passed) -> Routes<'a> {
        let mut passed = passed.0.iter();
        let mut sync = None;
        for candidate in routes.all_sync() {
            let Some(set) = self.filtered.get(&FilteredSlot::of(candidate)) else {
                sync = sync.or(Some(candidate));
                continue;
            };
            let first = passed.next().and_then(|ranks| set.get(ranks.first()?));
            let first = first.map(|stored| &stored.resource);
            sync = sync.or(first).or_else(|| self.without_filters(candidate));
        }
        let mut asynchronous = Vec::with_capacity(routes.asynchronous.len());
        for stored in routes.asynchronous.iter() {
            match self.set_of(stored) {
                None => asynchronous.push(stored),
                Some(set) => {
                    let ranks = passed.next().map(Vec::as_slice).unwrap_or_default();
                    asynchronous.extend(ranks.iter().filter_map(|rank| set.get(rank)));
                }
            }
        }
        asynchronous.sort_by_key(|stored| stored.created);
        Routes {
            sync,
            asynchronous: Subscribers::of(asynchronous),
            ..routes
        }
    }

    /// The routes of an event, which is read if any of them has filters.
    pub fn select<'a>(&'a self, routes: Routes<'a>, event: &dyn Subject) -> Routes<'a> {
        let slots = self.filtered_slots(&routes);
        if slots.is_empty() {
            return routes;
        }
        let passed = self.passed(&slots, event);
        self.selected(routes, &passed)
    }

    /// All sync subscriptions that may answer, whatever the event, in the order in which they are tried.
    pub fn may_answer<'a>(&'a self, routes: &Routes<'a>) -> Vec<&'a Arc<Subscription>> {
        let mut all = Vec::new();
        for candidate in routes.all_sync() {
            match self.filtered.get(&FilteredSlot::of(candidate)) {
                None => all.push(candidate),
                Some(set) => {
                    all.extend(set.iter().map(|stored| &stored.resource));
                    all.extend(self.without_filters(candidate));
                }
            }
        }
        all
    }

    /// All async subscriptions that may get an event, whatever it is.
    pub fn may_get<'a>(&'a self, routes: &Routes<'a>) -> Vec<&'a Stored<Subscription>> {
        let mut all = Vec::new();
        for stored in routes.asynchronous.iter() {
            match self.set_of(stored) {
                None => all.push(stored),
                Some(set) => all.extend(set.iter()),
            }
        }
        all
    }

    /// Those that an async subscription on a path stands for, if it has filters.
    fn set_of(&self, stored: &Stored<Subscription>) -> Option<&FilteredSet> {
        let subscription = &stored.resource;
        subscription.filters.as_ref()?;
        self.filtered.get(&FilteredSlot::of(subscription))
    }

    /// The sync subscription on the slot of another that has no filters.
    fn without_filters<'a>(&'a self, candidate: &'a Arc<Subscription>) -> Option<&'a Arc<Subscription>> {
        if candidate.filters.is_none() {
            return Some(candidate);
        }
        let routes = self.paths.on(&candidate.path)?;
        let routes = routes.to(candidate.event_type.as_str())?;
        routes.without_filters(candidate)
    }
}

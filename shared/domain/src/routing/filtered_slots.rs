//! Subscriptions with filters, by what they have in common: those of a space to the same events on the same path with the
//! same method, all sync or all async. On the paths one of each slot stands for all, the first created, so that a lookup
//! finds the slot as it finds any subscription; which of them get an event is asked here.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use filters::{FilterIndex, Subject};
use imbl::OrdMap;

use crate::configuration::Stored;
use crate::ids::{EventTypeName, Space, SubscriptionId};
use crate::persistent_map::PersistentMap;
use crate::resource::{Subscription, SubscriptionType};

/// Most subscriptions of a slot that are tried one by one, each of which reads the event by itself. For more an index is
/// worth its room.
const FEW: usize = 4;

/// What subscriptions compete in, as one of them names it.
#[derive(Debug, Clone)]
pub struct FilteredSlot(Arc<Subscription>);

/// Its place among those of a slot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    created: u64,
    id: SubscriptionId,
}

/// The subscriptions of a slot.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum FilteredSet {
    /// In the order of creation.
    Few(Vec<Stored<Subscription>>),
    Many {
        all: OrdMap<Rank, Stored<Subscription>>,
        index: FilterIndex<Rank>,
    },
}

/// What has to change on the paths because another one stands for a slot.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) before: Option<Stored<Subscription>>,
    pub(super) after: Option<Stored<Subscription>>,
}

/// All slots in which there are filters that compile.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct FilteredSlots(PersistentMap<FilteredSlot, FilteredSet>);

impl FilteredSlot {
    /// That of a subscription, with filters or without.
    pub(super) fn of(subscription: &Arc<Subscription>) -> Self {
        Self(Arc::clone(subscription))
    }

    /// The space whose subscriptions these are.
    pub fn space(&self) -> &Space {
        &self.0.space
    }

    /// Whether the subscriptions in it answer callers.
    pub(super) fn is_sync(&self) -> bool {
        self.0.r#type == SubscriptionType::Sync
    }

    fn members(&self) -> (&Space, SubscriptionType, &EventTypeName, &str, &str) {
        let Subscription {
            space,
            r#type,
            event_type,
            path,
            method,
            ..
        } = &*self.0;
        (space, *r#type, event_type, path, method)
    }
}

impl PartialEq for FilteredSlot {
    fn eq(&self, other: &Self) -> bool {
        self.members() == other.members()
    }
}

impl Eq for FilteredSlot {}

impl Hash for FilteredSlot {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.members().hash(state);
    }
}

impl Rank {
    fn of(stored: &Stored<Subscription>) -> Self {
        Self {
            created: stored.created,
            id: stored.resource.subscription_id.clone(),
        }
    }
}

impl FilteredSlots {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn get(&self, slot: &FilteredSlot) -> Option<&FilteredSet> {
        self.0.get(slot)
    }

    /// Adds a subscription. One whose filters do not compile gets nothing, and is not here.
    pub(super) fn add(&mut self, stored: &Stored<Subscription>) -> Standing {
        self.change(stored, FilteredSet::insert)
    }

    /// Removes a subscription.
    pub(super) fn remove(&mut self, stored: &Stored<Subscription>) -> Standing {
        self.change(stored, FilteredSet::remove)
    }

    fn change(
        &mut self,
        stored: &Stored<Subscription>,
        change: fn(&mut FilteredSet, &Stored<Subscription>),
    ) -> Standing {
        let filters = stored.resource.filters.as_ref();
        if filters.is_none_or(|filters| filters.compiled().is_err()) {
            return Standing {
                before: None,
                after: None,
            };
        }
        let slot = FilteredSlot::of(&stored.resource);
        // Taken out and put in again, so that the key is never one that is gone.
        let mut set = self.0.remove(&slot).unwrap_or_default();
        let before = set.first().cloned();
        change(&mut set, stored);
        let after = set.first().cloned();
        if let Some(first) = &after {
            self.0.insert(FilteredSlot::of(&first.resource), set);
        }
        Standing { before, after }
    }
}

impl Default for FilteredSet {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl FilteredSet {
    /// The one that was created first.
    fn first(&self) -> Option<&Stored<Subscription>> {
        self.iter().next()
    }

    /// All of them, in the order of creation.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Stored<Subscription>> {
        let (few, many) = match self {
            Self::Few(few) => (Some(few), None),
            Self::Many { all, .. } => (None, Some(all)),
        };
        let many = many.into_iter().flat_map(|all| all.values());
        few.into_iter().flatten().chain(many)
    }

    /// How many are tried for every event.
    pub(super) fn tried_always(&self) -> usize {
        match self {
            Self::Few(few) => few.len(),
            Self::Many { index, .. } => index.unindexed(),
        }
    }

    pub(super) fn get(&self, rank: &Rank) -> Option<&Stored<Subscription>> {
        match self {
            Self::Few(few) => few.iter().find(|stored| Rank::of(stored) == *rank),
            Self::Many { all, .. } => all.get(rank),
        }
    }

    /// Those whose filters an event passes, in the order of creation; only the first of them where no more are wanted. Each may
    /// take so many steps; `None` where those that are to be tried have more bytes than may be tried.
    pub(super) fn passed_by(
        &self,
        event: &dyn Subject,
        only_first: bool,
        (max_steps, max_bytes): (usize, usize),
    ) -> Option<Vec<Rank>> {
        Some(match self {
            Self::Few(few) => {
                let bytes = few.iter().map(bytes);
                if max_bytes < usize::MAX && bytes.fold(0, usize::saturating_add) > max_bytes {
                    return None;
                }
                let passed = few.iter().filter(|stored| passes(stored, event, max_steps));
                let most = if only_first { 1 } else { FEW };
                passed.take(most).map(Rank::of).collect()
            }
            Self::Many { index, .. } => {
                let mut passed: Vec<Rank> = Vec::new();
                let is_tried = index.matches_within(event, (max_steps, max_bytes), &mut |rank| match passed
                    .first_mut()
                {
                    Some(first) if only_first => {
                        if rank < first {
                            first.clone_from(rank);
                        }
                    }
                    _ => passed.push(rank.clone()),
                });
                if !is_tried {
                    return None;
                }
                passed.sort_unstable();
                passed
            }
        })
    }

    fn insert(&mut self, stored: &Stored<Subscription>) {
        match self {
            Self::Few(few) => {
                let rank = Rank::of(stored);
                let at = few.partition_point(|other| Rank::of(other) < rank);
                few.insert(at, stored.clone());
                if few.len() > FEW {
                    let few = std::mem::take(few);
                    *self = Self::indexed(few.iter());
                }
            }
            Self::Many { all, index } => add_to(all, index, stored),
        }
    }

    fn remove(&mut self, stored: &Stored<Subscription>) {
        let rank = Rank::of(stored);
        match self {
            Self::Few(few) => few.retain(|other| Rank::of(other) != rank),
            Self::Many { all, index } => {
                all.remove(&rank);
                index.remove(&rank);
                if all.len() <= FEW {
                    *self = Self::Few(all.values().cloned().collect());
                }
            }
        }
    }

    fn indexed<'s>(subscriptions: impl Iterator<Item = &'s Stored<Subscription>>) -> Self {
        let (mut all, mut index) = (OrdMap::new(), FilterIndex::default());
        for stored in subscriptions {
            add_to(&mut all, &mut index, stored);
        }
        Self::Many { all, index }
    }
}

fn add_to(
    all: &mut OrdMap<Rank, Stored<Subscription>>,
    index: &mut FilterIndex<Rank>,
    stored: &Stored<Subscription>,
) {
    let filters = stored.resource.filters.as_ref();
    if let Some(Ok(filters)) = filters.map(|filters| filters.compiled()) {
        let rank = Rank::of(stored);
        index.insert(rank.clone(), Arc::clone(filters));
        all.insert(rank, stored.clone());
    }
}

fn bytes(stored: &Stored<Subscription>) -> usize {
    let filters = stored.resource.filters.as_ref();
    filters.map_or(0, |filters| filters.text().len())
}

fn passes(stored: &Stored<Subscription>, event: &dyn Subject, max_steps: usize) -> bool {
    let filters = stored.resource.filters.as_ref();
    filters.is_some_and(|filters| filters.matches(event, max_steps))
}

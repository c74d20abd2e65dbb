//! Whom an event reaches.

use std::sync::Arc;

use crate::configuration::Stored;
use crate::resource::Subscription;

/// The subscriptions an event reaches. Small: it is made for each event, and several times for the gateway's own, and most
/// spaces have none of what takes more.
#[derive(Debug, Clone, Default)]
pub struct Routes<'a> {
    /// The one whose function answers the caller.
    pub sync: Option<&'a Arc<Subscription>>,
    /// Those that get the event through the queue.
    pub asynchronous: Subscribers<'a>,
    /// Of these, the one whose path has parameters.
    pub(super) named_by: Option<&'a Arc<Subscription>>,
    /// Those that answer where the one before has filters that do not let the event pass. None where nobody subscribes to
    /// patterns of types.
    pub(super) next_sync: Vec<&'a Arc<Subscription>>,
}

/// Async subscriptions that an event reaches.
#[derive(Debug, Clone, Default)]
pub struct Subscribers<'a> {
    /// In the order of creation.
    first: &'a [Stored<Subscription>],
    /// `None` as long as all stand on one path.
    more: Option<Box<Elsewhere<'a>>>,
}

/// Subscriptions of other spaces, on other paths.
#[derive(Debug, Clone, Default)]
struct Elsewhere<'a>(Vec<&'a Stored<Subscription>>);

impl<'a> Routes<'a> {
    /// The sync subscriptions in the order in which they are tried.
    pub(super) fn all_sync(&self) -> impl Iterator<Item = &'a Arc<Subscription>> {
        self.sync.into_iter().chain(self.next_sync.iter().copied())
    }

    /// Adds what is found by a pattern of the event type, after what is found by one that says more.
    pub(super) fn add_pattern(&mut self, found: &Routes<'a>, is_to: impl Fn(&Subscription) -> bool) {
        let sync = found.sync.filter(|subscription| is_to(subscription));
        if self.sync.is_some() {
            self.next_sync.extend(sync);
        } else if sync.is_some() {
            self.sync = sync;
        }
        let asynchronous = found.asynchronous.iter();
        let asynchronous = asynchronous.filter(|stored| is_to(&stored.resource));
        let was_empty = self.asynchronous.is_empty();
        self.asynchronous.extend(asynchronous);
        if was_empty && !self.asynchronous.is_empty() && self.named_by.is_none() {
            self.named_by = found.named_by;
        }
    }

    /// Whether anybody on the way subscribes to that very type, and not to a pattern of types.
    pub fn is_to_type(&self, event_type: &str) -> bool {
        let is_to = |subscription: &Subscription| subscription.event_type.as_str() == event_type;
        self.sync.is_some_and(|subscription| is_to(subscription))
            || self.asynchronous.iter().any(|stored| is_to(&stored.resource))
    }

    /// Whether the event reaches nobody.
    pub fn is_empty(&self) -> bool {
        self.sync.is_none() && self.asynchronous.is_empty()
    }

    /// The path of the subscription that parameters are named by, if there is one: that of the sync subscription first.
    pub fn pattern(&self) -> Option<&'a str> {
        let names = self.sync.or(self.named_by)?;
        Some(&names.path)
    }
}

impl<'a> Subscribers<'a> {
    /// All of them: those of one path in the order of creation.
    pub fn iter(&self) -> impl Iterator<Item = &'a Stored<Subscription>> {
        self.first.iter().chain(self.elsewhere().iter().copied())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.first.len() + self.elsewhere().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.first.is_empty() && self.more.is_none()
    }

    fn elsewhere(&self) -> &[&'a Stored<Subscription>] {
        self.more.as_ref().map_or(&[], |more| &more.0)
    }

    /// Adds those of other paths, if there are any.
    fn extend(&mut self, others: impl IntoIterator<Item = &'a Stored<Subscription>>) {
        let mut others = others.into_iter().peekable();
        if others.peek().is_some() {
            self.more.get_or_insert_default().0.extend(others);
        }
    }

    /// These.
    pub fn of(all: Vec<&'a Stored<Subscription>>) -> Self {
        let mut these = Self::default();
        these.extend(all);
        these
    }

    /// Those of one path.
    pub(super) fn on_one_path(first: &'a [Stored<Subscription>]) -> Self {
        Self { first, more: None }
    }

    /// Adds those of one path, and some others.
    pub(super) fn add(&mut self, group: &'a [Stored<Subscription>], others: Vec<&'a Stored<Subscription>>) {
        if self.is_empty() {
            self.first = group;
        } else {
            self.extend(group);
        }
        self.extend(others);
    }

    /// Adds those of spaces that have none here yet.
    pub(super) fn add_other_spaces(&mut self, others: &Subscribers<'a>) {
        if self.is_empty() {
            *self = others.clone();
            return;
        }
        let known: std::collections::BTreeSet<_> = self.iter().map(|stored| &stored.resource.space).collect();
        let new: Vec<_> = others
            .iter()
            .filter(|stored| !known.contains(&stored.resource.space))
            .collect();
        self.extend(new);
    }
}

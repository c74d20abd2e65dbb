//! The hooks that events meet, ready to be asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use filters::Filters;

use crate::event::{Event, FilterSubject};
use crate::ids::{EventTypeName, Space, SubscriptionId};
use crate::persistent_map::PersistentMap;
use crate::resource::{Hook, HookPoint, compile_when, hooks_at};

/// A hook, and which events it is asked about.
#[derive(Debug, Clone, PartialEq)]
pub struct RoutedHook {
    /// The hook.
    pub hook: Hook,
    /// `None` where it is asked about all: also where its filter, which was good once, cannot be compiled any more. Nothing
    /// may pass a guard because nobody can read what it guards.
    when: Option<Filters>,
}

impl RoutedHook {
    fn new(hook: &Hook) -> Self {
        let when = hook.when.as_ref();
        Self {
            hook: hook.clone(),
            when: when.and_then(|when| compile_when(when.get()).ok()),
        }
    }

    /// Whether only some events are its own, which may have to be read to tell.
    pub fn has_filter(&self) -> bool {
        self.when.is_some()
    }

    /// Whether it is asked about an event. Its filter may take so many steps ([`filters::FilterLimits::max_steps`]); what
    /// needs more is none that the hook can be left out for.
    pub fn is_for(&self, event: &Event, max_steps: usize) -> bool {
        let Some(when) = &self.when else { return true };
        when.may_match(&FilterSubject::of(event), max_steps)
    }
}

type Chain = Arc<[RoutedHook]>;

/// The hooks of all spaces, by those whose they are. Only those are there that have some.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Hooks {
    spaces: PersistentMap<Space, Chain>,
    event_types: PersistentMap<Space, PersistentMap<EventTypeName, Chain>>,
    subscriptions: PersistentMap<Space, PersistentMap<SubscriptionId, Chain>>,
    /// How many there are at each point; points without any are not there.
    counts: BTreeMap<&'static str, usize>,
}

/// Whose hooks are changed.
pub(super) enum HooksOf<'a> {
    Space,
    EventType(&'a EventTypeName),
    Subscription(&'a SubscriptionId),
}

impl Hooks {
    /// Puts hooks in the place of others.
    pub(super) fn replace(&mut self, space: &Space, of: &HooksOf<'_>, before: &[Hook], after: &[Hook]) {
        // What nearly all changes are.
        if before.is_empty() && after.is_empty() {
            return;
        }
        for point in HookPoint::ALL {
            let count = self.counts.entry(point.as_str()).or_default();
            *count = (*count + hooks_at(after, point)).saturating_sub(hooks_at(before, point));
        }
        self.counts.retain(|_, count| *count > 0);
        let chain: Option<Chain> = (!after.is_empty()).then(|| after.iter().map(RoutedHook::new).collect());
        match of {
            HooksOf::Space => set(&mut self.spaces, space, chain),
            HooksOf::EventType(name) => set_in(&mut self.event_types, space, *name, chain),
            HooksOf::Subscription(id) => set_in(&mut self.subscriptions, space, *id, chain),
        }
    }

    /// Whether there are any at a point.
    pub(super) fn has(&self, point: HookPoint) -> bool {
        !self.counts.is_empty() && self.counts.contains_key(point.as_str())
    }

    /// Those that an event of a type meets at a point, in their order.
    pub(super) fn at<'t>(
        &'t self,
        point: HookPoint,
        space: &Space,
        event_type: &str,
        subscription: Option<&SubscriptionId>,
    ) -> impl Iterator<Item = &'t RoutedHook> + use<'t> {
        let of_type = self.event_types.get(space).and_then(|own| own.get(event_type));
        let before = chains_at(point, [self.spaces.get(space), of_type]);
        let own = subscription.map(|id| self.of_subscription(point, space, id));
        before.chain(own.into_iter().flatten())
    }

    /// Whether any subscription has some.
    pub(super) fn has_any_of_subscriptions(&self) -> bool {
        !self.subscriptions.is_empty()
    }

    /// Those that a subscription has of its own.
    pub(super) fn of_subscription<'t>(
        &'t self,
        point: HookPoint,
        space: &Space,
        subscription: &SubscriptionId,
    ) -> impl Iterator<Item = &'t RoutedHook> + use<'t> {
        let own = self
            .subscriptions
            .get(space)
            .and_then(|own| own.get(subscription));
        chains_at(point, [own])
    }
}

fn chains_at<const N: usize>(
    point: HookPoint,
    chains: [Option<&Chain>; N],
) -> impl Iterator<Item = &RoutedHook> {
    let hooks = chains.into_iter().flatten().flat_map(|chain| chain.iter());
    hooks.filter(move |routed| routed.hook.point == point)
}

fn set<K: Clone + Eq + std::hash::Hash>(map: &mut PersistentMap<K, Chain>, key: &K, chain: Option<Chain>) {
    match chain {
        Some(chain) => drop(map.insert(key.clone(), chain)),
        None => drop(map.remove(key)),
    }
}

fn set_in<K: Clone + Eq + std::hash::Hash>(
    spaces: &mut PersistentMap<Space, PersistentMap<K, Chain>>,
    space: &Space,
    key: &K,
    chain: Option<Chain>,
) {
    let map = spaces.entry(space.clone()).or_default();
    set(map, key, chain);
    if map.is_empty() {
        spaces.remove(space);
    }
}

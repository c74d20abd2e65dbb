//! How many hooks the resources of a space have, so that one that is to be stored is held against all others by a few lookups,
//! and a document of many costs no more than one of each.

use imbl::OrdSet;

use crate::ids::{EventTypeName, FunctionId};
use crate::persistent_map::PersistentMap;
use crate::resource::{EventType, Hook, HookPoint, MAX_HOOKS, SpaceSettings, Subscription, hooks_at};
use crate::type_pattern::{MAX_TYPE_PATTERN_BYTES, TypePattern};

/// Hooks at each point, in the order of [`HookPoint::ALL`].
pub(super) type Counts = [usize; HookPoint::ALL.len()];

/// The hooks of a space. Only what has any is kept.
#[derive(Debug, Clone, Default)]
pub(super) struct HookChains {
    /// The event types, by point and by how many they have there.
    types: OrdSet<(usize, usize, EventTypeName)>,
    /// What is subscribed to, type or pattern: how many subscriptions to it have how many at each point.
    subscribed: PersistentMap<EventTypeName, [[u32; MAX_HOOKS + 1]; HookPoint::ALL.len()]>,
    /// How often each function is a hook.
    functions: PersistentMap<FunctionId, usize>,
}

impl HookChains {
    /// The most that a subscription to events of a type has at each point.
    pub(super) fn most_of_subscriptions(&self, event_type: &str) -> Counts {
        if self.subscribed.is_empty() {
            return Counts::default();
        }
        let found = names_for(event_type).filter_map(|name| self.subscribed.get(name.as_str()));
        found.fold(Counts::default(), |longest, known| {
            let largest = known.map(|counts| counts.iter().rposition(|some| *some > 0).unwrap_or_default());
            most(longest, largest)
        })
    }

    /// The most that an event type has at each point which a subscription, to a type or a pattern, stands for.
    pub(super) fn most_of_types(&self, subscribed: &str) -> Counts {
        if self.types.is_empty() {
            return Counts::default();
        }
        let mut longest = Counts::default();
        for (point, longest) in longest.iter_mut().enumerate() {
            let mut counts = (1..=MAX_HOOKS).rev();
            *longest = counts
                .find(|count| self.has_type(point, *count, subscribed))
                .unwrap_or_default();
        }
        longest
    }

    /// Whether a type that a subscription stands for has so many at a point: a look at where it would stand.
    fn has_type(&self, point: usize, count: usize, subscribed: &str) -> bool {
        let first_from = |name: &str| {
            let from = (point, count, EventTypeName::from(name));
            let next = self.types.range(from..).next();
            next.filter(|found| (found.0, found.1) == (point, count))
                .map(|found| found.2.as_str())
        };
        match TypePattern::of(subscribed) {
            None => first_from(subscribed) == Some(subscribed),
            Some(TypePattern::Prefix(prefix)) => {
                first_from(prefix).is_some_and(|found| found.starts_with(prefix))
            }
            // The gateway's own stand side by side: others are before or behind them.
            Some(TypePattern::Any) => ["", BEHIND_SYSTEM]
                .into_iter()
                .filter_map(first_from)
                .any(|found| TypePattern::Any.matches(found)),
        }
    }

    /// Whether a function is a hook.
    pub(super) fn has(&self, function: &FunctionId) -> bool {
        self.functions.contains_key(function)
    }

    /// Follows a change of the settings of the space.
    pub(super) fn change_settings(&mut self, before: Option<&SpaceSettings>, after: Option<&SpaceSettings>) {
        let hooks = [before, after].map(|one| one.map_or(&[][..], |one| one.hooks.as_slice()));
        self.change_functions(hooks);
    }

    /// Follows a change of an event type.
    pub(super) fn change_type(&mut self, before: Option<&EventType>, after: Option<&EventType>) {
        let hooks = [before, after].map(|one| one.map_or(&[][..], |one| one.hooks.as_slice()));
        if hooks.iter().all(|hooks| hooks.is_empty()) {
            return;
        }
        if let Some(gone) = before {
            for entry in entries(gone) {
                self.types.remove(&entry);
            }
        }
        if let Some(new) = after {
            self.types.extend(entries(new));
        }
        self.change_functions(hooks);
    }

    /// Follows a change of a subscription.
    pub(super) fn change_subscription(
        &mut self,
        before: Option<&Subscription>,
        after: Option<&Subscription>,
    ) {
        let hooks = [before, after].map(|one| one.map_or(&[][..], |one| one.hooks.as_slice()));
        let gone = before.filter(|gone| !gone.hooks.is_empty());
        if let Some(gone) = gone
            && let Some(known) = self.subscribed.get_mut(&gone.event_type)
        {
            for (some, count) in known.iter_mut().zip(counts(&gone.hooks)) {
                some[count.min(MAX_HOOKS)] = some[count.min(MAX_HOOKS)].saturating_sub(1);
            }
            if known.iter().flatten().all(|some| *some == 0) {
                self.subscribed.remove(&gone.event_type);
            }
        }
        if let Some(new) = after.filter(|new| !new.hooks.is_empty()) {
            let known = self.subscribed.entry(new.event_type.clone()).or_default();
            for (some, count) in known.iter_mut().zip(counts(&new.hooks)) {
                some[count.min(MAX_HOOKS)] += 1;
            }
        }
        self.change_functions(hooks);
    }

    fn change_functions(&mut self, [before, after]: [&[Hook]; 2]) {
        for hook in before {
            match self.functions.get_mut(&hook.function_id) {
                Some(uses) if *uses > 1 => *uses -= 1,
                _ => {
                    self.functions.remove(&hook.function_id);
                }
            }
        }
        for hook in after {
            *self.functions.entry(hook.function_id.clone()).or_default() += 1;
        }
    }
}

/// What stands right behind all names of the gateway's own event types.
const BEHIND_SYSTEM: &str = "eventgateway/";

/// What an event type stands in the index as.
fn entries(event_type: &EventType) -> impl Iterator<Item = (usize, usize, EventTypeName)> {
    let counts = counts(&event_type.hooks).into_iter().enumerate();
    let some = counts.filter(|(_, count)| *count > 0);
    some.map(|(point, count)| (point, count.min(MAX_HOOKS), event_type.name.clone()))
}

/// What may be subscribed to for events of a type: itself, and patterns of no more than so many bytes.
fn names_for(event_type: &str) -> impl Iterator<Item = String> {
    let dots = event_type.char_indices().filter(|(_, c)| *c == '.');
    let dots = dots.take_while(|(at, _)| *at + 2 <= MAX_TYPE_PATTERN_BYTES);
    let prefixes = dots.map(|(at, _)| format!("{}.*", &event_type[..at]));
    let any = TypePattern::Any.matches(event_type).then(|| "*".to_owned());
    prefixes.chain(any).chain([event_type.to_owned()])
}

/// How many of some hooks are at each point.
pub(super) fn counts(hooks: &[Hook]) -> Counts {
    HookPoint::ALL.map(|point| hooks_at(hooks, point))
}

/// The larger number at each point.
pub(super) fn most(a: Counts, b: Counts) -> Counts {
    std::array::from_fn(|at| a[at].max(b[at]))
}

#[cfg(test)]
mod tests;

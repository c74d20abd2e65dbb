//! Subscriptions to event types by pattern (`order.*`, `*`): a lookup tries the lengths of prefixes that there are, at the
//! dots of the type, and no others.

use imbl::OrdMap;

use super::event_routes::EventRoutes;
use crate::configuration::Stored;
use crate::ids::EventTypeName;
use crate::persistent_map::PersistentMap;
use crate::resource::{PathMode, Subscription};
use crate::type_pattern::TypePattern;

/// The subscriptions to event types by pattern.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct TypePatterns {
    any: EventRoutes,
    /// By the prefix, which ends in a dot.
    prefixes: PersistentMap<EventTypeName, EventRoutes>,
    /// How many prefixes there are of each length.
    lengths: OrdMap<usize, usize>,
}

impl TypePatterns {
    /// Those to patterns that stand for a type: the longest prefix first.
    pub(super) fn of<'p, 'e>(
        &'p self,
        event_type: &'e str,
    ) -> impl Iterator<Item = &'p EventRoutes> + use<'p, 'e> {
        let lengths = self.lengths.range(..=event_type.len()).rev();
        let prefixes = lengths.filter_map(move |(length, _)| {
            let prefix = event_type.get(..*length).filter(|prefix| prefix.ends_with('.'))?;
            self.prefixes.get(prefix)
        });
        let any = Some(&self.any).filter(|_| TypePattern::Any.matches(event_type));
        prefixes.chain(any)
    }

    /// Those to the very pattern.
    pub(super) fn get(&self, pattern: TypePattern<'_>) -> Option<&EventRoutes> {
        match pattern {
            TypePattern::Any => Some(&self.any),
            TypePattern::Prefix(prefix) => self.prefixes.get(prefix),
        }
    }

    pub(super) fn subscribe(
        &mut self,
        pattern: TypePattern<'_>,
        stored: &Stored<Subscription>,
        mode: PathMode,
    ) {
        match pattern {
            TypePattern::Any => self.any.subscribe(stored, mode),
            TypePattern::Prefix(prefix) => {
                if !self.prefixes.contains_key(prefix) {
                    *self.lengths.entry(prefix.len()).or_default() += 1;
                }
                let routes = self.prefixes.entry(prefix.into()).or_default();
                routes.subscribe(stored, mode);
            }
        }
    }

    pub(super) fn unsubscribe(
        &mut self,
        pattern: TypePattern<'_>,
        subscription: &Subscription,
        mode: PathMode,
    ) {
        let TypePattern::Prefix(prefix) = pattern else {
            self.any.unsubscribe(subscription, mode);
            return;
        };
        let Some(routes) = self.prefixes.get_mut(prefix) else {
            return;
        };
        routes.unsubscribe(subscription, mode);
        if routes.is_empty() {
            self.prefixes.remove(prefix);
            let left = self.lengths.get(&prefix.len()).map_or(0, |count| count - 1);
            if left == 0 {
                self.lengths.remove(&prefix.len());
            } else {
                self.lengths.insert(prefix.len(), left);
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.any.is_empty() && self.prefixes.is_empty()
    }
}

//! What hooks must keep: their functions exist and answer, stay as long as they are named, and no event meets too many.

use std::collections::HashMap;

use super::hook_chains::{Counts, counts, most};
use super::{ConfigurationError, Configured, Snapshot, SpaceRules};
use crate::ids::{EventTypeName, FunctionId};
use crate::resource::{
    EventType, Function, Hook, HookPoint, InvalidCause, InvalidResource, MAX_HOOKS, Provider, SpaceSettings,
    Subscription, check_whens,
};
use crate::type_pattern::TypePattern;

impl EventType {
    /// Whether its hooks are in order beside those of the space and of the subscriptions to it.
    pub(super) fn check_hooks(
        &self,
        stored: Option<&Self>,
        snapshot: &Snapshot,
        rules: &SpaceRules,
    ) -> Result<(), ConfigurationError> {
        if self.hooks.is_empty() {
            return Ok(());
        }
        filters_fit::<Self>(&self.hooks, stored.map(|stored| &*stored.hooks), rules)?;
        functions_fit(&self.hooks, snapshot)?;
        let before = sum(of_space(snapshot), counts(&self.hooks));
        let own = snapshot.hook_chains.most_of_subscriptions(self.name.as_str());
        check_length(sum(before, own))
    }
}

impl Subscription {
    /// Whether its hooks are in order beside those of the space and of its event type.
    pub(super) fn check_hooks(
        &self,
        stored: Option<&Self>,
        snapshot: &Snapshot,
        rules: &SpaceRules,
    ) -> Result<(), ConfigurationError> {
        if self.hooks.is_empty() {
            return Ok(());
        }
        filters_fit::<Self>(&self.hooks, stored.map(|stored| &*stored.hooks), rules)?;
        functions_fit(&self.hooks, snapshot)?;
        let of_type = snapshot.hook_chains.most_of_types(self.event_type.as_str());
        check_length(sum(sum(of_space(snapshot), of_type), counts(&self.hooks)))
    }
}

impl SpaceSettings {
    /// Whether its hooks are in order beside all others of the space.
    pub(super) fn check_hooks(
        &self,
        stored: Option<&Self>,
        snapshot: &Snapshot,
        rules: &SpaceRules,
    ) -> Result<(), ConfigurationError> {
        if self.hooks.is_empty() {
            return Ok(());
        }
        filters_fit::<Self>(&self.hooks, stored.map(|stored| &*stored.hooks), rules)?;
        functions_fit(&self.hooks, snapshot)?;
        // Whoever subscribes to a pattern may meet the hooks of any type: few do, so each counts for all of them.
        let (mut by_type, mut of_patterns): (HashMap<&EventTypeName, Counts>, _) = Default::default();
        for stored in snapshot.subscriptions.values() {
            let Subscription {
                event_type, hooks, ..
            } = &*stored.resource;
            if TypePattern::of(event_type.as_str()).is_some() {
                of_patterns = most(of_patterns, counts(hooks));
            } else if !hooks.is_empty() {
                let known = by_type.entry(event_type).or_default();
                *known = most(*known, counts(hooks));
            }
        }
        let mut longest = by_type.values().copied().fold(of_patterns, most);
        for stored in snapshot.event_types.values() {
            let EventType { name, hooks, .. } = &*stored.resource;
            if !hooks.is_empty() {
                let own = by_type.get(name).copied().unwrap_or_default();
                longest = most(longest, sum(counts(hooks), most(own, of_patterns)));
            }
        }
        check_length(sum(counts(&self.hooks), longest))
    }
}

impl Function {
    /// Refuses to become what no hook can be while it is one.
    pub(super) fn stays_a_hook(&self, stored: &Self, snapshot: &Snapshot) -> Result<(), ConfigurationError> {
        // What was none before needs not be looked for.
        let may_have_been = can_be_hook(&stored.provider);
        let is_one = || snapshot.hook_chains.has(&self.function_id);
        if can_be_hook(&self.provider) || !may_have_been || !is_one() {
            return Ok(());
        }
        Err(ConfigurationError::NotAHook {
            function: self.function_id.clone(),
        })
    }
}

/// Refuses hooks with filters that are larger than is taken. What is stored may stay.
fn filters_fit<R: Configured>(
    hooks: &[Hook],
    stored: Option<&[Hook]>,
    rules: &SpaceRules,
) -> Result<(), ConfigurationError> {
    let checked = check_whens(hooks, stored.unwrap_or_default(), &rules.filters);
    checked.map_err(|error| {
        ConfigurationError::Invalid(InvalidResource {
            kind: R::KIND,
            cause: InvalidCause::Hooks(error),
        })
    })
}

/// Refuses to delete a function that somebody has as a hook.
pub(super) fn is_no_hook(id: &FunctionId, snapshot: &Snapshot) -> Result<(), ConfigurationError> {
    match user_of(id, snapshot) {
        Some(user) => Err(ConfigurationError::FunctionIsHook {
            function: id.clone(),
            user,
        }),
        None => Ok(()),
    }
}

/// Who has a function as a hook, in words.
fn user_of(id: &FunctionId, snapshot: &Snapshot) -> Option<String> {
    if !snapshot.hook_chains.has(id) {
        return None;
    }
    let has = |hooks: &[Hook]| hooks.iter().any(|hook| hook.function_id == *id);
    if let Some(settings) = snapshot.settings().filter(|settings| has(&settings.hooks)) {
        return Some(format!("space {}", settings.space));
    }
    let mut event_types = snapshot.event_types.values().map(|stored| &stored.resource);
    if let Some(event_type) = event_types.find(|event_type| has(&event_type.hooks)) {
        return Some(format!("event type {}", event_type.name));
    }
    let mut subscriptions = snapshot.subscriptions.values().map(|stored| &stored.resource);
    let subscription = subscriptions.find(|subscription| has(&subscription.hooks))?;
    Some(format!("subscription {}", subscription.subscription_id))
}

fn functions_fit(hooks: &[Hook], snapshot: &Snapshot) -> Result<(), ConfigurationError> {
    for Hook { function_id, .. } in hooks {
        let function = function_id.clone();
        match snapshot.functions.get(function_id) {
            None => return Err(ConfigurationError::MissingHook { function }),
            Some(stored) if !can_be_hook(&stored.resource.provider) => {
                return Err(ConfigurationError::NotAHook { function });
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Whether a function is called with what it is told, and answers with what it says.
fn can_be_hook(provider: &Provider) -> bool {
    let answers = !provider.is_connector() && !provider.only_authorizes();
    answers && !provider.passes_requests_on() && !matches!(provider, Provider::Weighted(_))
}

fn of_space(snapshot: &Snapshot) -> Counts {
    snapshot
        .settings()
        .map(|settings| counts(&settings.hooks))
        .unwrap_or_default()
}

fn sum(a: Counts, b: Counts) -> Counts {
    std::array::from_fn(|at| a[at] + b[at])
}

fn check_length(chain: Counts) -> Result<(), ConfigurationError> {
    for (point, count) in HookPoint::ALL.into_iter().zip(chain) {
        if count > MAX_HOOKS {
            return Err(ConfigurationError::TooManyHooks { point, count });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;

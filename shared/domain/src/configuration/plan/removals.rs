//! What a plan takes away: what the document does not have, where that is wanted. What refers to others goes before them. Who
//! is still in use is known from one look at the space, so that many removals cost no more than one each.

use std::collections::HashSet;

use super::super::{Configured, Snapshot};
use super::ownership::is_prunable;
use super::planner::Planner;
use crate::ids::{EventTypeName, FunctionId};
use crate::resource::{EventType, Function, Hook, Provider, SpaceSettings};

impl Planner<'_> {
    /// Takes away what the document does not have of a kind that nothing refers to.
    pub(super) fn remove_others<R: Configured>(&mut self, kept: &HashSet<R::Id>)
    where
        R::Id: std::hash::Hash,
    {
        for id in self.others::<R>(kept) {
            self.remove::<R>(&id);
        }
    }

    /// The ids of what is to go.
    fn others<R: Configured>(&self, kept: &HashSet<R::Id>) -> Vec<R::Id>
    where
        R::Id: std::hash::Hash,
    {
        if !self.options.prune {
            return Vec::new();
        }
        let all = R::collection(&self.now).iter();
        all.filter(|(id, stored)| !kept.contains(*id) && is_prunable(&*stored.resource, self.options))
            .map(|(id, _)| id.clone())
            .collect()
    }

    pub(super) fn remove<R: Configured>(&mut self, id: &R::Id) {
        self.steps.make_room::<R>(&self.now, 1, None);
        self.now.remove::<R>(id);
    }

    /// Takes away the settings of the space.
    pub(super) fn remove_settings(&mut self) {
        let Some(settings) = self.now.settings().cloned() else {
            return;
        };
        if !is_prunable(&settings, self.options) {
            return;
        }
        if settings.tenant.is_some() || (self.options.keeps_plan && settings.plan.is_some()) {
            self.reset_settings(&settings);
            return;
        }
        match SpaceSettings::check_delete(&settings.space, &self.now, self.rules) {
            Ok(()) => self.remove::<SpaceSettings>(&settings.space),
            Err(error) => self.refuse::<SpaceSettings>(None, &settings.space, error),
        }
    }

    /// Takes away all that settings say but whose the space is, and the plan.
    fn reset_settings(&mut self, settings: &SpaceSettings) {
        let reset = SpaceSettings {
            tenant: settings.tenant.clone(),
            plan: settings.plan.clone(),
            ..SpaceSettings::unset(&settings.space)
        };
        let Some(created) = self
            .now
            .settings
            .get(&settings.space)
            .map(|stored| stored.created)
        else {
            return;
        };
        match reset.check_update(settings, &self.now, self.rules) {
            Ok(()) if reset == *settings => {}
            Ok(()) => self.insert(reset, created),
            Err(error) => self.refuse::<SpaceSettings>(None, &settings.space, error),
        }
    }

    /// Takes away event types.
    pub(super) fn remove_event_types(&mut self, kept: &HashSet<EventTypeName>) {
        let others = self.others::<EventType>(kept);
        if others.is_empty() {
            return;
        }
        let subscriptions = self.now.subscriptions.values();
        let used: HashSet<_> = subscriptions
            .map(|stored| stored.resource.event_type.clone())
            .collect();
        for name in others {
            self.remove_unused::<EventType>(&name, used.contains(&name));
        }
    }

    /// Takes away functions: those that name others first.
    pub(super) fn remove_functions(&mut self, kept: &HashSet<FunctionId>) {
        let others = self.others::<Function>(kept);
        if others.is_empty() {
            return;
        }
        for names_others in [true, false] {
            // What the weighted ones named is free once they are gone.
            let used = used_functions(&self.now);
            for id in &others {
                let stored = self.now.functions.get(id);
                let is_weighted =
                    stored.is_some_and(|stored| matches!(stored.resource.provider, Provider::Weighted(_)));
                if stored.is_some() && is_weighted == names_others {
                    self.remove_unused::<Function>(id, used.contains(id));
                }
            }
        }
    }

    /// Of what nothing refers to the rules have nothing to say. What is used may be so by what has gone since, and is looked
    /// at.
    fn remove_unused<R: Configured>(&mut self, id: &R::Id, may_be_used: bool) {
        if self.is_given_up() {
            return;
        }
        let checked = if may_be_used {
            R::check_delete(id, &self.now, self.rules)
        } else {
            Ok(())
        };
        match checked {
            Ok(()) => self.remove::<R>(id),
            Err(error) => self.refuse::<R>(None, id, error),
        }
    }
}

/// The functions that anything in a space refers to.
fn used_functions(snapshot: &Snapshot) -> HashSet<FunctionId> {
    let mut used = HashSet::new();
    let add_hooks = |hooks: &[Hook], used: &mut HashSet<FunctionId>| {
        used.extend(hooks.iter().map(|hook| hook.function_id.clone()));
    };
    if let Some(settings) = snapshot.settings() {
        add_hooks(&settings.hooks, &mut used);
    }
    for stored in snapshot.event_types.values() {
        used.extend(stored.resource.authorizer_id.clone());
        add_hooks(&stored.resource.hooks, &mut used);
    }
    for stored in snapshot.subscriptions.values() {
        used.insert(stored.resource.function_id.clone());
        used.extend(stored.resource.authorizer_id.clone());
        add_hooks(&stored.resource.hooks, &mut used);
    }
    for stored in snapshot.functions.values() {
        used.extend(stored.resource.provider.variants().cloned());
    }
    used
}

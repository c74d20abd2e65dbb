//! Renames of functions: all that refers to one follows it. First the function is there under both ids, then what refers to
//! it goes over, and then the old id goes. So a rename changes nothing of what can be called, at no step of it, and the rules
//! that held before hold after it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::super::{ConfigurationError, Configured, Stored};
use super::ownership::check_owner;
use super::planner::Planner;
use super::wanted::Wanted;
use crate::ids::FunctionId;
use crate::resource::{EventType, Function, Hook, Provider, SpaceSettings, Subscription};

/// New ids by old ones.
type Renames = HashMap<FunctionId, FunctionId>;

impl Planner<'_> {
    /// Renames the functions of a document that say so. One that has its new id already was renamed before.
    pub(super) fn rename(&mut self, all: &[Wanted<Function>], kept: &HashSet<FunctionId>) {
        let mut renames = Renames::new();
        for (at, wanted) in all.iter().enumerate() {
            let (Some(old), id) = (&wanted.from, &wanted.resource.function_id) else {
                continue;
            };
            let Some(stored) = self.now.functions.get(old).cloned() else {
                continue;
            };
            let is_taken = self.now.functions.contains_key(id);
            let is_renamed_twice = renames.contains_key(old);
            let reason = match () {
                () if kept.contains(old) => "the document has a function of the old id as well",
                () if is_taken => "there are functions of both ids",
                () if is_renamed_twice => "it is renamed twice",
                () => "",
            };
            if !reason.is_empty() {
                let (from, to) = (old.clone(), id.clone());
                self.refuse::<Function>(Some(at), id, ConfigurationError::NotMovable { from, to, reason });
                continue;
            }
            let owned = check_owner(&*stored.resource, Some(&wanted.resource), self.options);
            if let Err(error) = owned {
                self.refuse::<Function>(Some(at), id, error);
                continue;
            }
            let function = Function {
                function_id: id.clone(),
                ..Function::clone(&stored.resource)
            };
            self.insert(function, stored.created);
            renames.insert(old.clone(), id.clone());
        }
        if renames.is_empty() {
            return;
        }
        self.follow::<Function>(&renames, follow_function);
        self.follow::<SpaceSettings>(&renames, |settings, renames| {
            follow_hooks(&mut settings.hooks, renames);
        });
        self.follow::<EventType>(&renames, |event_type, renames| {
            follow_id(event_type.authorizer_id.as_mut(), renames);
            follow_hooks(&mut event_type.hooks, renames);
        });
        self.follow_subscriptions(&renames);
        for old in renames.keys() {
            self.remove::<Function>(old);
        }
        self.renamed_functions = renames.into_iter().map(|(old, new)| (new, old)).collect();
    }

    /// Has the resources of a kind refer to the new ids. What is gone after the rename needs not.
    fn follow<R: Configured>(&mut self, renames: &Renames, follow: impl Fn(&mut R, &Renames)) {
        for stored in R::collection(&self.now).clone().values() {
            let mut resource = R::clone(&stored.resource);
            follow(&mut resource, renames);
            if resource != *stored.resource && self.may_follow(stored) {
                self.insert(resource, stored.created);
            }
        }
    }

    /// An async subscription has the id of its function in its own, which follows.
    fn follow_subscriptions(&mut self, renames: &Renames) {
        for stored in self.now.subscriptions.clone().values() {
            let mut subscription = Subscription::clone(&stored.resource);
            follow_id(Some(&mut subscription.function_id), renames);
            follow_id(subscription.authorizer_id.as_mut(), renames);
            follow_hooks(&mut subscription.hooks, renames);
            if subscription == *stored.resource || !self.may_follow(stored) {
                continue;
            }
            let old_id = &stored.resource.subscription_id;
            if subscription.function_id != stored.resource.function_id {
                subscription.subscription_id = stored.resource.id_of_successor(&subscription);
            }
            let id = subscription.subscription_id.clone();
            self.steps.make_room(&self.now, 2, Some(&subscription));
            if id != *old_id {
                self.now.remove::<Subscription>(old_id);
                self.moved_subscriptions.insert(id, old_id.clone());
            }
            self.now.insert(Stored {
                resource: Arc::new(subscription),
                created: stored.created,
            });
        }
    }

    /// Whether a resource may be changed because a function that it refers to is.
    fn may_follow<R: Configured>(&mut self, stored: &Stored<R>) -> bool {
        match check_owner(&*stored.resource, None, self.options) {
            Ok(()) => true,
            Err(error) => {
                self.refuse::<R>(None, stored.resource.id(), error);
                false
            }
        }
    }
}

fn follow_function(function: &mut Function, renames: &Renames) {
    if let Provider::Weighted(weighted) = &mut function.provider {
        for entry in &mut weighted.weighted {
            follow_id(Some(&mut entry.function_id), renames);
        }
    }
}

fn follow_hooks(hooks: &mut [Hook], renames: &Renames) {
    for hook in hooks {
        follow_id(Some(&mut hook.function_id), renames);
    }
}

fn follow_id(id: Option<&mut FunctionId>, renames: &Renames) {
    if let Some(id) = id
        && let Some(new) = renames.get(id)
    {
        new.clone_into(id);
    }
}

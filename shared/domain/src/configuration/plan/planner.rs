//! The state that a plan has come to, and how resources of any kind get into it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::super::{ConfigurationError, Configured, Snapshot, SpaceRules, Stored};
use super::outcome::{MOST_ERRORS, Plan, PlanError};
use super::ownership::check_owner;
use super::steps::Steps;
use super::wanted::{PlanOptions, Wanted, WantedSpace};
use crate::ids::{FunctionId, SubscriptionId};
use crate::resource::{EventType, Function, Kind, Provider, Resource, SpaceSettings, Subscription};

/// What a plan has come to.
pub(super) struct Planner<'p> {
    pub(super) before: &'p Snapshot,
    pub(super) now: Snapshot,
    pub(super) options: &'p PlanOptions,
    pub(super) rules: &'p SpaceRules,
    pub(super) steps: Steps,
    pub(super) renamed_functions: HashMap<FunctionId, FunctionId>,
    pub(super) moved_subscriptions: HashMap<SubscriptionId, SubscriptionId>,
    next_created: u64,
    errors: Vec<PlanError>,
}

impl<'p> Planner<'p> {
    pub(super) fn new(before: &'p Snapshot, options: &'p PlanOptions, rules: &'p SpaceRules) -> Self {
        Self {
            before,
            now: before.clone(),
            options,
            rules,
            steps: Steps::new(options.step),
            renamed_functions: HashMap::new(),
            moved_subscriptions: HashMap::new(),
            next_created: options.next_created,
            errors: Vec::new(),
        }
    }

    pub(super) fn into_plan(self, subscription_ids: Vec<SubscriptionId>) -> Result<Plan, Vec<PlanError>> {
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        Ok(Plan {
            steps: self.steps.into_states(self.before, self.now),
            renamed_functions: self.renamed_functions,
            moved_subscriptions: self.moved_subscriptions,
            subscription_ids,
        })
    }

    /// Whether so much is wrong that nothing else is looked at.
    pub(super) fn is_given_up(&self) -> bool {
        self.errors.len() >= MOST_ERRORS
    }

    pub(super) fn refuse<R: Resource>(&mut self, at: Option<usize>, id: &R::Id, error: ConfigurationError) {
        if !self.is_given_up() {
            self.errors.push(PlanError {
                kind: R::KIND,
                at,
                id: id.to_string(),
                error,
            });
        }
    }

    pub(super) fn note<R: Resource>(
        &mut self,
        at: usize,
        id: &R::Id,
        result: Result<(), ConfigurationError>,
    ) {
        if let Err(error) = result {
            self.refuse::<R>(Some(at), id, error);
        }
    }

    /// The document with the ids that its subscriptions get, without what it has twice.
    pub(super) fn identified(&mut self, mut wanted: WantedSpace) -> WantedSpace {
        for subscription in &mut wanted.subscriptions {
            Self::identify(subscription);
        }
        if self.options.keeps_plan
            && let Some(Wanted { resource, .. }) = &mut wanted.settings
            && resource.plan.is_none()
        {
            resource.plan = self.before.settings().and_then(|stored| stored.plan.clone());
        }
        if let Some(Wanted { resource, .. }) = &mut wanted.settings {
            // Whose the space is, is for no document to say.
            resource.tenant = self.before.settings().and_then(|stored| stored.tenant.clone());
        }
        self.refuse_repeated(&wanted.functions);
        self.refuse_repeated(&wanted.event_types);
        self.refuse_repeated(&wanted.subscriptions);
        self.refuse_repeated(&wanted.cors);
        wanted
    }

    fn refuse_repeated<R: Configured>(&mut self, wanted: &[Wanted<R>]) {
        let mut seen = HashSet::with_capacity(wanted.len());
        for (at, wanted) in wanted.iter().enumerate() {
            let id = wanted.resource.id();
            if !seen.insert(id.as_ref()) {
                let repeated = ConfigurationError::Repeated {
                    kind: R::KIND,
                    id: id.to_string(),
                };
                self.refuse::<R>(Some(at), id, repeated);
            }
        }
    }

    /// The place in the order of creation of a resource that is new.
    pub(super) fn rank<R: Resource>(&mut self, given: Option<u64>) -> Result<u64, ConfigurationError> {
        let next = self.next_created;
        match given {
            Some(given) if given > next => Err(ConfigurationError::CreatedInFuture { kind: R::KIND }),
            Some(given) => {
                self.next_created = next.max(given.saturating_add(1));
                Ok(given)
            }
            None => {
                self.next_created += 1;
                Ok(next)
            }
        }
    }

    /// Makes it so, by rules that are checked already.
    pub(super) fn insert<R: Configured>(&mut self, resource: R, created: u64) {
        self.steps.make_room(&self.now, 1, Some(&resource));
        self.now.insert(Stored {
            resource: Arc::new(resource),
            created,
        });
    }

    /// Makes of a resource, or of there being none, what a document says.
    fn put<R: Configured>(&mut self, wanted: &Wanted<R>) -> Result<(), ConfigurationError> {
        match R::collection(&self.now).get(wanted.resource.id()).cloned() {
            Some(stored) => self.update(wanted, &stored),
            None => self.create(wanted),
        }
    }

    /// Replaces a resource, unless it is as it is wanted.
    pub(super) fn update<R: Configured>(
        &mut self,
        wanted: &Wanted<R>,
        stored: &Stored<R>,
    ) -> Result<(), ConfigurationError> {
        let mut resource = wanted.resource.clone();
        resource.keep_masked(Some(&stored.resource))?;
        check_owner(&*stored.resource, Some(&resource), self.options)?;
        let resource = resource.completed(Some(&stored.resource), self.before, self.rules);
        if says_the_same(&resource, &*stored.resource) {
            return Ok(());
        }
        self.rules.check_path(&resource)?;
        resource.check_update(&stored.resource, &self.now, self.rules)?;
        self.insert(resource, stored.created);
        Ok(())
    }

    /// Adds a resource that is not there.
    pub(super) fn create<R: Configured>(&mut self, wanted: &Wanted<R>) -> Result<(), ConfigurationError> {
        let mut resource = wanted.resource.clone();
        resource.keep_masked(None)?;
        // What comes with it in the same document makes no older space of a new one.
        let resource = resource.completed(None, self.before, self.rules);
        self.rules.check_path(&resource)?;
        resource.check_create(&self.now, self.rules)?;
        // Of others more may go than come.
        if R::KIND == Kind::Cors {
            self.rules.check_room::<R>(&self.now)?;
        }
        let created = self.rank::<R>(wanted.created)?;
        self.insert(resource, created);
        Ok(())
    }

    /// The same of each of them.
    pub(super) fn put_all<R: Configured>(&mut self, all: &[Wanted<R>]) {
        for (at, wanted) in all.iter().enumerate() {
            if self.is_given_up() {
                return;
            }
            let put = self.put(wanted);
            self.note::<R>(at, wanted.resource.id(), put);
        }
    }

    /// The same of functions, which may name each other in any order: first all new ones are there, those that others can
    /// name before those that name others, and then what is said of them is looked at.
    pub(super) fn put_functions(&mut self, all: &[Wanted<Function>]) {
        let new = self.new_functions(all);
        let is_new: HashSet<usize> = new.iter().map(|(at, _)| *at).collect();
        for names_others in [false, true] {
            for (_, function) in &new {
                if matches!(function.resource.provider, Provider::Weighted(_)) == names_others {
                    self.insert(Function::clone(&function.resource), function.created);
                }
            }
        }
        for (at, wanted) in all.iter().enumerate() {
            let id = &wanted.resource.function_id;
            if self.is_given_up() {
                return;
            }
            let put = if is_new.contains(&at) {
                wanted.resource.check_create(&self.now, self.rules)
            } else {
                self.put(wanted)
            };
            self.note::<Function>(at, id, put);
        }
    }

    /// The functions that are not there, with their places in the order of creation.
    fn new_functions(&mut self, all: &[Wanted<Function>]) -> Vec<(usize, Stored<Function>)> {
        let mut new = Vec::new();
        for (at, wanted) in all.iter().enumerate() {
            let id = &wanted.resource.function_id;
            if self.now.functions.contains_key(id) {
                continue;
            }
            let mut function = wanted.resource.clone();
            let kept = function.keep_masked(None).map_err(ConfigurationError::from);
            match kept.and_then(|()| self.rank::<Function>(wanted.created)) {
                Ok(created) => {
                    let resource = Arc::new(function);
                    new.push((at, Stored { resource, created }));
                }
                Err(error) => self.refuse::<Function>(Some(at), id, error),
            }
        }
        new
    }

    /// Makes the settings so. They may have to wait for what subscriptions stand in their way; whether they do is told where
    /// it is not the last try.
    pub(super) fn put_settings(&mut self, wanted: Option<&Wanted<SpaceSettings>>, is_last_try: bool) -> bool {
        let Some(wanted) = wanted else { return false };
        match self.put(wanted) {
            Ok(()) => false,
            Err(ConfigurationError::NotStrict { .. } | ConfigurationError::TooManyHooks { .. })
                if !is_last_try =>
            {
                true
            }
            Err(error) => {
                self.refuse::<SpaceSettings>(Some(0), &wanted.resource.space, error);
                false
            }
        }
    }
}

impl Planner<'_> {
    /// Refuses what a space would have too much of in the end: until then others may stand where new ones come.
    pub(super) fn check_quotas(&mut self) {
        self.check_growth::<Function>();
        self.check_growth::<EventType>();
        self.check_growth::<Subscription>();
        if let Err(error) = self.rules.check_bytes(self.before, &self.now) {
            self.refuse_all(Kind::Space, error);
        }
    }

    fn check_growth<R: Configured>(&mut self) {
        if let Err(error) = self.rules.check_growth::<R>(self.before, &self.now) {
            self.refuse_all(R::KIND, error);
        }
    }

    fn refuse_all(&mut self, kind: Kind, error: ConfigurationError) {
        if !self.is_given_up() {
            self.errors.push(PlanError {
                kind,
                at: None,
                id: String::new(),
                error,
            });
        }
    }
}

/// Whether two resources say the same, however their JSON is written.
fn says_the_same<R: Configured>(one: &R, other: &R) -> bool {
    one == other
        || matches!(
            (serde_json::to_value(one), serde_json::to_value(other)),
            (Ok(one), Ok(other)) if one == other
        )
}

//! A working copy of the state: what a batch of changes makes of it, before any of it is on disk.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use clocks::epoch_millis;
use domain::audit::{AuditTrail, Author, SealedRecord};
use domain::configuration::{
    AnyChange, Change, ConfigurationError, Configured, ResourceChange, Snapshot, SpaceRules,
};
use domain::ids::Space;
use domain::resource::{Kind, Subscription, SubscriptionType};

use super::EmbeddedSettings;
use super::state::EmbeddedState;
use crate::encryption::KeyFile;
use crate::error::StoreError;
use crate::record::Write;

/// A state that is not published, and what must be written so that it may be.
pub(super) struct Draft {
    /// The state with all accepted changes.
    pub(super) state: EmbeddedState,
    /// The accepted changes, in their order.
    pub(super) writes: Vec<Write>,
    /// What is recorded of them, in their order.
    pub(super) records: Vec<SealedRecord>,
    /// Whether a change panicked after something of it was taken over: nothing of this state may be used then.
    pub(super) is_torn: bool,
    /// What is to be recorded of the change that is being made, and in which space.
    trail: Option<(Space, AuditTrail)>,
    is_recording: bool,
    shadowed: Vec<Shadowed>,
    keys: Option<KeyFile>,
    rules: SpaceRules,
}

/// A subscription that gets no events because another space was first on its slot.
struct Shadowed {
    subscription: Arc<Subscription>,
    by: Arc<Subscription>,
}

impl Draft {
    pub(super) fn of(state: &EmbeddedState, settings: &EmbeddedSettings) -> Self {
        Self {
            state: state.clone(),
            writes: Vec::new(),
            records: Vec::new(),
            trail: None,
            is_recording: settings.audit.is_some(),
            is_torn: false,
            shadowed: Vec::new(),
            keys: settings.keys.clone(),
            rules: settings.rules,
        }
    }

    /// Makes a change on behalf of somebody, and records it. One that panics is an error of its own: the thread goes on, and so do the changes of others.
    pub(super) fn contained<T>(
        &mut self,
        author: &Author,
        change: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.trail = None;
        let before = self.writes.len();
        // Of what it may leave half done, the rules work on a copy, and the rest is seen to here.
        let made = catch_unwind(AssertUnwindSafe(|| {
            let made = change(self)?;
            self.record(author)?;
            Ok(made)
        }));
        made.unwrap_or_else(|_| {
            tracing::error!("A change of the configuration panicked.");
            self.is_torn |= self.writes.len() > before;
            Err(StoreError::Panicked)
        })
    }

    /// Records what the change that was made did, if it did anything.
    fn record(&mut self, author: &Author) -> Result<(), StoreError> {
        let Some((space, trail)) = self.trail.take() else {
            return Ok(());
        };
        let head = self.state.audit.get(&space);
        let version = head.map_or(0, |head| head.version);
        let sealed = trail.sealed(&space, author, (version, head), epoch_millis());
        // Nothing may be changed that is not recorded.
        let sealed = sealed.map_err(|err| {
            self.is_torn = true;
            StoreError::unavailable(err)
        })?;
        if let Some(newest) = sealed.last() {
            self.state.audit.insert(space, newest.head());
        }
        self.records.extend(sealed);
        Ok(())
    }

    fn note(&mut self, space: &Space, note: impl FnOnce(&mut AuditTrail)) {
        if self.is_recording {
            let (_, trail) = self
                .trail
                .get_or_insert_with(|| (space.clone(), AuditTrail::default()));
            note(trail);
        }
    }

    fn next_rank(&self) -> u64 {
        self.state.next_rank()
    }

    /// A new resource, the last one in the order of creation unless it was created before.
    pub(super) fn create<R: Configured>(
        &mut self,
        resource: R,
        created: Option<u64>,
    ) -> Result<Arc<R>, StoreError> {
        let (space, id) = (resource.space().clone(), resource.id().clone());
        let next = self.next_rank();
        let created = created.unwrap_or(next);
        if created > next {
            return Err(ConfigurationError::CreatedInFuture { kind: R::KIND }.into());
        }
        let rules = self.rules;
        let change = self.change::<R>(&space, |snapshot| snapshot.create(resource, created, &rules))?;
        self.state.next_created = self.state.next_created.max(created + 1);
        if let AnyChange::Subscription(change) = R::change(&change) {
            self.note_shadowing(change);
        }
        Ok(self.state.get(&space, &id)?)
    }

    pub(super) fn update<R: Configured>(&mut self, resource: R) -> Result<Arc<R>, StoreError> {
        let (space, id) = (resource.space().clone(), resource.id().clone());
        let rules = self.rules;
        self.change::<R>(&space, |snapshot| snapshot.update(resource, &rules))?;
        Ok(self.state.get(&space, &id)?)
    }

    /// Makes of a resource, or of there being none, what a revision says.
    pub(super) fn put<R: Configured>(
        &mut self,
        space: &Space,
        id: &R::Id,
        revise: impl FnOnce(Option<&R>) -> Result<R, ConfigurationError>,
    ) -> Result<Arc<R>, StoreError> {
        let stored = self.state.get::<R>(space, id).ok();
        let revised = revise(stored.as_deref())?;
        if stored.is_some() {
            self.update(revised)
        } else {
            self.create(revised, None)
        }
    }

    /// Puts what a revision makes of a resource in its place, under whatever id.
    pub(super) fn relocate<R: Configured>(
        &mut self,
        space: &Space,
        id: &R::Id,
        revise: impl FnOnce(&R) -> Result<R, ConfigurationError>,
    ) -> Result<Arc<R>, StoreError> {
        let revised = revise(&*self.state.get::<R>(space, id)?)?;
        let (new_id, created, rules) = (revised.id().clone(), self.next_rank(), self.rules);
        let change = self.change::<R>(space, |snapshot| snapshot.relocate(id, revised, created, &rules))?;
        self.state.next_created = created + 1;
        if new_id != *id
            && let AnyChange::Subscription(change) = R::change(&change)
        {
            self.note_shadowing(change);
        }
        Ok(self.state.get(space, &new_id)?)
    }

    /// Says whether the amendment made anything of the resource.
    pub(super) fn amend<R: Configured>(
        &mut self,
        space: &Space,
        id: &R::Id,
        amend: impl FnOnce(&R) -> Result<Option<R>, ConfigurationError>,
    ) -> Result<bool, StoreError> {
        let Some(amended) = amend(&*self.state.get::<R>(space, id)?)? else {
            return Ok(false);
        };
        self.update(amended)?;
        Ok(true)
    }

    pub(super) fn delete<R: Configured>(&mut self, space: &Space, id: &R::Id) -> Result<(), StoreError> {
        let rules = self.rules;
        self.change::<R>(space, |snapshot| snapshot.delete(id, &rules))?;
        Ok(())
    }

    /// Makes of a space in one state what is to be in it. Says whether it was in that state still: else nothing is changed.
    pub(super) fn replace(
        &mut self,
        space: &Space,
        before: &Snapshot,
        after: Snapshot,
    ) -> Result<bool, StoreError> {
        let now = self.state.spaces.get(space).cloned().unwrap_or_default();
        if !now.is_same(before) {
            return Ok(false);
        }
        let changes = now.changes_to(&after);
        let mut writes = Vec::with_capacity(changes.len());
        for change in &changes {
            writes.extend(Write::all_of_any(change, self.keys.as_ref())?);
        }
        self.writes.extend(writes);
        Arc::make_mut(&mut self.state.routes).replace(&now, &after);
        if let Some(newest) = changes.iter().filter_map(ResourceChange::created).max() {
            self.state.next_created = self.state.next_created.max(newest.saturating_add(1));
        }
        for change in &changes {
            self.note(space, |trail| trail.note_any(change));
            if let ResourceChange::Subscription(change) = change {
                self.note_shadowing(change);
            }
        }
        if after.is_empty() {
            self.state.spaces.remove(space);
        } else {
            self.state.spaces.insert(space.clone(), after);
        }
        Ok(true)
    }

    /// Takes over a change of a space; one that is refused leaves no trace.
    fn change<R: Configured>(
        &mut self,
        space: &Space,
        change: impl FnOnce(&mut Snapshot) -> Result<Change<R>, ConfigurationError>,
    ) -> Result<Change<R>, StoreError> {
        let before = self.state.spaces.get(space).cloned().unwrap_or_default();
        let mut snapshot = before.clone();
        let change = change(&mut snapshot)?;
        self.writes.extend(Write::all_of(&change, self.keys.as_ref())?);
        self.note(space, |trail| trail.note(&change));
        let routes = Arc::make_mut(&mut self.state.routes);
        if R::KIND == Kind::Space {
            // It may move all that stands on paths.
            routes.replace(&before, &snapshot);
        } else {
            routes.apply(&change);
        }
        if snapshot.is_empty() {
            self.state.spaces.remove(space);
        } else {
            self.state.spaces.insert(space.clone(), snapshot);
        }
        Ok(change)
    }

    fn note_shadowing(&mut self, change: &Change<Subscription>) {
        if let Some(stored) = &change.after
            && stored.resource.r#type == SubscriptionType::Sync
            && let Some(by) = self.state.routes.shadowing(&stored.resource).cloned()
        {
            let subscription = stored.resource.clone();
            self.shadowed.push(Shadowed { subscription, by });
        }
    }

    /// Tells the operator of new subscriptions that get no events yet (Q10).
    pub(super) fn warn_of_shadowed(&self) {
        for Shadowed { subscription, by } in &self.shadowed {
            tracing::warn!(
                space = %subscription.space,
                subscription = %subscription.subscription_id,
                method = subscription.method,
                path = subscription.path,
                first_space = %by.space,
                first_subscription = %by.subscription_id,
                "an earlier subscription of another space gets the events of this one"
            );
        }
    }
}

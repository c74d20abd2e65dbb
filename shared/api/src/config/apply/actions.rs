//! What a plan says that it does.

use std::collections::HashSet;

use domain::configuration::{Change, Configured, Plan, ResourceChange, Snapshot, WantedSpace};
use domain::resource::{Cors, EventType, Function, Kind, SpaceSettings, Subscription};
use serde::Serialize;

use super::members::{MemberChange, changed_members};

/// What a document would do, or has done.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ApplyPlan {
    /// The version of the configuration that it is for: what `If-Match` wants, in quotes.
    pub(super) version: String,
    /// Whether it is carried out.
    pub(super) applied: bool,
    /// In how many steps; none where there is nothing to do.
    pub(super) steps: usize,
    /// What is done to each resource: to those of the document in its order, and then to others.
    pub(super) actions: Vec<PlannedAction>,
    /// Members that are ignored, and versions of schemas that do not go with each other, with their places.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub(super) warnings: Vec<String>,
}

/// What is done to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum ActionName {
    /// It is new.
    Create,
    /// It is another from now on.
    Update,
    /// It has another id from now on.
    Rename,
    /// It is gone.
    Delete,
    /// It is as it was.
    Unchanged,
}

/// What is done to a resource.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PlannedAction)]
pub(super) struct PlannedAction {
    action: ActionName,
    /// `space`, `eventtype`, `function`, `subscription` or `cors`.
    kind: &'static str,
    /// Its id; after a rename the new one.
    id: String,
    /// Of a rename: the id of before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    from: Option<String>,
    /// Of an update or a rename: the members that are others.
    changes: Vec<MemberChange>,
}

/// Whether anything is done to what the document has, and then to the rest.
pub(super) fn actions(
    before: &Snapshot,
    after: &Snapshot,
    plan: &Plan,
    wanted: &WantedSpace,
) -> Vec<PlannedAction> {
    let mut listing = Listing {
        before,
        after,
        told: HashSet::new(),
        actions: Vec::new(),
    };
    // What is gone because it is renamed is told of under its new id.
    for old in plan.renamed_functions.values() {
        listing.told.insert((Kind::Function, old.to_string()));
    }
    for old in plan.moved_subscriptions.values() {
        listing.told.insert((Kind::Subscription, old.to_string()));
    }
    if let Some(settings) = &wanted.settings {
        listing.tell::<SpaceSettings>(&settings.resource.space, None);
    }
    for wanted in &wanted.event_types {
        listing.tell::<EventType>(&wanted.resource.name, None);
    }
    for wanted in &wanted.functions {
        let id = &wanted.resource.function_id;
        listing.tell::<Function>(id, plan.renamed_functions.get(id));
    }
    for id in &plan.subscription_ids {
        listing.tell::<Subscription>(id, plan.moved_subscriptions.get(id));
    }
    for wanted in &wanted.cors {
        listing.tell::<Cors>(&wanted.resource.cors_id, None);
    }
    for change in before.changes_to(after) {
        match &change {
            ResourceChange::Space(change) => listing.tell_other(change, |_| None),
            ResourceChange::EventType(change) => listing.tell_other(change, |_| None),
            ResourceChange::Function(change) => {
                listing.tell_other(change, |id| plan.renamed_functions.get(id));
            }
            ResourceChange::Subscription(change) => {
                listing.tell_other(change, |id| plan.moved_subscriptions.get(id));
            }
            ResourceChange::Cors(change) => listing.tell_other(change, |_| None),
        }
    }
    listing.actions
}

struct Listing<'p> {
    before: &'p Snapshot,
    after: &'p Snapshot,
    /// What was told of, by kind and id.
    told: HashSet<(Kind, String)>,
    actions: Vec<PlannedAction>,
}

impl Listing<'_> {
    /// What becomes of a resource that has the id from now on, and had another before if it is renamed.
    fn tell<R: Configured>(&mut self, id: &R::Id, renamed_from: Option<&R::Id>) {
        let (was, is) = (
            self.before.get::<R>(renamed_from.unwrap_or(id)).ok(),
            self.after.get::<R>(id).ok(),
        );
        let changes = match (&was, &is) {
            (Some(was), Some(is)) => changed_members(&**was, &**is),
            _ => Vec::new(),
        };
        let action = match (&was, &is) {
            _ if renamed_from.is_some() => ActionName::Rename,
            (None, _) => ActionName::Create,
            (Some(_), None) => ActionName::Delete,
            (Some(was), Some(is)) if was == is => ActionName::Unchanged,
            (Some(_), Some(_)) => ActionName::Update,
        };
        self.told.insert((R::KIND, id.to_string()));
        self.actions.push(PlannedAction {
            action,
            kind: R::KIND.label(),
            id: id.to_string(),
            from: renamed_from.map(ToString::to_string),
            changes,
        });
    }

    /// The same of what the document does not have.
    fn tell_other<'i, R: Configured>(
        &mut self,
        change: &Change<R>,
        renamed_from: impl Fn(&R::Id) -> Option<&'i R::Id>,
    ) where
        R::Id: 'i,
    {
        let Some(resource) = change.newest() else { return };
        let id = resource.id();
        if !self.told.contains(&(R::KIND, id.to_string())) {
            self.tell::<R>(id, renamed_from(id));
        }
    }
}

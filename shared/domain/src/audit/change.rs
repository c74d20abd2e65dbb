//! What is recorded of the change of one resource.

use serde::Serialize;
use serde_json::Value;

use super::difference::{Difference, Differences, State, ValueDigest};
use crate::configuration::{AnyChange, Change, Configured, Stored};
use crate::resource::{Resource, masked};

/// Bytes of an id that are recorded; longer ones are cut, and the difference tells what they are made of.
const MAX_ID_BYTES: usize = 512;

/// What became of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChangeOperation {
    /// It is new.
    Create,
    /// It is another.
    Update,
    /// It is gone.
    Delete,
}

/// The change of a resource.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct AuditedChange {
    /// What became of it.
    pub operation: ChangeOperation,
    /// Its kind: `eventtype`, `function`, `subscription`, `cors`, `space`, `key` or `tenant`.
    pub kind: String,
    /// Its id; the one that it has now, where it got another.
    pub id: String,
    /// The members that are different. Secrets are masked.
    pub diff: Vec<Difference>,
    /// How many more are different than are recorded.
    #[serde(skip_serializing_if = "is_zero")]
    #[schema(required = false)]
    pub omitted: usize,
    /// Where some are omitted: what the resource is now as a whole, with its secrets masked. So much that is different hides
    /// nothing from whoever has that resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub digest: Option<ValueDigest>,
}

/// A resource that was changed, without what is different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedResource {
    /// What became of it.
    pub operation: ChangeOperation,
    /// Its kind.
    pub kind: String,
    /// Its id.
    pub id: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl ChangeOperation {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

impl AuditedChange {
    /// The same without what is different.
    pub(super) fn changed(&self) -> ChangedResource {
        ChangedResource {
            operation: self.operation,
            kind: self.kind.clone(),
            id: self.id.clone(),
        }
    }

    /// What is recorded of a change, whose differences take not more bytes than are left.
    pub(super) fn of<R: Configured>(change: &Change<R>, budget: &mut usize) -> Self {
        match R::change(change) {
            AnyChange::Key(change) => Self::new(change, |key| to_value(&key.shown()), budget),
            AnyChange::EventType(change) => Self::new(change, |shown| to_value(&*masked(shown)), budget),
            AnyChange::Function(change) => Self::new(change, |shown| to_value(&*masked(shown)), budget),
            AnyChange::Subscription(change) => Self::new(change, |shown| to_value(&*masked(shown)), budget),
            AnyChange::Cors(change) => Self::new(change, |shown| to_value(&*masked(shown)), budget),
            AnyChange::Tenant(change) => Self::new(change, to_value, budget),
            AnyChange::Space(change) => Self::new(change, |shown| to_value(&*masked(shown)), budget),
        }
    }

    fn new<R: Resource>(change: &Change<R>, shown: impl Fn(&R) -> Value, budget: &mut usize) -> Self {
        let values = |stored: Option<&Stored<R>>| {
            stored.map(|stored| (to_value(&*stored.resource), shown(&stored.resource)))
        };
        let (before, after) = (values(change.before.as_ref()), values(change.after.as_ref()));
        let mut differences = Differences::within(budget);
        differences.of_resource(state(before.as_ref()), state(after.as_ref()));
        let whole = after.as_ref().filter(|_| differences.omitted > 0);
        let digest = whole.map(|(_, shown)| ValueDigest::of(shown));
        let newest = change.newest().map(|resource| resource.id().as_ref());
        Self {
            operation: match (&change.before, &change.after) {
                (None, _) => ChangeOperation::Create,
                (Some(_), Some(_)) => ChangeOperation::Update,
                (Some(_), None) => ChangeOperation::Delete,
            },
            kind: R::KIND.label().to_owned(),
            id: bounded(newest.unwrap_or_default()),
            omitted: differences.omitted,
            diff: differences.found,
            digest,
        }
    }
}

fn state(values: Option<&(Value, Value)>) -> State<'_> {
    State {
        plain: values.map(|(plain, _)| plain),
        shown: values.map(|(_, shown)| shown),
    }
}

/// A resource as JSON. That of a schema may nest deeper than a value can: such a resource has no members here.
fn to_value<R: Serialize>(resource: &R) -> Value {
    serde_json::to_value(resource).unwrap_or_default()
}

fn bounded(id: &str) -> String {
    if id.len() <= MAX_ID_BYTES {
        return id.to_owned();
    }
    let kept = id.char_indices().take_while(|(at, _)| *at < MAX_ID_BYTES);
    kept.map(|(_, character)| character).chain(['…']).collect()
}

//! Several changes of a space as the one transaction that makes all of them, or leaves everything as it was.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use domain::configuration::{Change, Configured, ResourceChange, StepLimit};

use super::super::change::{Edit, Operation, SpaceChange};
use super::transaction::{put, put_item, put_record, resource_action, within_limit};
use super::{Item, SpaceRecord, change};
use crate::encryption::Seal;
use crate::error::StoreError;

/// How much of a space a transaction can change: `DynamoDB` takes 100 actions and 4 MB, and the transaction also has the
/// record of the space, its newest change, what is recorded of the changes, and whatever encrypted secrets are longer by.
pub(crate) const STEP_LIMIT: StepLimit = StepLimit {
    resources: 90,
    bytes: 3_000_000,
};

/// A change of one resource as it is to be stored.
pub(in super::super) struct BatchEntry {
    /// What it does; secrets are as they are to be stored.
    pub(in super::super) operation: Operation,
    /// With what those are encrypted, if they are.
    pub(in super::super) seal: Option<Seal>,
    /// Whether there is no such resource before it.
    pub(in super::super) is_new: bool,
}

/// Changes that were decided on one state of a space and hold for no other.
pub(in super::super) struct Batch<'a> {
    /// Version of the state that they were decided on.
    pub(in super::super) decided_on: u64,
    /// What is known of the space once they are made. Its version counts each of them.
    pub(in super::super) record: &'a SpaceRecord,
    /// At least one.
    pub(in super::super) entries: &'a [BatchEntry],
    /// What is recorded of them, if anything is.
    pub(in super::super) audit: Option<Item>,
}

impl BatchEntry {
    /// A change whose secrets are not encrypted yet; `None` if it changes nothing.
    pub(in super::super) fn of(change: &ResourceChange) -> Option<Self> {
        let (operation, is_new) = match change {
            ResourceChange::Space(change) => (Operation::Space(edit(change)?), change.before.is_none()),
            ResourceChange::Function(change) => (Operation::Function(edit(change)?), change.before.is_none()),
            ResourceChange::EventType(change) => {
                (Operation::EventType(edit(change)?), change.before.is_none())
            }
            ResourceChange::Subscription(change) => {
                (Operation::Subscription(edit(change)?), change.before.is_none())
            }
            ResourceChange::Cors(change) => (Operation::Cors(edit(change)?), change.before.is_none()),
        };
        Some(Self {
            operation,
            seal: None,
            is_new,
        })
    }

    fn action(&self, record: &SpaceRecord, table: &str) -> Result<TransactWriteItem, StoreError> {
        let (seal, is_new) = (self.seal.as_ref(), self.is_new);
        match &self.operation {
            Operation::EventType(edit) => resource_action(record, edit, seal, is_new, table),
            Operation::Function(edit) => resource_action(record, edit, seal, is_new, table),
            Operation::Subscription(edit) => resource_action(record, edit, seal, is_new, table),
            Operation::Cors(edit) => resource_action(record, edit, seal, is_new, table),
            Operation::Space(edit) => resource_action(record, edit, seal, is_new, table),
            Operation::Tenant(edit) => resource_action(record, edit, seal, is_new, table),
            Operation::Key(edit) => resource_action(record, edit, seal, is_new, table),
        }
    }
}

fn edit<R: Configured>(change: &Change<R>) -> Option<Edit<R>> {
    match (&change.after, &change.before) {
        (Some(after), _) => Some(Edit::Put(after.clone())),
        (None, Some(before)) => Some(Edit::Remove(before.resource.id().clone())),
        (None, None) => None,
    }
}

impl Batch<'_> {
    /// The actions on a table: the space's version, its newest change, the resources, and what is recorded. The log of changes has the last
    /// one alone: who follows it misses those between by their versions, and reads the resources instead.
    pub(in super::super) fn actions(&self, table: &str) -> Result<Vec<TransactWriteItem>, StoreError> {
        let SpaceRecord { space, version, .. } = self.record;
        let mut actions = vec![put_record(self.record, self.decided_on, table)?];
        if let Some(last) = self.entries.last() {
            let last = SpaceChange {
                space: space.clone(),
                version: *version,
                operation: last.operation.clone(),
                seal: last.seal.clone(),
            };
            let text = last.to_text().map_err(StoreError::unavailable)?;
            let item = within_limit(change::item(space, *version, text))?;
            actions.push(put(Put::builder().table_name(table).set_item(Some(item)))?);
        }
        for entry in self.entries {
            actions.push(entry.action(self.record, table)?);
        }
        if let Some(item) = &self.audit {
            actions.push(put_item(item.clone(), table)?);
        }
        Ok(actions)
    }
}

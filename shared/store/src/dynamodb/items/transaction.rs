//! A change as the one transaction that makes it, or leaves everything as it was.

use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem};
use domain::configuration::Configured;

use super::super::change::Edit;
use super::{Item, Key, PK, SpaceRecord, VERSION, change, resource};
use crate::encryption::Seal;
use crate::error::StoreError;

/// Most bytes of an item: `DynamoDB` takes 400 KiB, and counts in its own way.
const MAX_ITEM_BYTES: usize = 400_000;

/// Condition that there is no such item. Takes the name `#pk`.
pub(super) const IS_ABSENT: &str = "attribute_not_exists(#pk)";
const IS_PRESENT: &str = "attribute_exists(#pk)";

/// Place of the resource's own action in a transaction.
pub(in super::super) const RESOURCE_ACTION: usize = 2;

/// A change that was decided on one state of a space and holds for no other.
pub(in super::super) struct Transaction<'a, R: Configured> {
    /// Version of the state that it was decided on; 0 for a space that nothing was ever written to.
    pub(in super::super) decided_on: u64,
    /// What is known of the space once it is made.
    pub(in super::super) record: &'a SpaceRecord,
    /// The change, its secrets as they are to be stored.
    pub(in super::super) edit: &'a Edit<R>,
    /// With what those are encrypted, if they are.
    pub(in super::super) seal: Option<&'a Seal>,
    /// Whether there is no such resource before it.
    pub(in super::super) is_new: bool,
    /// What is recorded of it, if anything is.
    pub(in super::super) audit: Option<Item>,
}

impl<R: Configured> Transaction<'_, R> {
    /// The actions on a table: the space's version, its newest change, the resource, what the resource refers to, and what
    /// is recorded of the change.
    pub(in super::super) fn actions(&self, table: &str) -> Result<Vec<TransactWriteItem>, StoreError> {
        let SpaceRecord { space, version, .. } = self.record;
        let text = self
            .edit
            .to_text(space, *version, self.seal)
            .map_err(StoreError::unavailable)?;
        let newest_change = within_limit(change::item(space, *version, text))?;
        let mut actions = vec![
            put_record(self.record, self.decided_on, table)?,
            put(Put::builder().table_name(table).set_item(Some(newest_change)))?,
            resource_action(self.record, self.edit, self.seal, self.is_new, table)?,
        ];
        if let Edit::Move(id, _) = self.edit {
            actions.push(delete(table, Key::resource(space, R::KIND, id.as_ref()))?);
        }
        if let Edit::Put(stored) | Edit::Move(_, stored) = self.edit {
            for (kind, id) in stored.resource.references() {
                actions.push(check_exists(table, Key::resource(space, kind, id))?);
            }
        }
        if let Some(item) = &self.audit {
            actions.push(put_item(item.clone(), table)?);
        }
        Ok(actions)
    }
}

/// The record of a space. On it hangs all: whoever changes anything of the space changes its version.
pub(super) fn put_record(
    record: &SpaceRecord,
    decided_on: u64,
    table: &str,
) -> Result<TransactWriteItem, StoreError> {
    let record = Put::builder().table_name(table).set_item(Some(record.item()));
    if decided_on == 0 {
        return put(record
            .condition_expression(IS_ABSENT)
            .expression_attribute_names("#pk", PK));
    }
    let decided_on = AttributeValue::N(decided_on.to_string());
    put(record
        .condition_expression("#version = :version")
        .expression_attribute_names("#version", VERSION)
        .expression_attribute_values(":version", decided_on))
}

/// What becomes of the item of a resource; `is_new` where there is none before.
pub(super) fn resource_action<R: Configured>(
    record: &SpaceRecord,
    edit: &Edit<R>,
    seal: Option<&Seal>,
    is_new: bool,
    table: &str,
) -> Result<TransactWriteItem, StoreError> {
    match edit {
        Edit::Put(stored) | Edit::Move(_, stored) => {
            let item = resource::item(stored, seal, record.version).map_err(StoreError::unavailable)?;
            put(Put::builder()
                .table_name(table)
                .set_item(Some(within_limit(item)?))
                .condition_expression(if is_new { IS_ABSENT } else { IS_PRESENT })
                .expression_attribute_names("#pk", PK))
        }
        Edit::Remove(id) => delete(table, Key::resource(&record.space, R::KIND, id.as_ref())),
    }
}

/// A put of an item, whatever is in its place.
pub(super) fn put_item(item: Item, table: &str) -> Result<TransactWriteItem, StoreError> {
    put(Put::builder()
        .table_name(table)
        .set_item(Some(within_limit(item)?)))
}

/// A put as an action of a transaction.
pub(super) fn put(put: PutBuilder) -> Result<TransactWriteItem, StoreError> {
    let put = put.build().map_err(StoreError::unavailable)?;
    Ok(TransactWriteItem::builder().put(put).build())
}

fn delete(table: &str, key: Key) -> Result<TransactWriteItem, StoreError> {
    let delete = Delete::builder()
        .table_name(table)
        .set_key(Some(key.into_item()))
        .condition_expression(IS_PRESENT)
        .expression_attribute_names("#pk", PK)
        .build()
        .map_err(StoreError::unavailable)?;
    Ok(TransactWriteItem::builder().delete(delete).build())
}

fn check_exists(table: &str, key: Key) -> Result<TransactWriteItem, StoreError> {
    let check = ConditionCheck::builder()
        .table_name(table)
        .set_key(Some(key.into_item()))
        .condition_expression(IS_PRESENT)
        .expression_attribute_names("#pk", PK)
        .build()
        .map_err(StoreError::unavailable)?;
    Ok(TransactWriteItem::builder().condition_check(check).build())
}

/// An item that the table takes.
pub(super) fn within_limit(item: Item) -> Result<Item, StoreError> {
    let bytes = bytes(&item);
    let limit = MAX_ITEM_BYTES;
    if bytes > limit {
        return Err(StoreError::TooLarge { bytes, limit });
    }
    Ok(item)
}

/// Bytes of an item as `DynamoDB` counts them; of a number, the most that it can be.
fn bytes(item: &Item) -> usize {
    let value = |value: &AttributeValue| match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.len(),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        // The store writes no other type.
        _ => 0,
    };
    item.iter().map(|(name, of)| name.len() + value(of)).sum()
}

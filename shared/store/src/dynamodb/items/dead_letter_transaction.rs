//! Changes of dead letters as transactions: a document and the pointers to it come and go together.

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};

use super::published::DIGEST;
use super::transaction::{IS_ABSENT, put};
use super::{DeadLetterHead, Item, Key, PK};
use crate::error::StoreError;

/// Condition that a document is the one that was read.
const IS_SAME: &str = "#digest = :digest";

/// What is there before a dead letter of the same delivery is put.
#[derive(Debug)]
pub(in super::super) enum Before {
    /// None.
    Nothing,
    /// This one.
    DeadLetter(Box<DeadLetterHead>),
    /// Something that cannot be read. Its pointers, if it has any, lead to nothing afterwards.
    Unreadable,
}

/// The actions that put a dead letter in the place of what is there; `parts` are those after the first.
pub(in super::super) fn put_dead_letter(
    table: &str,
    head: &DeadLetterHead,
    parts: &[Vec<u8>],
    before: &Before,
) -> Result<Vec<TransactWriteItem>, StoreError> {
    let head_put = Put::builder().table_name(table).set_item(Some(head.item()));
    let mut actions = vec![put(match before {
        Before::Nothing => head_put
            .condition_expression(IS_ABSENT)
            .expression_attribute_names("#pk", PK),
        Before::DeadLetter(before) => head_put
            .condition_expression(IS_SAME)
            .expression_attribute_names("#digest", DIGEST)
            .expression_attribute_values(":digest", AttributeValue::S(before.digest.clone())),
        Before::Unreadable => head_put,
    })?];
    let put_item = |item: Item| {
        let item = head.let_expire(item);
        put(Put::builder().table_name(table).set_item(Some(item)))
    };
    for (number, data) in (1..).zip(parts) {
        actions.push(put_item(head.id.part(number, data.clone()))?);
    }
    let pointers = head.id.pointer_keys();
    for at in pointers.clone() {
        actions.push(put_item(head.id.pointer(at))?);
    }
    if let Before::DeadLetter(before) = before {
        for part in head.parts..before.parts {
            actions.push(delete(table, before.id.part_key(part))?);
        }
        let left = before.id.pointer_keys().into_iter();
        for at in left.filter(|at| !pointers.contains(at)) {
            actions.push(delete(table, at)?);
        }
    }
    Ok(actions)
}

/// The actions that delete a dead letter.
pub(in super::super) fn delete_dead_letter(
    table: &str,
    head: &DeadLetterHead,
) -> Result<Vec<TransactWriteItem>, StoreError> {
    let first = Delete::builder()
        .table_name(table)
        .set_key(Some(head.id.part_key(0).into_item()))
        .condition_expression(IS_SAME)
        .expression_attribute_names("#digest", DIGEST)
        .expression_attribute_values(":digest", AttributeValue::S(head.digest.clone()))
        .build()
        .map_err(StoreError::unavailable)?;
    let mut actions = vec![TransactWriteItem::builder().delete(first).build()];
    for part in 1..head.parts {
        actions.push(delete(table, head.id.part_key(part))?);
    }
    for at in head.id.pointer_keys() {
        actions.push(delete(table, at)?);
    }
    Ok(actions)
}

fn delete(table: &str, key: Key) -> Result<TransactWriteItem, StoreError> {
    let delete = Delete::builder().table_name(table).set_key(Some(key.into_item()));
    let delete = delete.build().map_err(StoreError::unavailable)?;
    Ok(TransactWriteItem::builder().delete(delete).build())
}

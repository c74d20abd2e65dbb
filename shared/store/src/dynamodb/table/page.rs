//! Partitions read piece by piece, for lists that are not read to their end.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Table, unavailable};
use crate::dynamodb::items::{Item, PK, SK};
use crate::error::StoreError;

/// Most items that one call asks for.
const MAX_ITEMS: usize = 1000;

/// Some items of a partition, in the order of their sort keys.
#[derive(Debug)]
pub(in super::super) struct Page {
    /// At most as many as were asked for, though more may be there.
    pub(in super::super) items: Vec<Item>,
    /// Whether there are more.
    pub(in super::super) has_more: bool,
}

impl Table {
    /// The items of a partition that come after a sort key, or the first ones.
    pub(in super::super) async fn page(
        &self,
        partition: String,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let limit = limit.min(MAX_ITEMS);
        let mut call = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            // One more tells whether there are more.
            .limit(i32::try_from(limit + 1).unwrap_or(i32::MAX))
            .key_condition_expression("#pk = :pk")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_values(":pk", AttributeValue::S(partition));
        if let Some(after) = after {
            call = call
                .key_condition_expression("#pk = :pk AND #sk > :after")
                .expression_attribute_names("#sk", SK)
                .expression_attribute_values(":after", AttributeValue::S(after.to_owned()));
        }
        let answer = call.send().await.map_err(unavailable)?;
        let has_more = answer.last_evaluated_key.is_some();
        let mut items = answer.items.unwrap_or_default();
        let has_more = has_more || items.len() > limit;
        items.truncate(limit);
        Ok(Page { items, has_more })
    }
}

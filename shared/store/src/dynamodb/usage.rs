//! What spaces use, in the table: an item for each space, hour and program that counts, which is put as a whole. So a call that
//! the SDK makes again, or that is made again after it seemed to fail, counts nothing twice, and nobody contends for an item.

use std::collections::BTreeMap;
use std::ops::Range;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::ids::Space;
use domain::usage::{UsageCounts, UsageRow};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::DynamoDb;
use super::items::{PK, SK, read_usage, usage_item, usage_partition, usage_sort_key};
use super::table::{readable, unavailable};
use crate::error::StoreError;

/// Items that are put at a time.
const AT_A_TIME: usize = 8;

impl DynamoDb {
    /// Puts rows.
    pub(crate) async fn put_usage(&self, rows: Vec<UsageRow>) -> Result<(), StoreError> {
        let (table, kept) = (&self.0.impatient, self.0.usage_age.as_secs());
        stream::iter(rows)
            .map(|row| async move {
                let put = table.client.put_item().table_name(&table.name);
                let put = put.set_item(Some(usage_item(&row, kept)));
                put.send().await.map(|_| ()).map_err(unavailable)
            })
            .buffer_unordered(AT_A_TIME)
            .try_collect()
            .await
    }

    /// What a space used in each of these hours in which it used something. A row that cannot be read is logged and left out.
    pub(crate) async fn usage(
        &self,
        space: &Space,
        hours: Range<u64>,
    ) -> Result<BTreeMap<u64, UsageCounts>, StoreError> {
        let mut used = BTreeMap::<u64, UsageCounts>::new();
        if hours.is_empty() {
            return Ok(used);
        }
        let text = |text: String| AttributeValue::S(text);
        let table = &self.0.table;
        let call = table
            .client
            .query()
            .table_name(&table.name)
            .consistent_read(true)
            .key_condition_expression("#pk = :pk AND #sk BETWEEN :from AND :to")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":pk", text(usage_partition(space)))
            .expression_attribute_values(":from", text(usage_sort_key(hours.start)))
            .expression_attribute_values(":to", text(usage_sort_key(hours.end)));
        let mut pages = call.into_paginator().send();
        while let Some(page) = pages.next().await {
            for item in page.map_err(unavailable)?.items() {
                if let Some((hour, counts)) = readable(read_usage(item)) {
                    *used.entry(hour).or_default() += counts;
                }
            }
        }
        Ok(used)
    }
}

//! What spaces use, in the table: an item for each space, hour and program that counts, which is put as a whole. So a call that
//! the SDK makes again, or that is made again after it seemed to fail, counts nothing twice, and nobody contends for an item.

use std::collections::BTreeMap;
use std::ops::Range;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use domain::ids::Space;
use domain::quota::Quota;
use domain::usage::{DAY_HOURS, UsageCounts, UsageRow};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::DynamoDb;
use super::items::told_expressions::{DAY_NAME, MAY_FOLLOW};
use super::items::{
    PK, SK, bucket_key, read_told, read_usage, told_item, usage_item, usage_partition, usage_sort_key,
};
use super::table::{readable, unavailable};
use crate::error::StoreError;
use crate::usage_day::UsageDayClaim;

/// Items that are put at a time.
const AT_A_TIME: usize = 8;

/// Items of what a space used that one request removes at most.
const MOST_FORGOTTEN: i32 = 1_000;

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

    /// Claims that it is told what a space used until a day. A claim whose answer is lost is lost too: what is told twice is
    /// worse than what can still be asked for.
    pub(crate) async fn claim_usage_day(&self, space: &Space, day: u64) -> Result<UsageDayClaim, StoreError> {
        let (table, kept) = (&self.0.impatient, self.0.usage_age.as_secs());
        let expires = (day * DAY_HOURS * 60 * 60).saturating_add(kept);
        let put = table
            .client
            .put_item()
            .table_name(&table.name)
            .set_item(Some(told_item(space, day, expires)))
            .condition_expression(MAY_FOLLOW)
            .expression_attribute_names("#day", DAY_NAME)
            .expression_attribute_values(":day", AttributeValue::N(day.to_string()))
            .expression_attribute_values(":next", AttributeValue::N((day + 1).to_string()))
            .return_values(ReturnValue::AllOld);
        match put.send().await {
            Ok(made) => {
                let before = made.attributes().map(read_told).transpose()?;
                Ok(UsageDayClaim::Won { before })
            }
            Err(err) => match err.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(UsageDayClaim::Lost),
                _ => Err(unavailable(err)),
            },
        }
    }

    /// Removes what is kept of a space besides its resources and the records of its changes; of what it used, some. Gives
    /// whether there may be more.
    pub(crate) async fn forget(&self, space: &Space) -> Result<bool, StoreError> {
        let table = &self.0.table;
        let call = table
            .client
            .query()
            .table_name(&table.name)
            .consistent_read(true)
            .key_condition_expression("#pk = :pk")
            .projection_expression("#pk, #sk")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":pk", AttributeValue::S(usage_partition(space)))
            .limit(MOST_FORGOTTEN);
        let page = call.send().await.map_err(unavailable)?;
        let has_more = page.last_evaluated_key.is_some();
        let buckets = Quota::ALL.map(|quota| bucket_key(space, quota).into_item());
        stream::iter(page.items.unwrap_or_default().into_iter().chain(buckets))
            .map(|key| async move {
                let delete = table.client.delete_item().table_name(&table.name);
                let delete = delete.set_key(Some(key));
                delete.send().await.map(|_| ()).map_err(unavailable)
            })
            .buffer_unordered(AT_A_TIME)
            .try_collect::<()>()
            .await?;
        Ok(has_more)
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

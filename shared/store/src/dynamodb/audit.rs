//! Records of changes: made for the transaction of a write, and read.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use clocks::{millis, since_epoch};
use domain::audit::{AuditHead, AuditTrail, Author, SealedRecord};
use domain::ids::Space;

use super::DynamoDb;
use super::items::{
    Item, PK, SK, SpaceRecord, audit_item, audit_partition, audit_sort_key, has_lapsed, read_audit,
};
use super::table::{Table, unavailable};
use super::writes::TableWriter;
use crate::audit::{AuditLimits, AuditPage};
use crate::error::StoreError;

/// What is recorded of a write.
pub(super) struct Recorded {
    /// The item of the record.
    pub(super) item: Item,
    /// What the next one goes on from.
    pub(super) head: AuditHead,
    /// The record itself.
    pub(super) record: SealedRecord,
}

impl TableWriter {
    /// What is to be recorded of a write that makes of a space in one state what a trail says; `None` if nothing is. A
    /// transaction has room for the changes of one record.
    pub(super) async fn recorded(
        &self,
        before: &SpaceRecord,
        author: &Author,
        trail: AuditTrail,
    ) -> Result<Option<Recorded>, StoreError> {
        let Some(limits) = self.audit else {
            return Ok(None);
        };
        let head = match &before.audit {
            Some(head) => Some(head.clone()),
            None if before.version == 0 => None,
            // Written to by a program that records nothing: the chain goes on, and the versions tell what is missing.
            None => self.table.newest_record(&before.space).await?,
        };
        let now = since_epoch(self.clock.now().wall);
        let from = (before.version, head.as_ref());
        let records = trail.sealed(&before.space, author, from, millis(now));
        let newest = records.map_err(StoreError::unavailable)?.pop();
        Ok(newest.map(|record| Recorded {
            item: audit_item(&record, expires(now, limits)),
            head: record.head(),
            record,
        }))
    }
}

/// When the table may forget what is recorded now, in seconds since 1970.
fn expires(now: Duration, limits: AuditLimits) -> Option<u64> {
    limits.age.map(|age| now.saturating_add(age).as_secs())
}

impl Table {
    async fn newest_record(&self, space: &Space) -> Result<Option<AuditHead>, StoreError> {
        let newest = self.records(space, None, 1, |_| true).await?.records.pop();
        Ok(newest.map(|record| AuditHead {
            version: record.version,
            hash: record.hash,
        }))
    }

    /// Records of a space, the newest first, down to the first one that is not kept.
    async fn records(
        &self,
        space: &Space,
        before: Option<u64>,
        limit: usize,
        is_kept: impl Fn(&Item) -> bool,
    ) -> Result<AuditPage, StoreError> {
        let mut call = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .scan_index_forward(false)
            // One more tells whether there are more.
            .limit(i32::try_from(limit + 1).unwrap_or(i32::MAX))
            .key_condition_expression("#pk = :pk")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_values(":pk", AttributeValue::S(audit_partition(space)));
        if let Some(before) = before {
            call = call
                .key_condition_expression("#pk = :pk AND #sk < :before")
                .expression_attribute_names("#sk", SK)
                .expression_attribute_values(":before", AttributeValue::S(audit_sort_key(before)));
        }
        let answer = call.send().await.map_err(unavailable)?;
        // The table gives 1 MB at a time.
        let is_cut = answer.last_evaluated_key.is_some();
        let mut items = answer.items.unwrap_or_default();
        let found = items.len();
        items.truncate(items.iter().take_while(|item| is_kept(item)).count());
        let page = AuditPage::of(items.iter().map(read_audit), limit)?;
        Ok(AuditPage {
            has_more: page.has_more || (is_cut && items.len() == found),
            ..page
        })
    }
}

impl DynamoDb {
    /// Records of the changes of a space, the newest first.
    pub(crate) async fn audit(
        &self,
        space: &Space,
        before: Option<u64>,
        limit: usize,
    ) -> Result<AuditPage, StoreError> {
        let now = since_epoch(self.0.clock.now().wall);
        let age = self.0.writer.audit.and_then(|limits| limits.age);
        let is_kept = |item: &Item| !has_lapsed(item, now, age);
        self.0.table.records(space, before, limit, is_kept).await
    }
}

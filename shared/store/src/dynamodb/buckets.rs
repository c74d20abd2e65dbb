//! Buckets of tokens in the table. What a bucket holds follows from one number and the time, so that taking something of one
//! that is in use is a single conditional update. Processes go by their own clocks: one that is ahead is where all others
//! are a moment later, so that together they take no more than by its clock.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use clocks::since_epoch;
use domain::ids::Space;
use domain::quota::{Empty, FillRate, Quota, TokenRequest};

use super::DynamoDb;
use super::items::bucket_expressions::{
    EXPIRES_NAME, FULL_NAME, HAS, INTERVAL_NAME, IS_NEW, IS_SEEN, LEASES_NAME, REPLACE, TAKE, TAKEN_NAME,
};
use super::items::{Item, KeptBucket, bucket_key, read_bucket, read_leases};
use super::table::unavailable;
use crate::error::StoreError;
use crate::tokens::Tokens;

/// How often a bucket is looked at that others take of at the same time.
const ATTEMPTS: usize = 4;

/// How long somebody waits who lost against others that often.
const CONTENDED: Duration = Duration::from_millis(50);

/// How long the table keeps a bucket once it is full, in seconds.
const KEPT: u64 = 24 * 60 * 60;

/// What became of an update.
enum Updated {
    /// It is made; the bucket has given so many leases.
    Made(u64),
    /// The bucket is another: that of this item, if there is any.
    Other(Option<Item>),
}

impl DynamoDb {
    /// Takes tokens of a bucket of the table.
    pub(crate) async fn take_tokens(
        &self,
        space: &Space,
        quota: Quota,
        rate: FillRate,
        request: TokenRequest,
    ) -> Result<Result<Tokens, Empty>, StoreError> {
        let now = self.wall_nanos();
        let cost = rate.time_of(request.wanted);
        // Most are not full, and have as much: one call.
        let latest = now.saturating_add(rate.filling_time()).saturating_sub(cost);
        let update = self.update_bucket((space, quota), rate, now, latest.saturating_add(cost));
        let update = update
            .update_expression(TAKE)
            .condition_expression(HAS)
            .expression_attribute_values(":cost", number(cost))
            .expression_attribute_values(":latest", number(latest));
        let mut found = match send(update).await? {
            Updated::Made(leases) => {
                let tokens = request.wanted;
                return Ok(Ok(Tokens { tokens, leases }));
            }
            Updated::Other(item) => item,
        };
        for _ in 0..ATTEMPTS {
            let kept = found
                .as_ref()
                .map(|item| read_bucket(item, rate, now))
                .transpose()?;
            let KeptBucket { bucket, seen } = kept.unwrap_or_default();
            let (tokens, left) = match bucket.take(rate, now, request) {
                Ok(taken) => taken,
                Err(empty) => return Ok(Err(empty)),
            };
            let update = self.update_bucket((space, quota), rate, now, left.nanos());
            let update = update
                .update_expression(REPLACE)
                .expression_attribute_values(":full", number(left.nanos()));
            let update = match found {
                None => update.condition_expression(IS_NEW),
                Some(_) => update
                    .condition_expression(IS_SEEN)
                    .expression_attribute_values(":seen", number(seen)),
            };
            match send(update).await? {
                Updated::Made(leases) => return Ok(Ok(Tokens { tokens, leases })),
                Updated::Other(item) => found = item,
            }
        }
        Ok(Err(Empty {
            wait: CONTENDED,
            left: 0,
        }))
    }

    /// How many tokens a bucket of the table holds.
    pub(crate) async fn tokens_left(
        &self,
        space: &Space,
        quota: Quota,
        rate: FillRate,
    ) -> Result<u32, StoreError> {
        let item = self.0.table.get(bucket_key(space, quota)).await?;
        let now = self.wall_nanos();
        let kept = item
            .as_ref()
            .map(|item| read_bucket(item, rate, now))
            .transpose()?;
        Ok(kept.unwrap_or_default().bucket.left(rate, now))
    }

    /// An update at a time of what is full then: the table must not forget before what is owed.
    fn update_bucket(
        &self,
        (space, quota): (&Space, Quota),
        rate: FillRate,
        now: u64,
        full_at: u64,
    ) -> UpdateItemFluentBuilder {
        // A request waits for it.
        let table = &self.0.impatient;
        let expires = full_at.max(now) / 1_000_000_000 + KEPT;
        table
            .client
            .update_item()
            .table_name(&table.name)
            .set_key(Some(bucket_key(space, quota).into_item()))
            .expression_attribute_names("#full", FULL_NAME)
            .expression_attribute_names("#leases", LEASES_NAME)
            .expression_attribute_names("#expires", EXPIRES_NAME)
            .expression_attribute_names("#interval", INTERVAL_NAME)
            .expression_attribute_names("#taken", TAKEN_NAME)
            .expression_attribute_values(":interval", number(rate.interval()))
            .expression_attribute_values(":now", number(now))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":expires", number(expires))
            .return_values(ReturnValue::UpdatedNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    /// The time that processes share, in nanoseconds since 1970.
    fn wall_nanos(&self) -> u64 {
        u64::try_from(since_epoch(self.0.clock.now().wall).as_nanos()).unwrap_or(u64::MAX)
    }
}

fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

async fn send(update: UpdateItemFluentBuilder) -> Result<Updated, StoreError> {
    let err = match update.send().await {
        Ok(made) => {
            let leases = read_leases(made.attributes().unwrap_or(&Item::new()))?;
            return Ok(Updated::Made(leases));
        }
        Err(err) => err,
    };
    match err.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
            Ok(Updated::Other(failed.item().cloned()))
        }
        _ => Err(unavailable(err)),
    }
}

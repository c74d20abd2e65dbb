//! Deduplication keys of a queue that does not look at them, in the table.

use std::time::Duration;

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use clocks::{millis, since_epoch};
use domain::ids::Space;
use uuid::Uuid;

use super::DynamoDb;
use super::items::expressions::{IS_FREE, IS_OWN, IS_OWN_OR_GONE, LAPSES_NAME, OWNER_NAME};
use super::items::{DeduplicationKey, PK, Pending};
use super::table::{readable, unavailable};
use crate::error::StoreError;

/// How long a deduplication key is remembered, from when its event was queued: as long as an embedded queue remembers it.
pub const DEDUPLICATION_WINDOW: Duration = Duration::from_mins(5);
/// How long a claim stands that is neither confirmed nor released. Queueing takes seconds at most.
const LEASE: Duration = Duration::from_secs(30);
/// How far the clocks of two processes may be apart. An item that lapses later than the window and this allow was written
/// by a clock that was wrong, or is read by one: it does not count, because a repeated event is better than a lost one.
const CLOCK_SKEW: Duration = Duration::from_mins(1);

/// Whether an event with a deduplication key is to be queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Nobody has used the key within the window: queue the event, then confirm or release the claim.
    Granted(ClaimToken),
    /// An event with the key was queued within the window.
    Duplicate,
    /// Another process is about to queue an event with the key; whether it succeeds is not known yet.
    Contended,
}

/// What a claim is confirmed or released by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimToken {
    key: DeduplicationKey,
    owner: String,
}

impl DynamoDb {
    /// Claims a deduplication key of a space. A claim that is neither confirmed nor released lapses by itself after
    /// some seconds, so that a process that dies in between does not swallow the event that its client sends again.
    pub async fn claim_deduplication_key(&self, space: &Space, key: &str) -> Result<Claim, StoreError> {
        let token = ClaimToken {
            key: DeduplicationKey::of(space, key),
            owner: Uuid::new_v4().to_string(),
        };
        let (now, table) = (self.wall_millis(), &self.0.impatient);
        let latest = now.saturating_add(millis(DEDUPLICATION_WINDOW + CLOCK_SKEW));
        let claim = token.key.pending(&token.owner, now.saturating_add(millis(LEASE)));
        let call = table
            .client
            .put_item()
            .table_name(&table.name)
            .set_item(Some(claim))
            .condition_expression(IS_FREE)
            .expression_attribute_names("#lapses", LAPSES_NAME)
            .expression_attribute_values(":now", AttributeValue::N(now.to_string()))
            .expression_attribute_values(":latest", AttributeValue::N(latest.to_string()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(err) = call.send().await else {
            return Ok(Claim::Granted(token));
        };
        let Some(PutItemError::ConditionalCheckFailedException(failed)) = err.as_service_error() else {
            return Err(unavailable(err));
        };
        let pending = failed.item().and_then(|item| readable(Pending::read(item)));
        Ok(match pending {
            Some(Pending(None)) => Claim::Duplicate,
            // The answer to this very claim was lost, and the SDK has made it again.
            Some(Pending(Some(owner))) if owner == token.owner => Claim::Granted(token),
            _ => Claim::Contended,
        })
    }

    /// The event is queued: the key is used for the rest of the window.
    pub async fn confirm_deduplication_key(&self, token: &ClaimToken) -> Result<(), StoreError> {
        let lapses = self.wall_millis().saturating_add(millis(DEDUPLICATION_WINDOW));
        let table = &self.0.impatient;
        let call = table
            .client
            .put_item()
            .table_name(&table.name)
            .set_item(Some(token.key.queued(lapses)))
            .condition_expression(IS_OWN_OR_GONE)
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#owner", OWNER_NAME)
            .expression_attribute_values(":owner", AttributeValue::S(token.owner.clone()));
        match call.send().await {
            Ok(_) => Ok(()),
            Err(err) => match err.as_service_error() {
                // It is confirmed already, or lapsed and is another's now, who will say what becomes of the key.
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(unavailable(err)),
            },
        }
    }

    /// The event could not be queued: the key is free again.
    pub async fn release_deduplication_key(&self, token: &ClaimToken) -> Result<(), StoreError> {
        let table = &self.0.impatient;
        let call = table
            .client
            .delete_item()
            .table_name(&table.name)
            .set_key(Some(token.key.item()))
            .condition_expression(IS_OWN)
            .expression_attribute_names("#owner", OWNER_NAME)
            .expression_attribute_values(":owner", AttributeValue::S(token.owner.clone()));
        match call.send().await {
            Ok(_) => Ok(()),
            Err(err) => match err.as_service_error() {
                // It is released already, or lapsed and is another's now.
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(unavailable(err)),
            },
        }
    }

    /// The time that processes share, in milliseconds since 1970.
    fn wall_millis(&self) -> u64 {
        millis(since_epoch(self.0.clock.now().wall))
    }
}

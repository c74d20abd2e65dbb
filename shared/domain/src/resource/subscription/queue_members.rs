//! What a subscription says of its deliveries: retries, order and pauses (docs/delivery.md).

use std::borrow::Cow;

use super::SubscriptionType;
use crate::json::{JsonError, Object};
use crate::retry::RetryPolicy;
use crate::validation::Violations;

/// Most bytes of the reason that a subscription is paused for.
pub const MAX_PAUSED_REASON_BYTES: usize = 1024;

/// The members that say how what is queued for a subscription is delivered.
pub(super) struct QueueMembers {
    pub(super) retry: Option<RetryPolicy>,
    pub(super) ordered: bool,
    pub(super) paused: bool,
    pub(super) paused_reason: Option<String>,
}

impl QueueMembers {
    /// Reads them and notes what breaks a rule; those of a sync subscription must not be set, as nothing is queued.
    pub(super) fn decode(
        object: &Object<'_>,
        r#type: SubscriptionType,
        violations: &mut Violations,
    ) -> Result<Self, JsonError> {
        let retry = match object.object("retry")? {
            Some(retry) => RetryPolicy::decode(&retry, violations)?,
            None => None,
        };
        let ordered = object.boolean("ordered")?.unwrap_or_default();
        let paused = object.boolean("paused")?.unwrap_or_default();
        let paused_reason = object
            .string("pausedReason")?
            .filter(|reason| paused && !reason.is_empty())
            .map(Cow::into_owned);

        let is_too_long = |reason: &String| reason.len() > MAX_PAUSED_REASON_BYTES;
        let unless_async = |is_set: bool| (is_set && r#type == SubscriptionType::Sync).then_some("eq=async");
        violations
            .check("Retry", unless_async(retry.is_some()))
            .check("Ordered", unless_async(ordered))
            .check("Paused", unless_async(paused))
            .check(
                "PausedReason",
                paused_reason.as_ref().is_some_and(is_too_long).then_some("max"),
            );
        Ok(Self {
            retry,
            ordered,
            paused,
            paused_reason,
        })
    }
}

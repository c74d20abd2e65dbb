//! Records of the delivery log: one attempt to bring one event to one subscriber.

use serde::{Deserialize, Serialize};

use crate::delivery::Delivery;
use crate::ids::{DeliveryId, FunctionId, Space, SubscriptionId};

/// One attempt, as the delivery log keeps it and the Configuration API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryAttempt {
    /// When it began, in milliseconds since the Unix epoch.
    pub at: u64,
    /// The delivery.
    #[schema(value_type = String)]
    pub delivery_id: DeliveryId,
    /// Space of the subscription.
    #[schema(value_type = String)]
    pub space: Space,
    /// The subscription.
    #[schema(value_type = String)]
    pub subscription_id: SubscriptionId,
    /// Its function.
    #[schema(value_type = String)]
    pub function_id: FunctionId,
    /// Which of its functions was called, the last one where others stood in, if it is a weighted one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub variant: Option<FunctionId>,
    /// Id of the event, as its producer gave it.
    pub event_id: String,
    /// Type of the event.
    pub event_type: String,
    /// Id of the request that the event came in with, if requests have ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub request_id: Option<String>,
    /// Number of the attempt, from 1; 0 where none was made.
    pub attempt: u32,
    /// What came of it.
    pub outcome: AttemptOutcome,
    /// HTTP status code of the function's answer, where it speaks HTTP and did answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub status: Option<u16>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub error: Option<String>,
    /// How long the call took, in milliseconds.
    pub duration_ms: u64,
    /// When the next attempt is due, in milliseconds since the Unix epoch, if there is to be one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_attempt_at: Option<u64>,
}

impl DeliveryAttempt {
    /// An attempt at a delivery that began then, about which nothing else is to say.
    pub fn of(delivery: &Delivery, at: u64, attempt: u32, outcome: AttemptOutcome) -> Self {
        let trace = delivery.arrival.trace.as_ref();
        let request_id = trace.and_then(|trace| trace.request_id());
        Self {
            at,
            delivery_id: delivery.id.clone(),
            space: delivery.space.clone(),
            subscription_id: delivery.subscription.clone(),
            function_id: delivery.function.clone(),
            variant: None,
            event_id: delivery.event.id().to_owned(),
            event_type: delivery.event.event_type().to_owned(),
            request_id: request_id.map(str::to_owned),
            attempt,
            outcome,
            status: None,
            error: None,
            duration_ms: 0,
            next_attempt_at: None,
        }
    }
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum AttemptOutcome {
    /// The function took the event.
    Delivered,
    /// It failed and is to be tried again.
    Retrying,
    /// It failed and went to the dead letters.
    DeadLettered,
    /// The function is gone: the subscription was paused and the delivery waits.
    Paused,
    /// The authorizer of the event type does not allow it: the function is not called.
    Denied,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_form() {
        let start = r#"{"at":1795255200000,"deliveryId":"d-1","space":"default","subscriptionId":"c3Vi","functionId":"f","eventId":"1","eventType":"user.created","attempt":"#;
        for (rest, outcome) in [
            (
                r#"1,"outcome":"delivered","status":200,"durationMs":12}"#,
                AttemptOutcome::Delivered,
            ),
            (
                r#"2,"outcome":"retrying","status":503,"error":"status 503","durationMs":5000,"nextAttemptAt":1795255201250}"#,
                AttemptOutcome::Retrying,
            ),
            (
                r#"185,"outcome":"deadLettered","error":"connection refused","durationMs":0}"#,
                AttemptOutcome::DeadLettered,
            ),
            (
                r#"1,"outcome":"paused","status":410,"error":"status 410","durationMs":3}"#,
                AttemptOutcome::Paused,
            ),
            (
                r#"0,"outcome":"denied","error":"the authorizer refused: no","durationMs":4}"#,
                AttemptOutcome::Denied,
            ),
        ] {
            let text = format!("{start}{rest}");
            let attempt: DeliveryAttempt = serde_json::from_str(&text).unwrap();
            assert_eq!(attempt.outcome, outcome);
            assert_eq!(serde_json::to_string(&attempt).unwrap(), text);
        }
    }

    #[test]
    fn what_is_absent_may_be_null() {
        let text = r#"{"at":1,"deliveryId":"d","space":"s","subscriptionId":"s","functionId":"f","eventId":"","eventType":"t","attempt":1,"outcome":"delivered","status":null,"error":null,"durationMs":0,"nextAttemptAt":null}"#;
        let attempt: DeliveryAttempt = serde_json::from_str(text).unwrap();
        assert_eq!(
            (attempt.status, attempt.error, attempt.next_attempt_at),
            (None, None, None)
        );
        for missing in ["\"at\":1,", "\"attempt\":1,", "\"outcome\":\"delivered\","] {
            assert!(serde_json::from_str::<DeliveryAttempt>(&text.replace(missing, "")).is_err());
        }
    }
}

//! Pauses of subscriptions that are asked for: a process that delivers need not be allowed to write the configuration. What
//! follows the stream of the table carries them out.

use std::time::Duration;

use clocks::{millis, since_epoch};
use domain::ids::{Space, SubscriptionId};
use domain::resource::MAX_PAUSED_REASON_BYTES;
use serde::{Deserialize, Serialize};

use super::DynamoDb;
use super::items::pause_item;
use super::table::unavailable;
use crate::error::{CorruptValue, StoreError};

/// How long a request is kept, which the stream tells in milliseconds.
const KEPT: Duration = Duration::from_hours(1);

/// A pause that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseRequest {
    /// Space of the subscription.
    pub space: Space,
    /// The subscription.
    pub subscription: SubscriptionId,
    /// Why.
    pub reason: String,
}

impl PauseRequest {
    /// Reads what an item says. A reason that is too long is cut.
    pub fn parse(text: &str) -> Result<Self, CorruptValue> {
        let mut request: Self = serde_json::from_str(text)?;
        while request.reason.len() > MAX_PAUSED_REASON_BYTES {
            request.reason.pop();
        }
        Ok(request)
    }
}

impl DynamoDb {
    /// Whether this process only asks for pauses.
    pub(crate) fn pauses_by_request(&self) -> bool {
        self.0.pauses_by_request
    }

    /// Asks for a pause.
    pub(crate) async fn request_pause(&self, request: &PauseRequest) -> Result<(), StoreError> {
        let now = since_epoch(self.0.clock.now().wall);
        let PauseRequest {
            space, subscription, ..
        } = request;
        let text = serde_json::to_string(request).map_err(StoreError::unavailable)?;
        let item = pause_item(space, subscription, text, millis(now), (now + KEPT).as_secs());
        let table = &self.0.table;
        let call = table.client.put_item().table_name(&table.name);
        call.set_item(Some(item)).send().await.map_err(unavailable)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_cut_to_what_a_subscription_takes() {
        let of = |reason: String| {
            let request = PauseRequest {
                space: "default".into(),
                subscription: "a".into(),
                reason,
            };
            PauseRequest::parse(&serde_json::to_string(&request).unwrap()).unwrap()
        };
        assert_eq!(of("gone".to_owned()).reason, "gone");
        let cut = of("é".repeat(MAX_PAUSED_REASON_BYTES)).reason;
        assert_eq!(cut.len(), MAX_PAUSED_REASON_BYTES);
        assert!(PauseRequest::parse("{").is_err());
    }
}

//! The two types of subscriptions.

use serde::{Deserialize, Serialize};

/// Whether the caller waits for the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SubscriptionType {
    /// The event is queued and the caller answered at once.
    Async,
    /// The function's response is the caller's answer.
    Sync,
}

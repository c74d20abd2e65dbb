//! Deliveries that were given up, kept until someone looks: the form of the Configuration API and of both stores.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::delivery::Arrival;
use crate::event::Event;
use crate::ids::{DeliveryId, FunctionId, Space, SubscriptionId};

/// Most bytes of a function's response that are kept.
pub const MAX_RESPONSE_BYTES: usize = 1024;

/// Most bytes of each text of a [`DeadLetterSummary`] that a producer or a function made up.
const MAX_SUMMARY_TEXT_BYTES: usize = 1024;

/// Most bytes of JSON in a page of dead letters, unless there is but one: an answer of a Lambda function has 6 MB, and
/// quotes and backslashes count twice there.
pub const MAX_PAGE_BYTES: usize = 4 * 1024 * 1024;

/// A delivery that was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// Identifier of the delivery, and of the dead letter.
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
    /// Why it was given up.
    pub reason: DeadLetterReason,
    /// What the last attempt failed with, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub error: Option<String>,
    /// What the function last answered, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub last_response: Option<LastResponse>,
    /// Attempts that were made.
    pub attempts: u32,
    /// When the event was accepted, in milliseconds since the Unix epoch.
    pub accepted_at: u64,
    /// When the delivery was given up, in milliseconds since the Unix epoch.
    pub dead_at: u64,
    /// Key that the delivery was ordered by, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ordering_key: Option<String>,
    /// How the event came in; absent where there is nothing to say.
    #[serde(default, skip_serializing_if = "Arrival::is_plain")]
    #[schema(nullable = false)]
    pub arrival: Arrival,
    /// The event.
    #[schema(value_type = Object)]
    #[serde(serialize_with = "serialize_event", deserialize_with = "deserialize_event")]
    pub event: Arc<Event>,
}

fn serialize_event<S: Serializer>(event: &Arc<Event>, serializer: S) -> Result<S::Ok, S::Error> {
    event.serialize(serializer)
}

fn deserialize_event<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<Event>, D::Error> {
    Event::deserialize(deserializer).map(Arc::new)
}

/// What a list shows of a dead letter where its event is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetterSummary {
    /// Identifier of the delivery, and of the dead letter.
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
    /// Why it was given up.
    pub reason: DeadLetterReason,
    /// What the last attempt failed with, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub error: Option<String>,
    /// What the function last answered, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub last_response: Option<LastResponse>,
    /// Attempts that were made.
    pub attempts: u32,
    /// When the event was accepted, in milliseconds since the Unix epoch.
    pub accepted_at: u64,
    /// When the delivery was given up, in milliseconds since the Unix epoch.
    pub dead_at: u64,
    /// Key that the delivery was ordered by, if it was, at most 1024 bytes of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ordering_key: Option<String>,
    /// Id of the event, as its producer gave it, at most 1024 bytes of it.
    pub event_id: String,
    /// Type of the event, at most 1024 bytes of it.
    pub event_type: String,
    /// Bytes of the dead letter with its event, as JSON.
    pub bytes: u64,
}

/// Why a delivery was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DeadLetterReason {
    /// It failed in a way that every further attempt would.
    PermanentFailure,
    /// All the attempts that its policy allows failed.
    AttemptsExhausted,
    /// It became older than its policy allows.
    Expired,
    /// Its subscription was deleted.
    SubscriptionDeleted,
    /// Its function does not exist.
    FunctionNotFound,
    /// The authorizer of its event type could not be asked. Queued again, it is asked again.
    AuthorizerFailed,
    /// A hook refused the event, Queued again, it is asked again.
    HookRefused,
    /// The event comes back for ever: its function, or what that leads to, is the gateway itself.
    Loop,
    /// The transform of the subscription failed, or gave no event. Its function was not called.
    TransformFailed,
}

impl DeadLetterReason {
    /// The word of the API, which is that of the log as well.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PermanentFailure => "permanentFailure",
            Self::AttemptsExhausted => "attemptsExhausted",
            Self::Expired => "expired",
            Self::SubscriptionDeleted => "subscriptionDeleted",
            Self::FunctionNotFound => "functionNotFound",
            Self::AuthorizerFailed => "authorizerFailed",
            Self::HookRefused => "hookRefused",
            Self::Loop => "loop",
            Self::TransformFailed => "transformFailed",
        }
    }
}

/// What a function answered to the last attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastResponse {
    /// HTTP status code, where the function speaks HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub status: Option<u16>,
    /// Beginning of the body, at most 1024 bytes; what is no UTF-8 is replaced.
    pub body: String,
}

impl DeadLetter {
    /// All but the event, with texts of the producer and the function cut; `bytes` are those of the whole as JSON.
    pub fn summary(&self, bytes: usize) -> DeadLetterSummary {
        DeadLetterSummary {
            delivery_id: self.delivery_id.clone(),
            space: self.space.clone(),
            subscription_id: self.subscription_id.clone(),
            function_id: self.function_id.clone(),
            reason: self.reason,
            error: self.error.as_deref().map(beginning),
            last_response: self.last_response.clone(),
            attempts: self.attempts,
            accepted_at: self.accepted_at,
            dead_at: self.dead_at,
            ordering_key: self.ordering_key.as_deref().map(beginning),
            event_id: beginning(self.event.id()),
            event_type: beginning(self.event.event_type()),
            bytes: bytes as u64,
        }
    }
}

/// At most [`MAX_SUMMARY_TEXT_BYTES`] of a text, in whole characters.
fn beginning(text: &str) -> String {
    text[..text.floor_char_boundary(MAX_SUMMARY_TEXT_BYTES)].to_owned()
}

impl LastResponse {
    /// Keeps the beginning of a body, at most [`MAX_RESPONSE_BYTES`] of whole characters. `status` is the HTTP status
    /// code, where there is one.
    pub fn new(status: Option<u16>, body: &[u8]) -> Self {
        // A character takes four bytes at most: with three more than are kept, none of those is cut in two.
        let beginning = &body[..body.len().min(MAX_RESPONSE_BYTES + 3)];
        let mut body = String::from_utf8_lossy(beginning).into_owned();
        body.truncate(body.floor_char_boundary(MAX_RESPONSE_BYTES));
        Self { status, body }
    }
}

/// Which dead letters of a space are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeadLetterSelection {
    /// All of them.
    All,
    /// Those of a subscription.
    OfSubscription(SubscriptionId),
    /// A single one.
    One(DeliveryId),
}

/// Some of the dead letters of a space, the oldest first: whole, or as [`DeadLetterSummary`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetterPage<T = DeadLetter> {
    /// At most as many as were asked for, and of at most [`MAX_PAGE_BYTES`] unless it is one.
    pub dead_letters: Vec<T>,
    /// What to ask for the next ones with; `None` when these are the last. Opaque, printable ASCII.
    pub next: Option<String>,
    /// Dead letters of the space that were dropped before anyone looked: they were too old, or too many. Counted since
    /// all of the space were last deleted, and 0 where that is not counted.
    pub dropped: u64,
}

#[cfg(test)]
mod tests;

//! What hooks are asked, and what their answers mean (docs/middleware.md).

use serde::Serialize;

use crate::event::Event;
use crate::ids::{FunctionId, Space, SubscriptionId};
use crate::json::Json;
use crate::resource::HookPoint;

mod answer;
mod error;
mod refusal;
mod successor;
#[cfg(test)]
mod tests;

pub use answer::HookAnswer;
pub use error::HookAnswerError;
pub use refusal::HookRefusal;

/// The payload that a hook receives.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HookQuestion<'a> {
    /// Where on the way of the event it is asked.
    pub point: HookPoint,
    /// Its space.
    pub space: &'a Space,
    /// Whose function is to be called, or was.
    #[serde(flatten)]
    pub subscriber: Option<HookSubscriber<'a>>,
    /// The event, as functions get it.
    pub event: &'a Event,
    /// The request that it came with: an [`HttpRequest`](crate::event::HttpRequest). Absent where it came out of the queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<&'a Json>,
    /// What the function answered: an [`AnswerView`](crate::function_response::AnswerView).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<&'a Json>,
    /// What the hook says of itself.
    pub config: &'a Json,
}

/// Whose function is to be called, or was.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HookSubscriber<'a> {
    /// The subscription.
    pub subscription_id: &'a SubscriptionId,
    /// Its function.
    pub function_id: &'a FunctionId,
    /// Number of the attempt, from 1; absent where a client waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
}

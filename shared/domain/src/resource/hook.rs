//! Hooks of spaces, event types and subscriptions: functions that are asked on the way of an event, and may change it or end
//! its way (docs/middleware.md).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::FunctionId;
use crate::json::Json;

mod decode;
mod error;
#[cfg(test)]
mod tests;

pub(super) use decode::{HookOwner, decode};
pub(crate) use decode::{check_whens, compile_when};
pub use error::HookError;

/// Most hooks that one event meets at one point, those of the space, the event type and the subscription together.
pub const MAX_HOOKS: usize = 8;
/// Time of a hook that names none.
pub const DEFAULT_HOOK_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest time that a hook may name, in milliseconds.
pub const MAX_HOOK_TIMEOUT_MS: u32 = 60_000;
/// Most bytes of the JSON of a hook's `config`.
pub const MAX_HOOK_CONFIG_BYTES: usize = 8 * 1024;

/// A function that is asked on the way of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hook {
    /// Where on the way it is asked.
    pub point: HookPoint,
    /// The function: one of the same space that answers.
    #[schema(value_type = String, min_length = 1)]
    pub function_id: FunctionId,
    /// What follows where it fails or cannot be asked; `deny` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub on_error: Option<OnHookError>,
    /// Milliseconds that it may take; 1 to 60000, 5000 by default, and never longer than the gateway is set to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 60_000, nullable = false)]
    pub timeout_ms: Option<u32>,
    /// A filter, as in `filters` of a subscription: of other events it is not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object, additional_properties = true, nullable = false)]
    pub when: Option<Json>,
    /// What it is told besides: any object of at most 8192 bytes. It is shown to whoever reads the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object, additional_properties = true, nullable = false)]
    pub config: Option<Json>,
}

/// Where on the way of an event a hook is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum HookPoint {
    /// Before the event is matched, and before anything is promised to its sender.
    Receive,
    /// Before the function of a subscription is called.
    Deliver,
    /// Before the answer of a sync subscription's function goes to the caller.
    Answer,
}

/// What follows where a hook fails or cannot be asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum OnHookError {
    /// The event goes no further.
    #[default]
    Deny,
    /// The event goes on as if there were no such hook.
    Skip,
}

impl HookPoint {
    /// All of them, in the order in which an event meets them.
    pub const ALL: [Self; 3] = [Self::Receive, Self::Deliver, Self::Answer];

    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::Deliver => "deliver",
            Self::Answer => "answer",
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|point| point.as_str() == name)
    }
}

impl OnHookError {
    fn of_name(name: &str) -> Option<Self> {
        match name {
            "deny" => Some(Self::Deny),
            "skip" => Some(Self::Skip),
            _ => None,
        }
    }
}

impl Hook {
    /// What follows where it fails or cannot be asked.
    pub fn on_error(&self) -> OnHookError {
        self.on_error.unwrap_or_default()
    }

    /// How long it may take.
    pub fn timeout(&self) -> Duration {
        self.timeout_ms.map_or(DEFAULT_HOOK_TIMEOUT, |millis| {
            Duration::from_millis(u64::from(millis))
        })
    }
}

/// How many of some hooks are at a point.
pub fn hooks_at(hooks: &[Hook], point: HookPoint) -> usize {
    hooks.iter().filter(|hook| hook.point == point).count()
}

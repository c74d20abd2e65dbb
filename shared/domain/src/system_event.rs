//! The gateway's own events (docs/contract.md §4.1): what happened to a request or to a function call.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use serde::Serialize;

use crate::audit::{Actor, ChangeOperation, ChangedResource};
use crate::event::{Envelope, Event, EventStamp};
use crate::ids::{FunctionId, Space};
use crate::json::Json;
use crate::timestamp::Timestamp;
use crate::usage::UsageCounts;

/// A step in the life of an event that can be subscribed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemEventType {
    /// A request was accepted.
    EventReceived,
    /// A function is about to be called.
    FunctionInvoking,
    /// A function has answered.
    FunctionInvoked,
    /// A function call has failed.
    FunctionInvocationFailed,
    /// A day is over on which a space used something.
    UsageDaily,
    /// A resource was created, changed or deleted.
    ConfigChanged,
}

impl SystemEventType {
    /// Its event type.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EventReceived => "eventgateway.event.received",
            Self::FunctionInvoking => "eventgateway.function.invoking",
            Self::FunctionInvoked => "eventgateway.function.invoked",
            Self::FunctionInvocationFailed => "eventgateway.function.invocationFailed",
            Self::UsageDaily => "eventgateway.usage.daily",
            Self::ConfigChanged => "eventgateway.config.changed",
        }
    }
}

/// A system event and its data.
#[derive(Debug, Clone, Copy)]
pub enum SystemEvent<'a> {
    /// A request was accepted.
    EventReceived {
        /// Effective path of the request.
        path: &'a str,
        /// The event it carries.
        event: &'a Event,
        /// Its headers.
        headers: &'a HeaderMap,
    },
    /// A function is about to be called.
    FunctionInvoking(FunctionCall<'a>),
    /// A function has answered.
    FunctionInvoked {
        /// The call.
        call: FunctionCall<'a>,
        /// What the function returned (Q6).
        result: &'a [u8],
    },
    /// A function call has failed.
    FunctionInvocationFailed {
        /// The call.
        call: FunctionCall<'a>,
        /// The error text of docs/contract.md §3.5 (Q7).
        error: &'a str,
    },
    /// A day is over on which a space used something.
    UsageDaily {
        /// The space.
        space: &'a Space,
        /// Begin of the day, in UTC.
        day: Timestamp,
        /// What it used.
        counts: UsageCounts,
    },
    /// A resource was created, changed or deleted.
    ConfigChanged(ConfigChange<'a>),
}

/// What was changed of a configuration, and by whom: no values, and no address.
#[derive(Debug, Clone, Copy)]
pub struct ConfigChange<'a> {
    /// The space.
    pub space: &'a Space,
    /// How many changes the space has seen with this one.
    pub version: u64,
    /// The resource.
    pub changed: &'a ChangedResource,
    /// Who.
    pub actor: &'a Actor,
}

/// Which function is called with which event.
#[derive(Debug, Clone, Copy)]
pub struct FunctionCall<'a> {
    /// Space of the function.
    pub space: &'a Space,
    /// The function.
    pub function: &'a FunctionId,
    /// The event.
    pub event: &'a Event,
}

#[derive(Serialize)]
struct ReceivedData<'a> {
    path: &'a str,
    event: &'a Event,
    headers: BTreeMap<String, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CallData<'a> {
    space: &'a Space,
    function_id: &'a FunctionId,
    event: &'a Event,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorData<'a>>,
}

#[derive(Serialize)]
struct ConfigData<'a> {
    space: &'a Space,
    version: u64,
    operation: ChangeOperation,
    kind: &'a str,
    id: &'a str,
    actor: &'a Actor,
}

#[derive(Serialize)]
struct UsageData<'a> {
    space: &'a Space,
    day: &'a str,
    usage: UsageCounts,
}

#[derive(Serialize)]
struct ErrorData<'a> {
    message: &'a str,
}

impl SystemEvent<'_> {
    /// Its type.
    pub fn event_type(&self) -> SystemEventType {
        match self {
            Self::EventReceived { .. } => SystemEventType::EventReceived,
            Self::FunctionInvoking(_) => SystemEventType::FunctionInvoking,
            Self::FunctionInvoked { .. } => SystemEventType::FunctionInvoked,
            Self::FunctionInvocationFailed { .. } => SystemEventType::FunctionInvocationFailed,
            Self::UsageDaily { .. } => SystemEventType::UsageDaily,
            Self::ConfigChanged(_) => SystemEventType::ConfigChanged,
        }
    }

    /// The space whose subscribers alone may know of it; `None` where all on its path do.
    pub fn only_for(&self) -> Option<&Space> {
        match self {
            Self::UsageDaily { space, .. } | Self::ConfigChanged(ConfigChange { space, .. }) => Some(space),
            Self::EventReceived { .. }
            | Self::FunctionInvoking(_)
            | Self::FunctionInvoked { .. }
            | Self::FunctionInvocationFailed { .. } => None,
        }
    }

    /// The event that subscribers get.
    pub fn to_event(&self, stamp: EventStamp) -> Event {
        let data = match self {
            Self::EventReceived { path, event, headers } => Json::from_value(&ReceivedData {
                path,
                event,
                headers: crate::event::flatten_headers(headers),
            }),
            Self::FunctionInvoking(call) => call.data(None, None),
            Self::FunctionInvoked { call, result } => call.data(Some(STANDARD.encode(result)), None),
            Self::FunctionInvocationFailed { call, error } => call.data(None, Some(error)),
            Self::ConfigChanged(change) => Json::from_value(&ConfigData {
                space: change.space,
                version: change.version,
                operation: change.changed.operation,
                kind: &change.changed.kind,
                id: &change.changed.id,
                actor: change.actor,
            }),
            Self::UsageDaily { space, day, counts } => {
                let begin = String::from(*day);
                let day = begin.split('T').next().unwrap_or_default();
                Json::from_value(&UsageData {
                    space,
                    day,
                    usage: *counts,
                })
            }
        };
        let event_type = self.event_type().as_str();
        Event::V0_1(Box::new(Envelope::generated(
            stamp,
            event_type,
            "application/json",
            data,
        )))
    }
}

impl FunctionCall<'_> {
    fn data(&self, result: Option<String>, error: Option<&str>) -> Json {
        let error = error.map(|message| ErrorData { message });
        Json::from_value(&CallData {
            space: self.space,
            function_id: self.function,
            event: self.event,
            result,
            error,
        })
    }
}

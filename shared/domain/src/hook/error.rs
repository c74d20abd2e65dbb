//! Why the answer of a hook cannot be read.

use crate::event::EventError;
use crate::function_response::MalformedResponse;
use crate::hops::HopsError;
use crate::json::JsonError;

/// An answer of a hook that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HookAnswerError {
    /// It is not JSON of the right shape.
    #[error("the answer of the hook is malformed: {0}")]
    Json(#[from] JsonError),
    /// It is JSON, but says nothing that is understood.
    #[error(
        "the answer of the hook is malformed: it must be empty, or have one of event, response and error"
    )]
    Unknown,
    /// It says several things at a time.
    #[error("the answer of the hook is malformed: event, response and error exclude each other")]
    Several,
    /// The answer of a function is no event.
    #[error("the answer of the hook is malformed: at the point answer there is no event to replace")]
    NoEvent,
    /// Its event is none.
    #[error("the event of the hook cannot be taken: {0}")]
    Event(#[from] EventError),
    /// Its event does not say how often it was passed on.
    #[error("the event of the hook cannot be taken: {0}")]
    Hops(#[from] HopsError),
    /// Its event is another one.
    #[error("the event of the hook cannot be taken: its {0} must stay as it was")]
    Changed(&'static str),
    /// Its response is none.
    #[error("the response of the hook cannot be taken: {}", std::error::Error::source(.0).map(ToString::to_string).unwrap_or_default())]
    Response(#[from] MalformedResponse),
    /// It refuses the event with a status that says something else.
    #[error("the answer of the hook is malformed: statusCode of its error must be from 400 to 499")]
    RefusalStatus,
}

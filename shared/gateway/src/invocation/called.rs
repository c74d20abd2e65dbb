//! What comes of a call.

use domain::passthrough::NotPassedOn;
use domain::resource::ResponseMode;
use targets::{AccessDeniedCode, FunctionAnswer, InvokeError};

use super::transforms::Untransformed;

/// A function that could not be called or that failed. The text goes to logs and system events, never to clients.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// There is no such function.
    #[error("unable to look up registered function")]
    UnknownFunction,
    /// It cannot be called for now, for a reason that is not its own: the store cannot decrypt its secrets.
    #[error("Function call failed. Error: the secrets of the function cannot be decrypted for now")]
    Sealed,
    /// Its client's request cannot be passed on.
    #[error(transparent)]
    NotPassedOn(NotPassedOn),
    /// What it is to get, or what it answered, cannot be transformed.
    #[error(transparent)]
    Untransformed(#[from] Untransformed),
    /// Its target failed.
    #[error(transparent)]
    Invoke(#[from] InvokeError),
}

impl CallError {
    /// Whether the call failed because the gateway had no room for the answer, which says nothing about the function.
    pub fn is_overload(&self) -> bool {
        matches!(self, Self::Invoke(error) if error.is_overload())
    }

    /// The refused credentials that a caller is told about (docs/contract.md §2.6).
    pub fn access_denied_code(&self) -> Option<AccessDeniedCode> {
        match self {
            Self::Invoke(err) => err.access_denied_code(),
            Self::UnknownFunction | Self::Sealed | Self::NotPassedOn(_) | Self::Untransformed(_) => None,
        }
    }
}

/// What a function answered.
#[derive(Debug)]
pub(crate) struct CallResult {
    pub(crate) answer: FunctionAnswer,
    /// Whether it only takes events in and has no answer for a caller (Q23).
    pub(crate) is_connector: bool,
    /// How the answer is read.
    pub(crate) mode: ResponseMode,
}

/// The result of a call.
pub(crate) type Called = Result<CallResult, CallError>;

/// HTTP status code of what a function answered, if it did: also of an answer that makes the call a failure.
pub(crate) fn answered_status(called: &Called) -> Option<u16> {
    match called {
        Ok(CallResult { answer, .. }) => answer
            .status
            .or_else(|| answer.rejection.as_ref().map(|rejection| rejection.status)),
        Err(CallError::Invoke(error)) => error.last_response()?.status,
        Err(_) => None,
    }
}

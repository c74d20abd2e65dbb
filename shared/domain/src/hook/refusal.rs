//! What a hook says that lets an event go no further.

use http::StatusCode;
use serde_json::value::RawValue;

use super::HookAnswerError;
use crate::json::{Object, kind, string};

/// Most bytes of what a caller is told.
const MAX_MESSAGE_BYTES: usize = 1024;

/// A refusal by a hook.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct HookRefusal {
    /// Status of the answer to a caller: 400 to 499.
    pub status: StatusCode,
    /// What a caller is told, at most 1024 bytes.
    pub message: String,
}

impl HookRefusal {
    /// With this status, and its name as the message.
    pub fn of_status(status: StatusCode) -> Self {
        Self {
            status,
            message: status.canonical_reason().unwrap_or("Forbidden").to_owned(),
        }
    }

    /// Reads the member `error`: a text, or an object with `message` and `statusCode`, none of which has to be there.
    pub(super) fn of_error(error: &RawValue) -> Result<Self, HookAnswerError> {
        let (status, message) = if kind(error) == "string" {
            (None, string(error, "error")?.into_owned())
        } else {
            let object = Object::from_raw(error, "error")?;
            (object.integer("statusCode")?, object.string_or_empty("message")?)
        };
        let status = match status {
            None => StatusCode::FORBIDDEN,
            Some(code) => {
                let code = u16::try_from(code)
                    .ok()
                    .and_then(|code| StatusCode::from_u16(code).ok());
                code.filter(StatusCode::is_client_error)
                    .ok_or(HookAnswerError::RefusalStatus)?
            }
        };
        let mut refusal = Self::of_status(status);
        if !message.is_empty() {
            refusal.message = message;
            let end = refusal.message.floor_char_boundary(MAX_MESSAGE_BYTES);
            refusal.message.truncate(end);
        }
        Ok(refusal)
    }
}

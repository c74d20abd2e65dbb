//! Why the result of a function is no answer. The wire says one text for all of them (docs/contract.md §2.6); the log
//! says which it was.

use crate::json::JsonError;

/// A function result that is no response object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("HTTP response object malformed")]
pub struct MalformedResponse(#[source] Malformation);

/// What is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformation {
    /// It is no JSON, or has a member of another type.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// It has to be JSON, and is none.
    #[error("the result is not exactly one JSON value")]
    NoJson,
    /// No final answer has this status (Q19).
    #[error("statusCode must be from 200 to 999")]
    StatusCode,
    /// More headers than an answer can have.
    #[error("headers has too many members")]
    TooManyHeaders,
    /// The body was to be decoded.
    #[error("body must be base64, since isBase64Encoded is true")]
    Base64,
}

impl<M: Into<Malformation>> From<M> for MalformedResponse {
    fn from(malformation: M) -> Self {
        Self(malformation.into())
    }
}

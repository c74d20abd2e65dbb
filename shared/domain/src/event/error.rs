//! Why a request holds no event.

use super::cloud_event_error::CloudEventError;
use super::content_type::ContentTypeError;
use super::time::TimeError;
use crate::json::JsonError;
use crate::validation::Violations;

/// Why a request holds no event that can be accepted. The texts are the wire's (docs/contract.md §2.5).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// The body is not JSON of the right shape.
    #[error("{}", .0.event_text())]
    Json(#[source] JsonError),
    /// There are more attributes than this gateway takes of one event.
    #[error(
        "CloudEvent doesn't validate: it has more than {limit} attributes, the most that this gateway takes"
    )]
    TooManyAttributes {
        /// The limit.
        limit: usize,
    },
    /// A timestamp is not RFC 3339.
    #[error(transparent)]
    Time(#[from] TimeError),
    /// Attributes are missing or have the wrong form.
    #[error("CloudEvent doesn't validate: {0}")]
    Attributes(#[from] Violations),
    /// A 0.3 or 1.0 event breaks its specification.
    #[error("CloudEvent doesn't validate: {0}")]
    CloudEvent(#[from] CloudEventError),
    /// The content type cannot be parsed.
    #[error(transparent)]
    ContentType(#[from] ContentTypeError),
    /// There are more events in a batch than this gateway takes of one.
    #[error("batch has more than {limit} events, the most that this gateway takes")]
    BatchTooLong {
        /// The limit.
        limit: usize,
    },
    /// An event of a batch is wrong.
    #[error("event {index} of the batch: {error}")]
    InBatch {
        /// Place in the batch, from 0.
        index: usize,
        /// What is wrong with it.
        #[source]
        error: Box<EventError>,
    },
}

impl From<JsonError> for EventError {
    fn from(err: JsonError) -> Self {
        match err {
            JsonError::TooManyMembers { most } => Self::TooManyAttributes { limit: most },
            JsonError::TooManyElements { most } => Self::BatchTooLong { limit: most },
            other => Self::Json(other),
        }
    }
}

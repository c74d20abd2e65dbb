//! What is wrong where schemas are asked for.

use domain::ids::EventTypeName;
use http::StatusCode;

use super::ApiError;

impl ApiError {
    /// The answer to a request for a version of a schema that is not there.
    pub(crate) fn no_schema_version(event_type: &str, version: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            format!("Version {version:?} of the schema of the event type {event_type:?} not found."),
        )
    }

    /// The answer where a schema of recent events is wanted and this process keeps none.
    pub(crate) fn no_recent_events_here() -> Self {
        Self::new(
            StatusCode::NOT_IMPLEMENTED,
            "no recent events are kept here: give \"events\", or run the gateway as one process with --recent-events-bytes",
        )
    }

    /// The answer where a schema of recent events is wanted and none is known.
    pub(crate) fn no_recent_events(event_type: &EventTypeName) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            format!(
                "No event of type {:?} with JSON data has lately reached a subscriber of this space here.",
                event_type.as_str()
            ),
        )
    }
}

//! Whether a request may reach a space that wants a key.

use clocks::epoch_millis;
use domain::ids::Space;
use domain::routing::{KeyRefusal, Sending};
use http::HeaderValue;

use super::Arrived;
use crate::error::GatewayError;

/// How a client proves who it is. No realm: the client knows where it sends to.
const WANTED: HeaderValue = HeaderValue::from_static("Bearer realm=\"event-gateway\"");
/// The same to one that sends what is no key of the space.
const UNKNOWN: HeaderValue =
    HeaderValue::from_static("Bearer realm=\"event-gateway\", error=\"invalid_token\"");
/// To one whose key does not allow it.
const BEYOND: HeaderValue = HeaderValue::from_static(
    "Bearer realm=\"event-gateway\", error=\"insufficient_scope\", scope=\"events:emit\"",
);

impl Arrived<'_> {
    /// Refuses a request without a key for the space that owns its path, whatever else there is on it.
    pub(crate) fn admitted_to_path(&self) -> Result<(), GatewayError> {
        match self.table.guarding(&self.path.path) {
            Some(space) => self.admitted(space, None),
            None => Ok(()),
        }
    }

    /// Refuses an event of a type, if that is known, without a key for a space.
    pub(crate) fn admitted(&self, space: &Space, event_type: Option<&str>) -> Result<(), GatewayError> {
        let sending = Sending {
            key: self.key,
            event_type,
            path: &self.path.path,
            now: epoch_millis(),
        };
        self.table
            .admits(space, &sending)
            .map_err(|refusal| match refusal {
                KeyRefusal::Missing => GatewayError::Unauthorized {
                    challenge: Some(WANTED),
                },
                KeyRefusal::Unknown => GatewayError::Unauthorized {
                    challenge: Some(UNKNOWN),
                },
                KeyRefusal::Beyond => GatewayError::Forbidden {
                    challenge: Some(BEYOND),
                },
            })
    }
}

//! Redirects (docs/contract.md §3.2): 301, 302 and 303 turn the call into a GET without body, 307 and 308 repeat it. A GET
//! without the event is no delivery of it, so that one from the queue ends there.

use http::header::LOCATION;
use http::{Response, StatusCode};

use super::destination::{Destination, UrlError};
use crate::error::InvokeError;

/// Most redirects that one call follows.
const MAX_REDIRECTS: u32 = 10;

/// The next request of a redirected call.
#[derive(Debug)]
pub(super) struct Redirect {
    pub(super) destination: Destination,
    /// Whether the event is posted again.
    pub(super) keeps_event: bool,
}

#[derive(Debug, thiserror::Error)]
enum RedirectError {
    #[error("stopped after {MAX_REDIRECTS} redirects")]
    TooMany,
    #[error(
        "redirected to another server, which a call with method, headers, authorization or tls of its own does not follow"
    )]
    Elsewhere,
    #[error("redirected to an unusable location")]
    Location(#[source] UrlError),
}

/// Whether a status asks for a call without the event.
pub(super) fn drops_event(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND | StatusCode::SEE_OTHER
    )
}

/// The redirect that an answer asks for. One without a `Location` is an answer like any other.
pub(super) fn of<B>(response: &Response<B>, from: &Destination) -> Result<Option<Redirect>, InvokeError> {
    let keeps_event = match response.status() {
        status if drops_event(status) => false,
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => true,
        _ => return Ok(None),
    };
    let Some(location) = response.headers().get(LOCATION).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    std::str::from_utf8(location.as_bytes())
        .map_err(|_| UrlError::Malformed)
        .and_then(|location| from.redirected(location))
        .map(|destination| {
            Some(Redirect {
                destination,
                keeps_event,
            })
        })
        .map_err(|error| InvokeError::unusable(RedirectError::Location(error)))
}

/// Fails the call once it has been redirected too often.
pub(super) fn check_count(followed: u32) -> Result<(), InvokeError> {
    if followed > MAX_REDIRECTS {
        Err(InvokeError::unusable(RedirectError::TooMany))
    } else {
        Ok(())
    }
}

/// Fails a call that is meant for one server only and is sent elsewhere.
pub(super) fn check_origin(to: &Destination) -> Result<(), InvokeError> {
    if to.is_own {
        Ok(())
    } else {
        Err(InvokeError::unusable(RedirectError::Elsewhere))
    }
}

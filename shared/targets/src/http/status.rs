//! What the status of an HTTP function says about the delivery, and about another attempt.
//!
//! | status | class | why |
//! |---|---|---|
//! | 2xx | the event is taken | |
//! | 408, 409, 423, 425 | transient | a slow, busy or locked function, a request that came too early |
//! | 413 with `Retry-After` | transient | RFC 9110 has a server say so that the condition will pass |
//! | 410 | gone | the function wants no more events |
//! | 429, 503 with `Retry-After` | throttled | the function works and asks for fewer calls |
//! | 501, 505 | permanent | they are about the method and the version of HTTP, the same at every attempt |
//! | 508 | permanent | the function is a gateway that the event came to too often |
//! | other 5xx and above | transient | a server, or what stands before it, is out of order |
//! | other 4xx | permanent | the same request gets the same answer |
//! | 3xx that cannot be followed | permanent | the URL of the function is out of date |

use std::time::{Duration, SystemTime};

use domain::retry::FailureClass;
use http::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};

use crate::answer::Rejection;
use crate::retry_after;

/// Most bytes of a challenge that is passed on.
const MOST_CHALLENGE: usize = 1024;

/// An answer by which the event was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) class: FailureClass,
    /// Only where there is to be another attempt.
    pub(crate) retry_after: Option<Duration>,
}

impl Refusal {
    /// What an async delivery is told of the answer, which has this status.
    pub(super) fn rejection(self, status: u16, challenge: Option<HeaderValue>) -> Rejection {
        let Self { class, retry_after } = self;
        Rejection {
            status,
            class,
            retry_after,
            challenge,
        }
    }
}

/// `WWW-Authenticate` of a 401, for answers that pass it on.
pub(super) fn challenge(status: StatusCode, headers: &HeaderMap) -> Option<HeaderValue> {
    if status != StatusCode::UNAUTHORIZED {
        return None;
    }
    let value = headers.get(WWW_AUTHENTICATE)?;
    (value.len() <= MOST_CHALLENGE).then(|| value.clone())
}

/// Why an answer does not count as success; `None` if it does.
pub(crate) fn refusal(status: StatusCode, headers: &HeaderMap) -> Option<Refusal> {
    if status.is_success() {
        return None;
    }
    let retry_after = headers
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| retry_after::parse(value, SystemTime::now()));
    let class = class(status.as_u16(), retry_after.is_some());
    let retry_after = match class {
        FailureClass::Transient | FailureClass::Throttled => retry_after,
        FailureClass::Permanent | FailureClass::Gone => None,
    };
    Some(Refusal { class, retry_after })
}

fn class(status: u16, names_a_time: bool) -> FailureClass {
    match status {
        410 => FailureClass::Gone,
        429 => FailureClass::Throttled,
        503 if names_a_time => FailureClass::Throttled,
        413 if names_a_time => FailureClass::Transient,
        501 | 505 | 508 => FailureClass::Permanent,
        408 | 409 | 423 | 425 | 500.. => FailureClass::Transient,
        _ => FailureClass::Permanent,
    }
}

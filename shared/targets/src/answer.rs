//! What a function answered, and the part of it that is kept of a failure.

use std::time::Duration;

use bytes::Bytes;
use domain::dead_letter::LastResponse;
use domain::retry::FailureClass;

/// What a function answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Body of an HTTP response, payload of a Lambda function, id that a stream or queue gave the record.
    pub body: Bytes,
    /// HTTP status code of a function that speaks HTTP.
    pub status: Option<u16>,
    /// Why an async delivery counts as failed although the function answered: an HTTP status below 500 other than
    /// 2xx, which a sync caller gets the body of (CONTRACT.md A10).
    pub rejection: Option<Rejection>,
}

/// An HTTP answer that says that the event was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// HTTP status code.
    pub status: u16,
    /// What it says about another attempt.
    pub class: FailureClass,
    /// Time after which to try again, from `Retry-After`; at most [`domain::retry::MOST_DELAY`].
    pub retry_after: Option<Duration>,
}

impl Answer {
    /// The answer of a function that does not speak HTTP.
    pub(crate) fn of(body: Bytes) -> Self {
        Self {
            body,
            status: None,
            rejection: None,
        }
    }

    /// What is kept of a rejected call: status and beginning of the body. `None` if the function took the event.
    pub fn last_response(&self) -> Option<LastResponse> {
        let rejection = self.rejection.as_ref()?;
        Some(LastResponse::new(Some(rejection.status), &self.body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rejections_are_kept() {
        assert_eq!(Answer::of(Bytes::from("body")).last_response(), None);
        let rejected = Answer {
            body: Bytes::from("why"),
            status: Some(403),
            rejection: Some(Rejection {
                status: 403,
                class: FailureClass::Permanent,
                retry_after: None,
            }),
        };
        let kept = LastResponse {
            status: Some(403),
            body: "why".to_owned(),
        };
        assert_eq!(rejected.last_response(), Some(kept));
    }
}

//! What a function answered, and the part of it that is kept of a failure.

use std::time::Duration;

use bytes::Bytes;
use domain::dead_letter::LastResponse;
use domain::retry::FailureClass;
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::answer_stream::AnswerStream;
use crate::in_flight::Held;
use crate::upgraded::UpgradedConnection;

/// What a function answered.
#[derive(Debug)]
pub struct FunctionAnswer {
    /// Body of an HTTP response, payload of a Lambda function, id that a stream or queue gave the record; empty where
    /// it is a stream.
    pub body: Bytes,
    /// The room that the body has; none where it is small or only the beginning of one.
    pub held: Option<Held>,
    /// HTTP status code of a function that speaks HTTP.
    pub status: Option<u16>,
    /// Why an async delivery counts as failed although the function answered: an HTTP status below 500 other than
    /// 2xx, which a sync caller gets the body of (docs/contract.md A10). With [`FunctionAnswer::passed_on`] also one from 500 up.
    pub rejection: Option<Rejection>,
    /// The rest of an HTTP answer that is passed on to the caller, as its function's response mode asks for. Boxed: most
    /// answers have none, and all are moved several times.
    pub passed_on: Option<Box<PassedOn>>,
}

/// An HTTP answer besides the part of it that every answer has.
#[derive(Debug)]
pub struct PassedOn {
    /// Its status.
    pub status: StatusCode,
    /// Its headers, all of them.
    pub headers: HeaderMap,
    /// Its body, where it comes in while it is passed on.
    pub stream: Option<AnswerStream>,
    /// The length that the answer to GET would have, where this one is that to HEAD and says so.
    pub length_of_get: Option<HeaderValue>,
    /// The connection that it came on, where that goes on with another protocol: the status is 101 then.
    pub upgraded: Option<UpgradedConnection>,
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
    /// `WWW-Authenticate` of a 401, unless the whole answer is passed on.
    pub challenge: Option<HeaderValue>,
}

impl FunctionAnswer {
    /// The answer of a function that does not speak HTTP.
    pub(crate) fn of(body: Bytes) -> Self {
        Self {
            body,
            held: None,
            status: None,
            rejection: None,
            passed_on: None,
        }
    }

    /// The same, in the room of what it was made of.
    #[must_use]
    pub(crate) fn in_room_of(mut self, held: Option<Held>) -> Self {
        if let Some(mut held) = held {
            held.shrink(self.body.len());
            self.held = Some(held);
        }
        self
    }

    /// The text of a function's failure that the caller gets as it is: an HTTP status from 500 up, passed on.
    pub fn failure(&self) -> Option<String> {
        let passed_on = self.passed_on.as_ref()?;
        let status = passed_on.status.as_u16();
        (status >= 500).then(|| {
            format!("Function call failed because of runtime error. Error: HTTP status code: {status}")
        })
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
        assert_eq!(FunctionAnswer::of(Bytes::from("body")).last_response(), None);
        let rejected = FunctionAnswer {
            body: Bytes::from("why"),
            held: None,
            status: Some(403),
            rejection: Some(Rejection {
                status: 403,
                class: FailureClass::Permanent,
                retry_after: None,
                challenge: None,
            }),
            passed_on: None,
        };
        let kept = LastResponse {
            status: Some(403),
            body: "why".to_owned(),
        };
        assert_eq!(rejected.last_response(), Some(kept));
    }
}

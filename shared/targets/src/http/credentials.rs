//! What services that credentials are sent to answer, without the credentials.

use bytes::Bytes;
use domain::dead_letter::LastResponse;
use http::StatusCode;

use super::{HttpResponse, redact};
use crate::answer::Rejection;
use crate::error::InvokeError;

impl HttpResponse {
    /// Cuts secrets out of what a service says about a failure: it may repeat the request. Results stay as they are.
    #[must_use]
    pub(crate) fn without(mut self, secrets: &[&str]) -> Self {
        if !self.status.is_success() {
            let secrets: Vec<_> = secrets.iter().map(|&secret| secret.to_owned()).collect();
            if let Some(redacted) = redact(&self.body, &secrets) {
                self.body = redacted.into();
            }
        }
        self
    }

    /// An error if the service does not accept the credentials: 401 or 403.
    pub(crate) fn check_credentials(self) -> Result<Self, InvokeError> {
        if !matches!(self.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Ok(self);
        }
        let status = self.status.as_u16();
        Err(InvokeError::CredentialsRefused {
            detail: format!("HTTP status code: {status}"),
            response: LastResponse::new(Some(status), &self.body),
        })
    }

    /// The body of a success. A service that only takes events in has nothing to tell a caller otherwise, so that
    /// every other status is an error.
    pub(crate) fn into_taken(self) -> Result<Bytes, InvokeError> {
        let answer = self.into_answer()?;
        let response = answer.last_response();
        match (answer.rejection, response) {
            (Some(rejection), Some(response)) => Err(failure(&rejection, response)),
            _ => Ok(answer.body),
        }
    }
}

fn failure(rejection: &Rejection, response: LastResponse) -> InvokeError {
    InvokeError::FunctionFailed {
        detail: format!("HTTP status code: {}", rejection.status),
        class: rejection.class,
        retry_after: rejection.retry_after,
        response,
    }
}

#[cfg(test)]
mod tests {
    use domain::retry::FailureClass;
    use http::HeaderMap;

    use super::*;

    fn answer(status: u16, body: &'static [u8]) -> HttpResponse {
        HttpResponse {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::from_static(body),
        }
    }

    #[test]
    fn failures_lose_what_is_secret() {
        for (status, body, want) in [
            (400, &b"key KEY1 and KEY2"[..], &b"key ***** and *****"[..]),
            (500, b"\xffKEY1", b"\xff*****"),
            (404, b"\xff", b"\xff"),
            (200, b"KEY1", b"KEY1"),
        ] {
            assert_eq!(
                answer(status, body).without(&["KEY1", "", "KEY2"]).body,
                want,
                "{status}"
            );
        }
    }

    #[test]
    fn credentials_are_refused_by_two_statuses() {
        for status in [200, 400, 402, 404, 407, 429, 500] {
            assert!(answer(status, b"").check_credentials().is_ok(), "{status}");
        }
        for status in [401, 403] {
            let error = answer(status, b"why").check_credentials().unwrap_err();
            assert_eq!(error.class(), FailureClass::Permanent);
            assert_eq!(
                error.to_string(),
                format!("Function access denied. Error: HTTP status code: {status}")
            );
            assert_eq!(
                error.last_response(),
                Some(LastResponse::new(Some(status), b"why"))
            );
        }
    }
}

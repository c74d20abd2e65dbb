//! What services that credentials are sent to answer, without the credentials.

use std::borrow::Cow;

use domain::dead_letter::LastResponse;
use http::StatusCode;

use super::HttpResponse;
use crate::error::InvokeError;

impl HttpResponse {
    /// The same, of which these secrets are not shown: a service may repeat the request.
    #[must_use]
    pub(crate) fn hiding(mut self, secrets: &[&str]) -> Self {
        for &secret in secrets {
            self.redaction.add(secret);
        }
        self
    }

    /// The body as it may be shown.
    pub(crate) fn shown(&self) -> Cow<'_, [u8]> {
        self.redaction.of(&self.body)
    }

    /// What is kept of a failure.
    pub(super) fn last_response(&self) -> LastResponse {
        self.redaction
            .last_response(Some(self.status.as_u16()), &self.body)
    }

    /// An error if the service does not accept the credentials: 401 or 403.
    pub(crate) fn check_credentials(self) -> Result<Self, InvokeError> {
        if !matches!(self.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Ok(self);
        }
        Err(InvokeError::CredentialsRefused {
            detail: format!("HTTP status code: {}", self.status.as_u16()),
            response: self.last_response(),
        })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use domain::retry::FailureClass;
    use http::HeaderMap;

    use super::*;
    use crate::call::{Call, Caller};
    use crate::http::Redaction;

    fn answer(status: u16, body: &'static [u8]) -> HttpResponse {
        HttpResponse {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::from_static(body),
            held: None,
            redaction: Redaction::default(),
        }
    }

    fn call(caller: Caller) -> Call<'static> {
        Call {
            payload: Bytes::new(),
            event: None,
            identity: None,
            caller,
            original: None,
            needs_answer: caller.waits(),
            hops: domain::hops::Hops::NONE,
        }
    }

    #[test]
    fn what_is_kept_of_failures_loses_what_is_secret() {
        for (status, body, want) in [
            (400, &b"key KEY1 and KEY2"[..], &b"key ***** and *****"[..]),
            (429, b"\xffKEY1", b"\xff*****"),
            (404, b"\xff", b"\xff"),
            (200, b"KEY1", b"KEY1"),
        ] {
            let answer = || answer(status, body).hiding(&["KEY1", "", "KEY2"]);
            let kept = answer().into_answer(&call(Caller::Queue)).unwrap();
            assert_eq!(kept.body, want, "{status}");
            let result = answer().into_answer(&call(Caller::Authorizer)).unwrap();
            assert_eq!(result.body, body, "{status}");
        }
        for caller in [Caller::Queue, Caller::Authorizer] {
            let failed = answer(500, b"KEY1").hiding(&["KEY1"]);
            let error = failed.into_answer(&call(caller)).unwrap_err();
            assert_eq!(
                error.last_response(),
                Some(LastResponse::new(Some(500), b"*****"))
            );
        }
        let refused = answer(401, b"KEY1").hiding(&["KEY1"]).check_credentials();
        let kept = refused.unwrap_err().last_response();
        assert_eq!(kept, Some(LastResponse::new(Some(401), b"*****")));
        let refused = answer(404, b"KEY1").hiding(&["KEY1"]).into_taken();
        let kept = refused.unwrap_err().last_response();
        assert_eq!(kept, Some(LastResponse::new(Some(404), b"*****")));
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

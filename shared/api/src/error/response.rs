//! An error as an answer.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use super::error_body::Details;
use super::{ACCEPTED, ApiError, BEARER, Besides, Errors, FaultErrors, MATCHED, json_line};

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let details = self.refusal.map(|refusal| Details {
            message: self.message.clone(),
            refusal: Arc::from(refusal),
        });
        let mut response = if self.faults.is_empty() {
            json_line(self.status, &Errors::plain(self.message))
        } else {
            json_line(self.status, &FaultErrors::of(&self.message, self.faults))
        };
        if let Some(details) = details {
            response.extensions_mut().insert(details);
        }
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.accept_encoding {
            response.headers_mut().insert(header::ACCEPT_ENCODING, ACCEPTED);
        }
        match self.besides.map(|besides| *besides) {
            Some(Besides::Unmatched(allow)) => {
                response
                    .headers_mut()
                    .insert(MATCHED, HeaderValue::from_static("0"));
                if let Some(allow) = allow {
                    response.headers_mut().insert(header::ALLOW, allow);
                }
            }
            Some(Besides::RateLimit(fields)) => fields.add_to(response.headers_mut()),
            None => {}
        }
        let is_unauthorized = self.status == StatusCode::UNAUTHORIZED;
        if let Some(challenge) = self.challenge.or(is_unauthorized.then_some(BEARER)) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

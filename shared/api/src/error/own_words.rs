//! Errors that are told in words of those who find them.

use domain::refusal::Refusal;
use http::StatusCode;

use super::ApiError;

impl ApiError {
    /// Its status, its text, and what it is about.
    pub(crate) fn into_parts(self) -> (StatusCode, String, Option<Refusal>) {
        let text = self.faults.first().map(|fault| fault.as_text(&self.message));
        let message = text.unwrap_or(self.message);
        (self.status, message, self.refusal.map(|refusal| *refusal))
    }

    /// The answer to a change of what is not as it was read.
    pub(crate) fn outdated(message: String) -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, message)
    }

    /// The answer to a resource that breaks a rule, in words of its own.
    pub(crate) fn invalid(message: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// The answer to a request that is right in itself, and that cannot be carried out.
    pub(crate) fn unprocessable(message: String) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }
}

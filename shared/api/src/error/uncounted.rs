//! What is answered where nobody counts what spaces use.

use http::StatusCode;

use super::ApiError;

impl ApiError {
    /// The answer to a request for what a space uses.
    pub(crate) fn usage_uncounted() -> Self {
        let message = "what spaces use is not counted here (--usage off)";
        Self::new(StatusCode::NOT_IMPLEMENTED, message)
    }
}

//! What is answered about the keys of spaces in the Configuration API.

use domain::access::Scope;
use gateway::ErrorChain;
use http::HeaderValue;
use store::StoreError;

use super::ApiError;

impl ApiError {
    /// The answer to a request whose key does not allow it. What is asked for was not looked at.
    pub(crate) fn beyond_scope(scope: Scope) -> Self {
        let name = scope.name();
        let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{name}\"");
        Self {
            challenge: HeaderValue::try_from(challenge).ok(),
            ..Self::forbidden(format!("Forbidden: the key does not allow {name}"))
        }
    }

    /// The answer where the system gives no randomness, which nothing can be kept secret with.
    pub(crate) fn no_randomness() -> Self {
        tracing::error!("The system gives no randomness.");
        Self::internal()
    }

    /// The answer where keys cannot be looked up. Nobody knows who asks, who is told nothing of why.
    pub(crate) fn unreadable_keys(err: &StoreError) -> Self {
        tracing::error!(error = %ErrorChain(err), "A key could not be looked up.");
        Self::unavailable("Service Unavailable")
    }
}

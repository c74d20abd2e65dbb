//! What is answered to events that are more than a space takes.

use gateway::QuotaUsedUp;
use http::{HeaderMap, HeaderName, HeaderValue};

/// What is left, and when there is more (draft-ietf-httpapi-ratelimit-headers).
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// How much there is in what time.
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What such an answer says besides its text.
#[derive(Debug)]
pub(super) struct RateLimitFields {
    rate_limit: String,
    policy: String,
}

impl RateLimitFields {
    /// Of a quota that is used up.
    pub(super) fn of(used_up: &QuotaUsedUp) -> Self {
        Self {
            rate_limit: used_up.rate_limit(),
            policy: used_up.rate_limit_policy(),
        }
    }

    /// Adds them to the headers of an answer.
    pub(super) fn add_to(self, headers: &mut HeaderMap) {
        let fields = [(RATE_LIMIT, self.rate_limit), (RATE_LIMIT_POLICY, self.policy)];
        for (name, text) in fields {
            if let Ok(value) = HeaderValue::try_from(text) {
                headers.insert(name, value);
            }
        }
    }
}

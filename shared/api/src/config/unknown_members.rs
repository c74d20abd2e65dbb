//! What becomes of members of resources that are not known: the contract ignores them (docs/contract.md J3), so that they
//! are told of in the answer and the log, or refused where they were meant to be known or where that is wanted.

use axum::response::Response;
use domain::event::query_pairs;
use domain::ids::Space;
use domain::refusal::Refusal;
use domain::resource::Kind;
use domain::unknown_members::UnknownMembers;
use http::request::Parts;
use http::{HeaderName, HeaderValue};

use super::ConfigApi;
use crate::error::ApiError;

/// Query parameter of writes that says what becomes of such members.
pub(super) const FIELD_VALIDATION: &str = "fieldValidation";

/// Its only value: they are refused.
pub(super) const STRICT: &str = "strict";

/// Response header that tells of members that were ignored.
const WARNING: HeaderName = HeaderName::from_static("x-event-gateway-warning");

impl ConfigApi {
    /// The unknown members of a resource that is taken all the same. Refused are those that are spelt almost like a known
    /// one, and all of them where the request or the gateway is strict.
    pub(super) fn ignored_members(
        &self,
        kind: Kind,
        space: &Space,
        parts: &Parts,
        body: &[u8],
    ) -> Result<UnknownMembers, ApiError> {
        let is_strict = is_strict(parts)? || self.rejects_unknown_members;
        let unknown = UnknownMembers::of(kind, body, self.legacy_api);
        if unknown.is_empty() {
            return Ok(unknown);
        }
        let all = is_strict.then(|| unknown.to_string());
        if let Some(refused) = all.or_else(|| unknown.misspelt()) {
            let first = if is_strict {
                unknown.first()
            } else {
                unknown.first_misspelt()
            };
            let refusal = Refusal {
                field: first.map(str::to_owned),
                rule: Some("unknown"),
                ..Refusal::default()
            };
            let text = format!("{} doesn't validate. Validation error: {refused}", kind.title());
            return Err(ApiError::invalid(text).about(refusal));
        }
        tracing::warn!(%space, %unknown, "{} has members that are ignored.", kind.title());
        Ok(unknown)
    }
}

/// Whether the sender wants no member to be ignored.
fn is_strict(parts: &Parts) -> Result<bool, ApiError> {
    let mut pairs = query_pairs(parts.uri.query().unwrap_or_default());
    match pairs.find(|(name, _)| name == FIELD_VALIDATION) {
        None => Ok(false),
        Some((_, value)) if value == STRICT => Ok(true),
        // What asks for care in words that are not known must not be answered with less of it.
        Some(_) => Err(ApiError::invalid(format!(
            "\"{FIELD_VALIDATION}\" must be {STRICT}"
        ))),
    }
}

/// Tells of the members that were ignored.
pub(super) fn with_warning(mut response: Response, ignored: &UnknownMembers) -> Response {
    if ignored.is_empty() {
        return response;
    }
    // Nothing in it is more than printable ASCII.
    if let Ok(value) = HeaderValue::try_from(format!("ignored: {ignored}")) {
        response.headers_mut().insert(WARNING, value);
    }
    response
}

//! What becomes of members of resources that are not known: the contract ignores them (docs/contract.md J3), so that they
//! are told of in the answer and the log, or refused where they were meant to be known or where that is wanted. What is
//! known and cannot work is told of and refused in the same way.

use axum::response::Response;
use domain::configuration::{ConfigurationError, Configured};
use domain::doubts::Consequence;
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
        let unknown = UnknownMembers::of(kind, body, self.legacy_api);
        check_members(kind, &unknown, self.is_strict(parts)?).map_err(refused)?;
        log_ignored(kind, space, &unknown);
        Ok(unknown)
    }

    /// Whether the request or the gateway wants no member to be ignored.
    pub(super) fn is_strict(&self, parts: &Parts) -> Result<bool, ApiError> {
        Ok(is_strict(parts)? || self.rejects_unknown_members)
    }
}

/// Refuses members that are spelt almost like a known one, and all where none is to be ignored.
pub(super) fn check_members(
    kind: Kind,
    unknown: &UnknownMembers,
    is_strict: bool,
) -> Result<(), ConfigurationError> {
    let refused = if is_strict && !unknown.is_empty() {
        Some((unknown.to_string(), unknown.first()))
    } else {
        unknown.misspelt().map(|text| (text, unknown.first_misspelt()))
    };
    refused.map_or(Ok(()), |(text, first)| {
        let field = first.map(str::to_owned);
        Err(ConfigurationError::UnknownMembers { kind, text, field })
    })
}

/// The answer to a resource that breaks a rule of its own.
pub(super) fn refused(error: ConfigurationError) -> ApiError {
    let refusal = Refusal::of(&error, None);
    ApiError::from(error).about(refusal)
}

/// Tells the operator of members that were ignored.
pub(super) fn log_ignored(kind: Kind, space: &Space, unknown: &UnknownMembers) {
    if !unknown.is_empty() {
        tracing::warn!(%space, %unknown, "{} has members that are ignored.", kind.title());
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

/// Refuses what cannot work and is never taken, and all that cannot work where that is not to be taken. What was stored already
/// may stay.
pub(super) fn check_doubts<R: Configured>(
    resource: &R,
    stored: Option<&R>,
    is_strict: bool,
) -> Result<(), ConfigurationError> {
    let mut doubts = resource.doubts();
    doubts.retain(|doubt| is_strict || doubt.consequence == Consequence::Refused);
    if doubts.is_empty() {
        return Ok(());
    }
    let known = stored.map(R::doubts).unwrap_or_default();
    let new = doubts.into_iter().find(|doubt| !known.contains(doubt));
    new.map_or(Ok(()), |doubt| {
        let kind = R::KIND;
        Err(ConfigurationError::Unusable { kind, doubt })
    })
}

/// Tells of the members that were ignored, of what cannot work of the resource that was stored, and of what works at a price:
/// a line for each.
pub(super) fn with_warnings<R: Configured>(
    mut response: Response,
    ignored: &UnknownMembers,
    stored: &R,
) -> Response {
    let ignored = (!ignored.is_empty()).then(|| format!("ignored: {ignored}"));
    let doubts: Vec<_> = stored.doubts().iter().map(ToString::to_string).collect();
    let unusable = (!doubts.is_empty()).then(|| format!("unusable: {}", doubts.join(", ")));
    for text in ignored.into_iter().chain(unusable).chain(stored.notices()) {
        // Nothing in it is more than printable ASCII.
        if let Ok(value) = HeaderValue::try_from(text) {
            response.headers_mut().append(WARNING, value);
        }
    }
    response
}

//! What functions that answer callers have in common: time, form of events, form of results.

use serde::{Deserialize, Serialize};

use super::{Members, ProviderError};

/// What the result of a sync function is taken for. Async deliveries do not look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ResponseMode {
    /// A response object (docs/contract.md §2.6).
    Object,
    /// A response object if it is one, the answer itself if it is none.
    Auto,
    /// A response object as Amazon API Gateway reads it: with `isBase64Encoded`, `multiValueHeaders` and `cookies`.
    Proxy,
    /// The answer itself: status, headers and body of an HTTP function, payload of a Lambda function.
    Raw,
    /// The answer itself, passed on while it comes in.
    Stream,
}

impl ResponseMode {
    /// Whether callers always get the function's answer itself instead of what a response object says.
    pub fn is_passed_on(self) -> bool {
        matches!(self, Self::Raw | Self::Stream)
    }

    /// Whether callers may get the function's answer itself, so that its status and headers have to be kept.
    pub fn may_be_passed_on(self) -> bool {
        self == Self::Auto || self.is_passed_on()
    }

    pub(super) fn decode(members: &Members<'_>) -> Result<Option<Self>, ProviderError> {
        let words = [OBJECT, AUTO, PROXY, RAW, ("stream", Self::Stream)];
        members.word("response", &words, "must be object, auto, proxy, raw or stream")
    }

    /// Of a function whose answer is looked at as a whole before a caller gets any of it.
    pub(super) fn decode_whole(members: &Members<'_>) -> Result<Option<Self>, ProviderError> {
        let words = [OBJECT, AUTO, PROXY, RAW];
        members.word("response", &words, "must be object, auto, proxy or raw")
    }

    /// Of a function that gives a JSON value and no answer of HTTP.
    pub(super) fn decode_json(members: &Members<'_>) -> Result<Option<Self>, ProviderError> {
        let words = [OBJECT, AUTO, PROXY];
        members.word("response", &words, "must be object, auto or proxy")
    }
}

const OBJECT: (&str, ResponseMode) = ("object", ResponseMode::Object);
const AUTO: (&str, ResponseMode) = ("auto", ResponseMode::Auto);
const PROXY: (&str, ResponseMode) = ("proxy", ResponseMode::Proxy);
const RAW: (&str, ResponseMode) = ("raw", ResponseMode::Raw);

/// What a function is called with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RequestMode {
    /// The event.
    #[default]
    Event,
    /// The request that the event was made of, as it came: for services that know nothing of events. Sync subscriptions
    /// of `http.request` only.
    Passthrough,
}

impl RequestMode {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the function gets requests instead of events.
    pub fn is_passthrough(self) -> bool {
        self == Self::Passthrough
    }

    pub(super) fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
        let words = [("event", Self::Event), ("passthrough", Self::Passthrough)];
        let given = members.word("request", &words, "must be event or passthrough")?;
        Ok(given.unwrap_or_default())
    }
}

/// Reads `timeoutSeconds`.
pub(super) fn timeout_seconds(members: &Members<'_>) -> Result<Option<u32>, ProviderError> {
    members.integer("timeoutSeconds", &(1..=900), "must be from 1 to 900")
}

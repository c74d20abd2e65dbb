//! How long the word of an authorizer holds for requests that prove themselves with the same.

use std::time::Duration;

use http::HeaderName;
use serde::{Deserialize, Serialize};

use super::Provider;
use crate::json::{JsonError, Object};
use crate::validation::Violations;

/// Longest time that a decision may be used again, in seconds.
const MOST_SECONDS: u32 = 3600;

/// Rule of the header's name.
pub(crate) const HEADER_TAG: &str = "header";
/// Rule of functions whose decisions are not kept.
pub(crate) const NOT_CACHED_TAG: &str = "notCached";

/// For how long the decision of an authorizer is used again, and by what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizerCache {
    /// Name of the request header that the authorizer decides by. A request without it is decided anew.
    #[schema(pattern = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]
    pub header: String,
    /// Seconds from the question on; 1 to 3600.
    #[schema(minimum = 1, maximum = 3600)]
    pub ttl_seconds: u32,
}

impl AuthorizerCache {
    /// For how long a decision may be used again.
    pub fn ttl(&self) -> Duration {
        Duration::from_secs(u64::from(self.ttl_seconds.min(MOST_SECONDS)))
    }

    /// Reads the member `authorizerCache` of a function, and notes what is wrong with it. A weighted function has no one
    /// authorizer whose decision it is, and the token that a `jwt` function checks may end before its time.
    pub(crate) fn decode(
        function: &Object<'_>,
        provider: &Provider,
        violations: &mut Violations,
    ) -> Result<Option<Self>, JsonError> {
        let Some(object) = function.object("authorizerCache")? else {
            return Ok(None);
        };
        let header = object.string_or_empty("header")?;
        let seconds = object.integer("ttlSeconds")?;
        let broken_header = if header.is_empty() {
            Some("required")
        } else {
            let is_name = HeaderName::from_bytes(header.as_bytes()).is_ok();
            (!is_name).then_some(HEADER_TAG)
        };
        let broken_seconds = match seconds {
            None => Some("required"),
            Some(..1) => Some("min"),
            Some(seconds) => (seconds > i64::from(MOST_SECONDS)).then_some("max"),
        };
        let is_kept = !matches!(provider, Provider::Weighted(_) | Provider::Jwt(_));
        violations
            .check("AuthorizerCache", (!is_kept).then_some(NOT_CACHED_TAG))
            .check("AuthorizerCache.Header", broken_header)
            .check("AuthorizerCache.TtlSeconds", broken_seconds);
        let ttl_seconds = seconds.and_then(|seconds| seconds.try_into().ok());
        Ok(ttl_seconds.map(|ttl_seconds| Self { header, ttl_seconds }))
    }
}

#[cfg(test)]
mod tests {
    use crate::resource::{Function, Resource as _};

    fn decode(provider: &str, member: &str) -> Result<Function, String> {
        let body = format!(r#"{{"functionId":"f",{provider},"authorizerCache":{member}}}"#);
        Function::decode(&"default".into(), None, body.as_bytes()).map_err(|err| err.to_string())
    }

    const HTTP: &str = r#""type":"http","provider":{"url":"http://h"}"#;

    #[test]
    fn only_what_can_be_kept_is_taken() {
        let function = decode(HTTP, r#"{"header":"Authorization","ttlSeconds":300}"#).unwrap();
        let text = serde_json::to_string(&function).unwrap();
        assert!(
            text.contains(r#""authorizerCache":{"header":"Authorization","ttlSeconds":300}"#),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<Function>(&text).unwrap(), function);
        assert_eq!(decode(HTTP, "null").unwrap().authorizer_cache, None);
        for (member, rule) in [
            (
                "{}",
                "'AuthorizerCache.Header' Error:Field validation for 'Header' failed on the 'required' tag",
            ),
            (r#"{"header":"a b","ttlSeconds":1}"#, "failed on the 'header' tag"),
            (r#"{"header":"a"}"#, "failed on the 'required' tag"),
            (r#"{"header":"a","ttlSeconds":0}"#, "failed on the 'min' tag"),
            (r#"{"header":"a","ttlSeconds":3601}"#, "failed on the 'max' tag"),
        ] {
            let refused = decode(HTTP, member).unwrap_err();
            assert!(
                refused.contains(rule.trim_start_matches('\'')),
                "{member}: {refused}"
            );
        }
        for provider in [
            r#""type":"jwt","provider":{"issuer":"i","audience":["a"],"jwksUrl":"https://i/keys"}"#,
            r#""type":"weighted","provider":{"weighted":[{"functionId":"g","weight":1}]}"#,
        ] {
            let refused = decode(provider, r#"{"header":"a","ttlSeconds":1}"#).unwrap_err();
            assert!(refused.contains("failed on the 'notCached' tag"), "{refused}");
        }
    }
}

//! JWT authorizers: functions that only say whether the bearer token of a request is good. The gateway itself checks it, by
//! the keys that its issuer publishes.

use serde::{Deserialize, Serialize};

use super::{Destination, Members, ProviderError, ProviderSettings, ResponseMode, endpoint_url};
use crate::resource::{SecretMembers, TargetUrl};

mod algorithm;
#[cfg(test)]
mod tests;

pub use algorithm::JwtAlgorithm;

/// Most entries of a list.
const MOST_ENTRIES: usize = 32;
/// Most bytes of the issuer, and of an entry of a list.
const MOST_BYTES: usize = 512;
/// Seconds that clocks may differ by where the settings do not say it.
const DEFAULT_LEEWAY: u32 = 60;

/// Which tokens are good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JwtAuthorizer {
    /// The claim `iss` of tokens.
    #[schema(min_length = 1, max_length = 512)]
    pub issuer: String,
    /// What the claim `aud` of tokens has one of.
    #[schema(min_items = 1, max_items = 32)]
    pub audience: Vec<String>,
    /// Where the issuer publishes its keys, as a JSON Web Key Set. An https URL; http is for loopback addresses only.
    #[schema(min_length = 1)]
    pub jwks_url: String,
    /// Scopes that tokens must have, all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 32)]
    pub scopes: Vec<String>,
    /// Algorithms that tokens may be signed with; RS256, RS384, RS512, ES256 and ES384 without it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 32)]
    pub algorithms: Vec<JwtAlgorithm>,
    /// Seconds that the clock of the issuer may differ by, 0 to 300; 60 without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 300, nullable = false)]
    pub leeway_seconds: Option<u32>,
}

/// Whether a text is a scope (RFC 6749, section 3.3). No such text ends a quoted one.
fn is_scope(scope: &str) -> bool {
    let mut bytes = scope.bytes();
    !scope.is_empty() && bytes.all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
}

impl JwtAuthorizer {
    /// Whether tokens may be signed with an algorithm.
    pub fn accepts(&self, algorithm: JwtAlgorithm) -> bool {
        let accepted = if self.algorithms.is_empty() {
            &JwtAlgorithm::DEFAULT
        } else {
            &*self.algorithms
        };
        accepted.contains(&algorithm)
    }

    /// Seconds that the clock of the issuer may differ by.
    pub fn leeway(&self) -> u32 {
        self.leeway_seconds.unwrap_or(DEFAULT_LEEWAY)
    }

    fn check(&self) -> Result<(), ProviderError> {
        let invalid = |member, reason| Err(ProviderError::Invalid { member, reason });
        endpoint_url::check_token_endpoint("jwksUrl", &self.jwks_url)?;
        let is_short = |text: &String| !text.is_empty() && text.len() <= MOST_BYTES;
        if !is_short(&self.issuer) {
            return invalid("issuer", "must have at most 512 bytes");
        }
        if self.audience.len() > MOST_ENTRIES || !self.audience.iter().all(is_short) {
            return invalid("audience", "must have at most 32 entries of 1 to 512 bytes");
        }
        let are_scopes = self.scopes.iter().all(|scope| is_short(scope) && is_scope(scope));
        if self.scopes.len() > MOST_ENTRIES || !are_scopes {
            let reason = "must have at most 32 entries, without spaces, quotation marks and backslashes";
            return invalid("scopes", reason);
        }
        Ok(())
    }
}

impl ProviderSettings for JwtAuthorizer {
    fn title() -> &'static str {
        "JWT authorizer"
    }

    fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
        let audience = members.list("audience")?;
        if audience.is_empty() {
            return Err(members.missing("audience"));
        }
        let algorithms = members.list("algorithms")?;
        let algorithms = (algorithms.len() <= MOST_ENTRIES)
            .then(|| algorithms.iter().map(|name| JwtAlgorithm::named(name)).collect())
            .flatten();
        let authorizer = Self {
            issuer: members.required("issuer")?,
            audience,
            jwks_url: members.required("jwksUrl")?,
            scopes: members.list("scopes")?,
            algorithms: algorithms.ok_or(ProviderError::Invalid {
                member: "algorithms",
                reason: JwtAlgorithm::RULE,
            })?,
            leeway_seconds: members.integer("leewaySeconds", &(0..=300), "must be from 0 to 300")?,
        };
        authorizer.check()?;
        Ok(authorizer)
    }

    fn secrets_mut(&mut self) -> SecretMembers<'_> {
        Vec::new()
    }

    fn urls_mut(&mut self) -> Vec<(&'static str, &mut TargetUrl)> {
        Vec::new()
    }

    fn destinations(&self) -> Vec<Destination<'_>> {
        Vec::new()
    }

    fn check_own_credentials(&self) -> Result<(), ProviderError> {
        // Keys are public: nothing is sent that proves who asks for them.
        Ok(())
    }

    fn is_connector(&self) -> bool {
        false
    }

    fn only_authorizes(&self) -> bool {
        true
    }

    fn timeout_seconds(&self) -> Option<u32> {
        None
    }

    fn response_mode(&self) -> Option<ResponseMode> {
        None
    }
}

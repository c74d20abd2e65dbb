//! What the head of a token says about its signature.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::resource::{JwtAlgorithm, JwtAuthorizer};
use jsonwebtoken::Algorithm;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::refusal::TokenRefusal;

/// The head of a token that may be checked. Keys in it, and places of keys, are not looked at: its sender has chosen them.
pub(super) struct Head {
    pub(super) algorithm: Algorithm,
    /// Which of the keys it says it is signed with.
    pub(super) kid: Option<String>,
}

#[derive(Deserialize)]
struct Members {
    alg: String,
    kid: Option<String>,
    crit: Option<IgnoredAny>,
}

impl Head {
    /// That of a token, if the authorizer accepts its algorithm.
    pub(super) fn of(token: &str, authorizer: &JwtAuthorizer) -> Result<Self, TokenRefusal> {
        let (head, _) = token.split_once('.').ok_or(TokenRefusal::Malformed)?;
        let json = URL_SAFE_NO_PAD
            .decode(head)
            .map_err(|_| TokenRefusal::Malformed)?;
        let members: Members = serde_json::from_slice(&json).map_err(|_| TokenRefusal::Malformed)?;
        // Whoever does not know what is critical must not accept the token (RFC 7515, section 4.1.11).
        if members.crit.is_some() {
            return Err(TokenRefusal::Malformed);
        }
        let named = JwtAlgorithm::named(&members.alg);
        let accepted = named.filter(|algorithm| authorizer.accepts(*algorithm));
        Ok(Self {
            algorithm: known(accepted.ok_or(TokenRefusal::Algorithm)?),
            kid: members.kid,
        })
    }
}

/// The algorithm as the library knows it. None that has a secret key comes out of this.
fn known(algorithm: JwtAlgorithm) -> Algorithm {
    match algorithm {
        JwtAlgorithm::RS256 => Algorithm::RS256,
        JwtAlgorithm::RS384 => Algorithm::RS384,
        JwtAlgorithm::RS512 => Algorithm::RS512,
        JwtAlgorithm::PS256 => Algorithm::PS256,
        JwtAlgorithm::PS384 => Algorithm::PS384,
        JwtAlgorithm::PS512 => Algorithm::PS512,
        JwtAlgorithm::ES256 => Algorithm::ES256,
        JwtAlgorithm::ES384 => Algorithm::ES384,
        JwtAlgorithm::EdDSA => Algorithm::EdDSA,
    }
}

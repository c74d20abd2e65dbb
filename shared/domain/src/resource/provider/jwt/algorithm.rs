//! Algorithms that tokens are signed with. Only those with a public key for the check: whoever knew the key of any other
//! could make tokens, and a key set is public.

use serde::{Deserialize, Serialize};

/// An algorithm of JSON Web Signatures (RFC 7518, section 3.1, and RFC 8037).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub enum JwtAlgorithm {
    /// RSASSA-PKCS1-v1_5 using SHA-256.
    RS256,
    /// RSASSA-PKCS1-v1_5 using SHA-384.
    RS384,
    /// RSASSA-PKCS1-v1_5 using SHA-512.
    RS512,
    /// RSASSA-PSS using SHA-256.
    PS256,
    /// RSASSA-PSS using SHA-384.
    PS384,
    /// RSASSA-PSS using SHA-512.
    PS512,
    /// ECDSA using P-256 and SHA-256.
    ES256,
    /// ECDSA using P-384 and SHA-384.
    ES384,
    /// Ed25519.
    EdDSA,
}

impl JwtAlgorithm {
    /// Those that are accepted where the settings name none.
    pub const DEFAULT: [Self; 5] = [Self::RS256, Self::RS384, Self::RS512, Self::ES256, Self::ES384];

    /// What the names must be, in errors.
    pub(super) const RULE: &str =
        "must be a list of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 and EdDSA";

    /// The algorithm with a name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::RS256,
            "RS384" => Self::RS384,
            "RS512" => Self::RS512,
            "PS256" => Self::PS256,
            "PS384" => Self::PS384,
            "PS512" => Self::PS512,
            "ES256" => Self::ES256,
            "ES384" => Self::ES384,
            "EdDSA" => Self::EdDSA,
            _ => return None,
        })
    }
}

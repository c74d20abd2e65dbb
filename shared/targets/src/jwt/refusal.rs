//! Why a token is not good, and how a client is told (RFC 6750, section 3).

use bytes::Bytes;
use domain::resource::JwtAuthorizer;
use domain::retry::FailureClass;
use http::HeaderValue;

use crate::answer::{FunctionAnswer, Rejection};

/// Why a token is not good. The texts show nothing of it, and go into a quoted text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum TokenRefusal {
    #[error("there is no bearer token")]
    Missing,
    #[error("the token is larger than 16384 bytes")]
    TooLarge,
    #[error("the token is malformed")]
    Malformed,
    #[error("the token is signed with an algorithm that is not accepted")]
    Algorithm,
    #[error("the token is signed with an unknown key")]
    UnknownKey,
    #[error("the signature of the token is wrong")]
    Signature,
    #[error("the token lacks iss, aud or exp")]
    MissingClaim,
    #[error("the token is of another issuer")]
    Issuer,
    #[error("the token is for another audience")]
    Audience,
    #[error("the token has expired")]
    Expired,
    #[error("the token is not valid yet")]
    NotYet,
    #[error("the token lacks a scope")]
    Scopes,
}

impl TokenRefusal {
    /// The answer of an authorizer over HTTP that refuses the token so.
    pub(super) fn into_answer(self, authorizer: &JwtAuthorizer) -> FunctionAnswer {
        let status = if self == Self::Scopes { 403 } else { 401 };
        FunctionAnswer {
            status: Some(status),
            rejection: Some(Rejection {
                status,
                class: FailureClass::Permanent,
                retry_after: None,
                challenge: HeaderValue::try_from(self.challenge(authorizer)).ok(),
            }),
            ..FunctionAnswer::of(Bytes::new())
        }
    }

    fn challenge(self, authorizer: &JwtAuthorizer) -> String {
        let realm = r#"Bearer realm="event-gateway""#;
        match self {
            // Who sends no token is told no error.
            Self::Missing => realm.to_owned(),
            Self::Scopes => {
                let scopes = authorizer.scopes.join(" ");
                format!(
                    r#"{realm}, error="insufficient_scope", error_description="{self}", scope="{scopes}""#
                )
            }
            _ => format!(r#"{realm}, error="invalid_token", error_description="{self}""#),
        }
    }
}

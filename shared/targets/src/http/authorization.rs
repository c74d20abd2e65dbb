//! Credentials of calls, looked up and ready to be sent.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::resource::{ApiKeyPlace, HttpAuthorization};
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::secret_value;
use crate::clients::Clients;
use crate::deadline::Deadline;
use crate::error::InvokeError;
use crate::oauth2::{self, ClientCredentials};
use crate::tokens::TokenKey;

/// Encoded in names and values of the query: all but the unreserved characters (RFC 3986, section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What proves who makes a call. No `Debug`: it holds secrets.
pub(super) struct Authorized {
    pub(super) proof: Proof,
    /// What must not be shown of an answer.
    pub(super) secrets: Vec<String>,
    /// A token that can be replaced if it is refused.
    pub(super) token: Option<KeptToken>,
}

/// Where it is sent.
pub(super) enum Proof {
    Header(HeaderName, HeaderValue),
    /// Name and value of a parameter, encoded.
    Query(String, String),
}

/// A token of the token cache.
pub(super) struct KeptToken {
    key: TokenKey,
    text: Arc<str>,
}

impl KeptToken {
    /// Drops it; whether there will be another one.
    pub(super) fn forget(&self, with: &Clients) -> bool {
        with.tokens.forget(&self.key, &self.text)
    }
}

/// Looks credentials up, at an authorization server if need be.
pub(super) async fn authorize(
    with: &Arc<Clients>,
    authorization: &HttpAuthorization,
    deadline: Deadline,
) -> Result<Authorized, InvokeError> {
    match authorization {
        HttpAuthorization::Bearer { token } => bearer(&deadline.bound(with.secrets.text(token)).await?, None),
        HttpAuthorization::Basic { username, password } => {
            let password = deadline.bound(with.secrets.text(password)).await?;
            let pair = STANDARD.encode(format!("{username}:{password}"));
            Ok(Authorized {
                proof: Proof::Header(
                    AUTHORIZATION,
                    secret_value(AUTHORIZATION.as_str(), &format!("Basic {pair}"))?,
                ),
                secrets: vec![password.into_owned(), pair],
                token: None,
            })
        }
        HttpAuthorization::ApiKey { name, value, place } => {
            let value = deadline.bound(with.secrets.text(value)).await?;
            let proof = match place {
                ApiKeyPlace::Header => {
                    let header = HeaderName::from_bytes(name.as_bytes()).map_err(InvokeError::unusable)?;
                    Proof::Header(header, secret_value(name, &value)?)
                }
                ApiKeyPlace::Query => Proof::Query(encoded(name), encoded(&value)),
            };
            let mut secrets = vec![value.into_owned()];
            if let Proof::Query(_, encoded) = &proof {
                secrets.push(encoded.clone());
            }
            Ok(Authorized {
                proof,
                secrets,
                token: None,
            })
        }
        HttpAuthorization::OAuth2ClientCredentials {
            token_url,
            client_id,
            client_secret,
            scopes,
            audience,
            client_authentication,
        } => {
            let client_secret = deadline.bound(with.secrets.text(client_secret)).await?;
            let request = ClientCredentials {
                token_url,
                client_id,
                client_secret: &client_secret,
                scopes,
                audience: audience.as_deref(),
                authentication: *client_authentication,
            };
            let (key, text) = oauth2::client_credentials(with, &request, deadline).await?;
            bearer(&Arc::clone(&text), Some(KeptToken { key, text }))
        }
    }
}

fn bearer(text: &str, token: Option<KeptToken>) -> Result<Authorized, InvokeError> {
    Ok(Authorized {
        proof: Proof::Header(
            AUTHORIZATION,
            secret_value(AUTHORIZATION.as_str(), &format!("Bearer {text}"))?,
        ),
        secrets: vec![text.to_owned()],
        token,
    })
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

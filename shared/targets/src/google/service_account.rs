//! Tokens by the key of a service account: a signed assertion for a token (RFC 7523).

use std::time::{Duration, SystemTime};

use clocks::since_epoch;
use domain::resource::ServiceAccountKey;
use http::Method;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};

use super::jwt;
use super::purpose::Purpose;
use super::token_answer::{MAX_ANSWER, TokenServer};
use crate::clients::Clients;
use crate::deadline::Deadline;
use crate::error::InvokeError;
use crate::http::HttpRequest;
use crate::tokens::Token;

const SERVER: TokenServer = TokenServer("token server of the service account");
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
pub(super) const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
/// Assertions are made to be a little old already: the clock of this machine may be ahead of Google's.
const AGE: Duration = Duration::from_secs(10);
/// The most that Google allows.
const LIFETIME: Duration = Duration::from_hours(1);

#[derive(Serialize)]
struct Claims<'c> {
    iss: &'c str,
    aud: &'c str,
    iat: u64,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_audience: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'c str>,
}

#[derive(Deserialize)]
struct IdToken {
    id_token: String,
}

#[derive(Deserialize)]
pub(super) struct AccessToken {
    pub(super) access_token: String,
    pub(super) expires_in: Option<u64>,
}

/// Fetches a token.
pub(super) async fn token(
    with: &Clients,
    key: &str,
    purpose: &Purpose,
    deadline: Deadline,
) -> Result<Token, InvokeError> {
    let key = ServiceAccountKey::parse(key).map_err(InvokeError::unusable)?;
    let issued = since_epoch(SystemTime::now()).saturating_sub(AGE);
    let (target_audience, scope) = match purpose {
        Purpose::Audience(audience) => (Some(audience.as_str()), None),
        Purpose::Scope(scope) => (None, Some(*scope)),
    };
    let claims = Claims {
        iss: &key.client_email,
        aud: &key.token_uri,
        iat: issued.as_secs(),
        exp: (issued + LIFETIME).as_secs(),
        target_audience,
        scope,
    };
    let assertion =
        jwt::sign(&key.private_key, key.private_key_id.as_deref(), &claims).map_err(InvokeError::unusable)?;
    let request = HttpRequest {
        url: key.token_uri.into(),
        query: None,
        method: Method::POST,
        headers: HeaderMap::from_iter([(CONTENT_TYPE, FORM)]),
        body: form(&[("grant_type", GRANT), ("assertion", &assertion)]).into(),
    };
    let exchange = with.http.exchange_within(request, MAX_ANSWER, deadline);
    let response = exchange.await.map_err(|error| SERVER.unreachable(error))?;
    match purpose {
        Purpose::Audience(_) => {
            let IdToken { id_token } = SERVER.json(&response)?;
            SERVER.id_token(id_token, &response)
        }
        Purpose::Scope(_) => {
            let AccessToken {
                access_token,
                expires_in,
            } = SERVER.json(&response)?;
            SERVER.access_token(access_token, expires_in)
        }
    }
}

/// The body of a form.
pub(super) fn form(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

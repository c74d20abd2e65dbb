//! Tokens of the machine's own service account, from the metadata server of Google's machines.

use bytes::Bytes;
use http::Method;
use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::operator_services::{exchange_unguarded, metadata_host};
use super::purpose::Purpose;
use super::service_account::{AccessToken, form};
use super::token_answer::TokenServer;
use crate::clients::Clients;
use crate::deadline::Deadline;
use crate::error::InvokeError;
use crate::http::HttpRequest;
use crate::tokens::Token;

const SERVER: TokenServer = TokenServer("Google's metadata server");
const FLAVOR: HeaderName = HeaderName::from_static("metadata-flavor");
const GOOGLE: HeaderValue = HeaderValue::from_static("Google");
const ACCOUNT: &str = "/computeMetadata/v1/instance/service-accounts/default/";

/// Fetches a token.
pub(super) async fn token(
    with: &Clients,
    purpose: &Purpose,
    deadline: Deadline,
) -> Result<Token, InvokeError> {
    let (resource, query) = match purpose {
        Purpose::Audience(audience) => ("identity", form(&[("audience", audience), ("format", "full")])),
        Purpose::Scope(scope) => ("token", form(&[("scopes", scope)])),
    };
    let host = metadata_host(with);
    let request = HttpRequest {
        url: format!("http://{host}{ACCOUNT}{resource}?{query}").into(),
        query: None,
        method: Method::GET,
        headers: HeaderMap::from_iter([(FLAVOR, GOOGLE)]),
        body: Bytes::new(),
    };
    let response = exchange_unguarded(with, request, deadline)
        .await
        .map_err(|error| SERVER.unreachable(error))?;
    // Anything may answer at that name in a network that is not Google's.
    if response.headers.get(FLAVOR) != Some(&GOOGLE) {
        return Err(SERVER.broken("what answers is not one"));
    }
    SERVER.check(&response)?;
    match purpose {
        Purpose::Audience(_) => {
            let text = String::from_utf8(response.body.to_vec()).unwrap_or_default();
            SERVER.id_token(text.trim().to_owned(), &response)
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

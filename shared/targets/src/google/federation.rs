//! Tokens by workload identity federation: the gateway's AWS identity, shown to Google's Security Token Service, which
//! lets it stand in for a service account.
//!
//! What is shown is a signed request that tells AWS's answer to "who am I". Whoever has it can pass for the gateway
//! for some minutes, so that it goes to Google alone (`AwsFederation::parse` sees to that, at every use), or to the
//! place that the operator set, and is bound to one provider of one workload identity pool.

use domain::resource::AwsFederation;
use http::Method;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::json;

use super::bearer::bearer;
use super::operator_services::exchange_with_google;
use super::purpose::Purpose;
use super::service_account::{AccessToken, FORM, form};
use super::token_answer::TokenServer;
use crate::clients::Clients;
use crate::deadline::Deadline;
use crate::error::InvokeError;
use crate::http::{HttpRequest, HttpResponse};
use crate::tokens::Token;

mod caller_identity;
#[cfg(test)]
#[path = "../../tests/it/server.rs"]
#[allow(
    dead_code,
    reason = "of the servers of the integration tests one is of use here"
)]
mod server;
#[cfg(test)]
mod tests;

const STS: TokenServer = TokenServer("Google's Security Token Service");
const IAM: TokenServer = TokenServer("Google's IAM Credentials API");
const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const AWS_REQUEST: &str = "urn:ietf:params:aws:token-type:aws4_request";
/// All that standing in for a service account needs.
const IAM_SCOPE: &str = "https://www.googleapis.com/auth/iam";
const JSON: HeaderValue = HeaderValue::from_static("application/json");

#[derive(Deserialize)]
struct IdToken {
    token: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ImpersonatedToken {
    access_token: String,
    expire_time: String,
}

/// Fetches a token.
pub(super) async fn token(
    with: &Clients,
    configuration: &str,
    purpose: &Purpose,
    deadline: Deadline,
) -> Result<Token, InvokeError> {
    let federation = AwsFederation::parse(configuration).map_err(InvokeError::unusable)?;
    match (purpose, &federation.impersonation_url) {
        (Purpose::Audience(audience), _) => {
            let url = federation
                .id_token_url()
                .ok_or_else(|| InvokeError::unusable("only service accounts have ID tokens"))?;
            let exchanged = exchange(with, &federation, IAM_SCOPE, deadline).await?;
            let asked = json!({"audience": audience, "includeEmail": true});
            let response = impersonate(with, url, &exchanged.access_token, &asked, deadline).await?;
            let IdToken { token } = IAM.json(&response)?;
            IAM.id_token(token, &response)
        }
        (Purpose::Scope(scope), Some(url)) => {
            let exchanged = exchange(with, &federation, IAM_SCOPE, deadline).await?;
            let asked = json!({"scope": [scope]});
            let response = impersonate(with, url.clone(), &exchanged.access_token, &asked, deadline).await?;
            let ImpersonatedToken {
                access_token,
                expire_time,
            } = IAM.json(&response)?;
            IAM.access_token_until(access_token, &expire_time, &response)
        }
        (&Purpose::Scope(scope), None) => {
            let AccessToken {
                access_token,
                expires_in,
            } = exchange(with, &federation, scope, deadline).await?;
            STS.access_token(access_token, expires_in)
        }
    }
}

/// Exchanges the AWS identity for a token of the federated identity (RFC 8693).
async fn exchange(
    with: &Clients,
    federation: &AwsFederation,
    scope: &str,
    deadline: Deadline,
) -> Result<AccessToken, InvokeError> {
    let (region, credentials) = with.aws.own_identity().await?;
    let subject = caller_identity::signed(&region, &credentials, &federation.audience)
        .map_err(InvokeError::unusable)?;
    let body = form(&[
        ("grant_type", GRANT),
        ("audience", &federation.audience),
        ("scope", scope),
        ("requested_token_type", ACCESS_TOKEN),
        ("subject_token_type", AWS_REQUEST),
        ("subject_token", &subject),
    ]);
    let request = HttpRequest {
        url: federation.token_url.as_str().into(),
        query: None,
        method: Method::POST,
        headers: HeaderMap::from_iter([(CONTENT_TYPE, FORM)]),
        body: body.into(),
    };
    let response = exchange_with_google(with, request, deadline)
        .await
        .map_err(|error| STS.unreachable(error))?;
    STS.json(&response)
}

/// Asks for a token of the service account.
async fn impersonate(
    with: &Clients,
    url: String,
    token: &str,
    asked: &serde_json::Value,
    deadline: Deadline,
) -> Result<HttpResponse, InvokeError> {
    let request = HttpRequest {
        url: url.into(),
        query: None,
        method: Method::POST,
        headers: HeaderMap::from_iter([(CONTENT_TYPE, JSON), (AUTHORIZATION, bearer(token)?)]),
        body: asked.to_string().into(),
    };
    exchange_with_google(with, request, deadline)
        .await
        .map_err(|error| IAM.unreachable(error))
}

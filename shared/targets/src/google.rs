//! The providers of Google Cloud, and what they share: tokens of those who call, and requests with them.
//!
//! | credentials | ID token for an audience | access token for a scope |
//! |---|---|---|
//! | key of a service account | signed assertion → `token_uri` of the key | the same |
//! | workload identity | signed AWS request → STS → `generateIdToken` | signed AWS request → STS → `generateAccessToken`, if a service account stands in |
//! | metadata server | `identity` | `token` |

use std::sync::Arc;

use domain::resource::GoogleCredentials;
use http::StatusCode;
use http::header::HeaderValue;

use crate::clients::Clients;
use crate::deadline::Deadline;
use crate::error::InvokeError;
use crate::http::{HttpRequest, HttpResponse};
use crate::single_flight::FETCH_LIMIT;
use crate::tokens::{Token, TokenKey};

use self::bearer::bearer;
use self::operator_services::exchange_with_google;
pub(crate) use self::purpose::Purpose;
pub(crate) use self::refusal::{GoogleError, is_refusal};

mod bearer;
pub(crate) mod cloud_function;
mod federation;
mod jwt;
mod metadata_server;
mod operator_services;
pub(crate) mod pubsub;
mod purpose;
mod refusal;
mod service_account;
mod token_answer;

/// Who named the server of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NamedBy {
    /// The settings of the function.
    Function,
    /// Nobody: it is one of Google's own APIs.
    Google,
}

/// Who calls, with which right.
pub(crate) struct Principal<'c> {
    with: &'c Arc<Clients>,
    identity: Identity,
    purpose: Purpose,
    key: TokenKey,
}

/// Credentials whose secrets have been read.
#[derive(Clone)]
enum Identity {
    MetadataServer,
    ServiceAccount(String),
    Workload(String),
}

impl<'c> Principal<'c> {
    /// Reads the secrets of the credentials.
    pub(crate) async fn new(
        with: &'c Arc<Clients>,
        credentials: &GoogleCredentials,
        purpose: Purpose,
    ) -> Result<Self, InvokeError> {
        let identity = match credentials {
            GoogleCredentials::MetadataServer => Identity::MetadataServer,
            GoogleCredentials::ServiceAccount { key } => {
                Identity::ServiceAccount(with.secrets.text(key).await?.into_owned())
            }
            GoogleCredentials::WorkloadIdentity { configuration } => {
                Identity::Workload(with.secrets.text(configuration).await?.into_owned())
            }
        };
        let (kind, secret) = match &identity {
            Identity::MetadataServer => ("google metadata server", ""),
            Identity::ServiceAccount(key) => ("google service account", &**key),
            Identity::Workload(configuration) => ("google workload identity", &**configuration),
        };
        let [right, text] = purpose.parts();
        Ok(Self {
            with,
            key: TokenKey::of(&[kind, secret, right, text]),
            identity,
            purpose,
        })
    }

    /// Sends a request with a token. If the token is refused, a new one is fetched and the request is sent once more.
    pub(crate) async fn send(
        &self,
        named_by: NamedBy,
        request: impl Fn(HeaderValue) -> HttpRequest,
        is_token_refused: fn(&HttpResponse) -> bool,
        deadline: Deadline,
    ) -> Result<HttpResponse, InvokeError> {
        let token = self.token(deadline).await?;
        let response = self
            .exchange(named_by, request(bearer(&token)?), &token, deadline)
            .await?;
        if !is_token_refused(&response) || !self.with.tokens.forget(&self.key, &token) {
            return Ok(response);
        }
        let token = self.token(deadline).await?;
        self.exchange(named_by, request(bearer(&token)?), &token, deadline)
            .await
    }

    async fn exchange(
        &self,
        named_by: NamedBy,
        request: HttpRequest,
        token: &str,
        deadline: Deadline,
    ) -> Result<HttpResponse, InvokeError> {
        let response = match named_by {
            NamedBy::Function => self.with.http.exchange(request, deadline).await,
            NamedBy::Google => exchange_with_google(self.with, request, deadline).await,
        }?;
        Ok(response.hiding(&[token]))
    }

    async fn token(&self, deadline: Deadline) -> Result<Arc<str>, InvokeError> {
        let asking = || fetch(Arc::clone(self.with), self.identity.clone(), self.purpose.clone());
        deadline.bound(self.with.tokens.get(&self.key, asking)).await
    }
}

async fn fetch(with: Arc<Clients>, identity: Identity, purpose: Purpose) -> Result<Token, InvokeError> {
    let deadline = Deadline::after(FETCH_LIMIT);
    let fetched = async {
        match &identity {
            Identity::MetadataServer => metadata_server::token(&with, &purpose, deadline).await,
            Identity::ServiceAccount(key) => service_account::token(&with, key, &purpose, deadline).await,
            // Boxed: what finds out who the gateway is to AWS is very large.
            Identity::Workload(configuration) => {
                Box::pin(federation::token(&with, configuration, &purpose, deadline)).await
            }
        }
    };
    // The steps of the AWS SDK have no deadline of their own.
    deadline.bound(fetched).await
}

/// Whether an API of Google did not accept a token.
pub(crate) fn is_unauthorized(response: &HttpResponse) -> bool {
    response.status == StatusCode::UNAUTHORIZED
}

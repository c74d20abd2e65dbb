//! Access tokens of an authorization server, by client credentials (RFC 6749, section 4.4).
//!
//! The crate `oauth2` was tried. It takes a lifetime written as a text, as some servers send it, for a broken answer,
//! puts the whole answer, token included, into that error, hides the status that tells a busy server from one that
//! refuses, and brings a second SHA-256, a second random generator and a calendar.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::resource::ClientAuthentication;
use domain::retry::FailureClass;
use http::Method;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use url::form_urlencoded::{Serializer, byte_serialize};

use self::answer::AnswerError;
use crate::clients::Clients;
use crate::deadline::Deadline;
use crate::error::{BoxError, InvokeError};
use crate::http::HttpRequest;
use crate::single_flight::FETCH_LIMIT;
use crate::tokens::{self, Token, TokenKey};

mod answer;

/// Most bytes of an answer.
const MAX_ANSWER: usize = 64 * 1024;

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What a token is asked for with. No `Debug`: it holds a secret.
pub(crate) struct ClientCredentials<'a> {
    pub(crate) token_url: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) client_secret: &'a str,
    pub(crate) scopes: &'a [String],
    pub(crate) audience: Option<&'a str>,
    pub(crate) authentication: ClientAuthentication,
}

/// A token that was not given. The texts show neither secrets nor anything that the server wrote itself.
#[derive(Debug, thiserror::Error)]
enum TokenError {
    #[error("no answer of the authorization server")]
    Exchange(#[source] BoxError),
    #[error("no answer of the authorization server within {FETCH_LIMIT:?}")]
    TimedOut,
    #[error("the answer of the authorization server is larger than {MAX_ANSWER} bytes")]
    TooLarge,
    #[error(transparent)]
    Answer(AnswerError),
    #[error("the client id or secret is too long for a header")]
    Header,
}

impl ClientCredentials<'_> {
    fn key(&self) -> TokenKey {
        TokenKey::of(&[
            "client_credentials",
            self.token_url,
            self.client_id,
            self.client_secret,
            &self.scopes.join(" "),
            self.audience.unwrap_or_default(),
            match self.authentication {
                ClientAuthentication::Basic => "basic",
                ClientAuthentication::Body => "body",
            },
        ])
    }

    /// The request that asks for a token.
    fn request(&self) -> Result<HttpRequest, TokenError> {
        let mut headers = HeaderMap::from_iter([(ACCEPT, JSON), (CONTENT_TYPE, FORM)]);
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        if !self.scopes.is_empty() {
            form.append_pair("scope", &self.scopes.join(" "));
        }
        if let Some(audience) = self.audience {
            form.append_pair("audience", audience);
        }
        match self.authentication {
            ClientAuthentication::Basic => {
                // Encoded as in a form first (RFC 6749, section 2.3.1).
                let mut pair: String = byte_serialize(self.client_id.as_bytes()).collect();
                pair.push(':');
                pair.extend(byte_serialize(self.client_secret.as_bytes()));
                let text = format!("Basic {}", STANDARD.encode(pair));
                let mut value = HeaderValue::try_from(text).map_err(|_| TokenError::Header)?;
                value.set_sensitive(true);
                headers.insert(AUTHORIZATION, value);
            }
            ClientAuthentication::Body => {
                form.append_pair("client_id", self.client_id);
                form.append_pair("client_secret", self.client_secret);
            }
        }
        Ok(HttpRequest {
            url: self.token_url.into(),
            query: None,
            method: Method::POST,
            headers,
            body: Bytes::from(form.finish()),
        })
    }
}

/// Whether the cause of a failed call is that an authorization server does not accept the client.
pub(crate) fn is_refusal(cause: &BoxError) -> bool {
    matches!(
        tokens::unshared(cause).downcast_ref(),
        Some(TokenError::Answer(AnswerError::Refused { .. }))
    )
}

/// Sends a token request and reads its answer, within a time of its own.
pub(crate) async fn fetch(with: Arc<Clients>, request: HttpRequest) -> Result<Token, InvokeError> {
    let exchange = with
        .http
        .exchange_within(request, MAX_ANSWER, Deadline::after(FETCH_LIMIT));
    let response = exchange.await.map_err(of_exchange)?;
    answer::token(&response)
}

/// The token of a client: a kept one, or one that is asked for now; and what it is kept by, to forget it if it is
/// refused.
pub(crate) async fn client_credentials(
    with: &Arc<Clients>,
    request: &ClientCredentials<'_>,
    deadline: Deadline,
) -> Result<(TokenKey, Arc<str>), InvokeError> {
    let asking = || {
        let (with, request) = (Arc::clone(with), request.request());
        async { fetch(with, request.map_err(InvokeError::unusable)?).await }
    };
    let key = request.key();
    let text = deadline.bound(with.tokens.get(&key, asking)).await?;
    Ok((key, text))
}

/// Says in the text that it is not the function that did not answer.
fn of_exchange(error: InvokeError) -> InvokeError {
    match error {
        InvokeError::Unavailable { permanent, source } => InvokeError::Unavailable {
            permanent,
            source: TokenError::Exchange(source).into(),
        },
        InvokeError::TimedOut { .. } => InvokeError::unavailable(TokenError::TimedOut),
        InvokeError::ResponseTooLarge { .. } => InvokeError::unusable(TokenError::TooLarge),
        other => other,
    }
}

impl From<AnswerError> for InvokeError {
    fn from(error: AnswerError) -> Self {
        let (class, retry_after) = error.class();
        let source = TokenError::Answer(error);
        match class {
            FailureClass::Throttled => Self::Throttled {
                retry_after,
                source: source.into(),
            },
            FailureClass::Transient => Self::unavailable(source),
            FailureClass::Permanent | FailureClass::Gone => Self::unusable(source),
        }
    }
}

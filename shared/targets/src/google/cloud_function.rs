//! Google Cloud functions: HTTPS with an OIDC ID token.

use std::sync::Arc;

use domain::resource::GoogleCloudFunction;
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, SERVER, WWW_AUTHENTICATE};
use http::{Method, StatusCode};

use crate::answer::FunctionAnswer;
use crate::call::Call;
use crate::clients::Clients;
use crate::deadline::Deadline;
use crate::error::{BoxError, InvokeError};
use crate::event_format::{EventPayload, payload_for};
use crate::google::{NamedBy, Principal, Purpose};
use crate::http::{GZIP, HttpRequest, HttpResponse, Identification};

/// What Google answers in the place of a function.
#[derive(Debug, thiserror::Error)]
enum Denied {
    #[error("Google does not accept the ID token for the audience {0:?}: status code 401")]
    Unauthorized(String),
    #[error("Google denies access: status code 403; the caller may not invoke the function")]
    Forbidden,
}

/// Whether the cause of a failed call is that Google does not let the caller through to the function.
pub(crate) fn is_denial(cause: &BoxError) -> bool {
    cause.is::<Denied>()
}

/// Sends the event.
pub(crate) async fn call(
    with: &Arc<Clients>,
    function: &GoogleCloudFunction,
    call: Call<'_>,
    deadline: Deadline,
) -> Result<FunctionAnswer, InvokeError> {
    let audience = function.token_audience();
    let principal = deadline
        .bound(Principal::new(
            with,
            &function.credentials,
            Purpose::Audience(audience.to_owned()),
        ))
        .await?;
    let EventPayload { mut headers, body } = payload_for(function.format, &call);
    headers.insert(ACCEPT_ENCODING, GZIP);
    if let Some(identity) = &call.identity {
        Identification::of(identity, &[], &body)
            .map_err(InvokeError::unusable)?
            .write(&mut headers, true);
    }
    let request = |authorization| {
        let mut headers = headers.clone();
        headers.insert(AUTHORIZATION, authorization);
        HttpRequest {
            url: function.url.clone(),
            query: None,
            method: Method::POST,
            headers,
            body: body.clone(),
        }
    };
    let response = principal
        .send(NamedBy::Function, request, is_token_refused, deadline)
        .await?;
    if is_token_refused(&response) {
        return Err(InvokeError::unusable(Denied::Unauthorized(audience.to_owned())));
    }
    if is_forbidden(&response) {
        return Err(InvokeError::unusable(Denied::Forbidden));
    }
    let mode = function.response.unwrap_or(with.settings.response_default);
    response.into_answer_for(mode, &call)
}

/// Whether the front end, rather than the function, refuses the token: a function behind it does not ask for one.
fn is_token_refused(response: &HttpResponse) -> bool {
    let mut challenges = response.headers.get_all(WWW_AUTHENTICATE).iter();
    response.status == StatusCode::UNAUTHORIZED
        && challenges.any(|value| starts_with(value.as_bytes(), b"bearer"))
}

/// Whether the front end, rather than the function, denies access: it says so on a page of its own.
fn is_forbidden(response: &HttpResponse) -> bool {
    let has = |name, prefix: &[u8]| {
        let value = response.headers.get(name);
        value.is_some_and(|value| starts_with(value.as_bytes(), prefix))
    };
    let says_so = || String::from_utf8_lossy(&response.body).contains("does not have permission");
    response.status == StatusCode::FORBIDDEN
        && has(SERVER, b"google frontend")
        && has(CONTENT_TYPE, b"text/html")
        && says_so()
}

fn starts_with(value: &[u8], prefix: &[u8]) -> bool {
    value
        .get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

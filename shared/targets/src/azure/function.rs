//! Azure functions: HTTP with a function key or a token of Microsoft Entra.

use std::sync::Arc;

use bytes::Bytes;
use domain::resource::{AzureFunction, AzureSchema};
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method};

use crate::answer::FunctionAnswer;
use crate::azure;
use crate::bearer::TokenSource;
use crate::call::Call;
use crate::clients::Clients;
use crate::deadline::Deadline;
use crate::error::InvokeError;
use crate::event_format::{EventPayload, payload_for};
use crate::http::{HttpRequest, identify, secret_value};

const FUNCTIONS_KEY: HeaderName = HeaderName::from_static("x-functions-key");
const EVENT_TYPE: HeaderName = HeaderName::from_static("aeg-event-type");
const NOTIFICATION: HeaderValue = HeaderValue::from_static("Notification");
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// Sends the event.
pub(crate) async fn call(
    with: &Arc<Clients>,
    function: &AzureFunction,
    call: Call<'_>,
    deadline: Deadline,
) -> Result<FunctionAnswer, InvokeError> {
    let key = deadline.bound(with.secrets.text(&function.function_key)).await?;
    let (mut headers, body) = payload(function, &call)?;
    identify(&mut headers, call.identity.as_ref())?;
    if !key.is_empty() {
        headers.insert(FUNCTIONS_KEY, secret_value(FUNCTIONS_KEY.as_str(), &key)?);
    }
    let request = HttpRequest {
        url: function.url.clone(),
        query: None,
        method: Method::POST,
        headers,
        body,
    };
    let response = match &function.entra {
        Some(credentials) => {
            let scope = credentials.scope.as_deref().unwrap_or_default();
            TokenSource::Entra { credentials, scope }
                .exchange(with, request, deadline)
                .await?
        }
        None => with.http.exchange(request, deadline).await?,
    };
    let response = response.hiding(&[&key]).check_credentials()?;
    let mode = function.response.unwrap_or(with.settings.response_default);
    response.into_answer_for(mode, &call)
}

/// What the function gets, and the headers that say what it is.
fn payload(function: &AzureFunction, call: &Call<'_>) -> Result<(HeaderMap, Bytes), InvokeError> {
    match function.schema {
        AzureSchema::CloudEvents => {
            let EventPayload { headers, body } = payload_for(function.format, call);
            Ok((headers, body))
        }
        AzureSchema::EventGrid => {
            let event = call.event.ok_or_else(|| {
                InvokeError::unusable("an authorizer cannot get its question in the schema of Event Grid")
            })?;
            let headers = [(CONTENT_TYPE, JSON), (EVENT_TYPE, NOTIFICATION)];
            Ok((HeaderMap::from_iter(headers), azure::delivered(event).into()))
        }
    }
}

//! Azure Event Grid topics: each event is published.

use std::sync::Arc;

use bytes::Bytes;
use domain::event::Event;
use domain::resource::{AzureSchema, EventGridTopic};
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use url::Url;

use crate::answer::FunctionAnswer;
use crate::azure;
use crate::bearer::TokenSource;
use crate::call::Call;
use crate::clients::Clients;
use crate::deadline::Deadline;
use crate::error::InvokeError;
use crate::http::{HttpRequest, secret_value};

const SAS_KEY: HeaderName = HeaderName::from_static("aeg-sas-key");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const CLOUD_EVENTS: HeaderValue =
    HeaderValue::from_static("application/cloudevents-batch+json; charset=utf-8");

/// What tokens are for unless the function says otherwise.
const SCOPE: &str = "https://eventgrid.azure.net/.default";
const API_VERSION: (&str, &str) = ("api-version", "2018-01-01");
/// Where topics take events.
const PATH: &str = "/api/events";

/// Sends the event.
pub(crate) async fn call(
    with: &Arc<Clients>,
    topic: &EventGridTopic,
    call: Call<'_>,
    deadline: Deadline,
) -> Result<FunctionAnswer, InvokeError> {
    let key = deadline.bound(with.secrets.text(&topic.access_key)).await?;
    let (content_type, body) = payload(topic.schema, &call)?;
    let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, content_type)]);
    if !key.is_empty() {
        headers.insert(SAS_KEY, secret_value(SAS_KEY.as_str(), &key)?);
    }
    let request = HttpRequest {
        url: url(&topic.endpoint)?.into(),
        query: None,
        method: Method::POST,
        headers,
        body,
    };
    let response = match &topic.entra {
        Some(credentials) => {
            let scope = credentials.scope.as_deref().unwrap_or(SCOPE);
            TokenSource::Entra { credentials, scope }
                .exchange(with, request, deadline)
                .await?
        }
        None => with.http.exchange(request, deadline).await?,
    };
    response.hiding(&[&key]).check_credentials()?.into_taken()?;
    Ok(FunctionAnswer::of(Bytes::new()))
}

/// The event in the schema of the topic: always a list.
fn payload(schema: AzureSchema, call: &Call<'_>) -> Result<(HeaderValue, Bytes), InvokeError> {
    if call.event.is_none() {
        return Err(InvokeError::unusable(
            "a topic cannot answer an authorizer's question",
        ));
    }
    // What is to be sent tells the delivery, which the event itself does not.
    let event: Event = serde_json::from_slice(&call.payload).map_err(InvokeError::unusable)?;
    match schema {
        AzureSchema::CloudEvents => {
            let list = serde_json::to_vec(&[event.to_cloud_event_1_0()]).map_err(InvokeError::unusable)?;
            Ok((CLOUD_EVENTS, list.into()))
        }
        AzureSchema::EventGrid => Ok((JSON, azure::published(&event).into())),
    }
}

/// The endpoint with the path and the version that every topic has.
fn url(endpoint: &str) -> Result<String, InvokeError> {
    // The parser's errors do not repeat the URL.
    let mut url = Url::parse(endpoint).map_err(InvokeError::unusable)?;
    if url.path() == "/" {
        url.set_path(PATH);
    }
    let (name, version) = API_VERSION;
    if url.query_pairs().all(|(known, _)| known != name) {
        url.query_pairs_mut().append_pair(name, version);
    }
    Ok(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints() {
        for (endpoint, want) in [
            (
                "https://t.westeurope-1.eventgrid.azure.net/api/events",
                "https://t.westeurope-1.eventgrid.azure.net/api/events?api-version=2018-01-01",
            ),
            ("https://t", "https://t/api/events?api-version=2018-01-01"),
            ("https://t/", "https://t/api/events?api-version=2018-01-01"),
            ("https://t/own?a=b", "https://t/own?a=b&api-version=2018-01-01"),
            (
                "https://t/own?api-version=2023-11-01",
                "https://t/own?api-version=2023-11-01",
            ),
        ] {
            assert_eq!(url(endpoint).unwrap(), want);
        }
    }
}

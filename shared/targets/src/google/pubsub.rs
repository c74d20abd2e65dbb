//! Google Cloud Pub/Sub topics: each event is a message, in the structured mode of the CloudEvents Pub/Sub binding.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::event::{CLOUDEVENTS_JSON, Event};
use domain::resource::PubSubTopic;
use http::Method;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};

use crate::answer::FunctionAnswer;
use crate::call::Call;
use crate::clients::Clients;
use crate::deadline::Deadline;
use crate::error::InvokeError;
use crate::google::{GoogleError, NamedBy, Principal, Purpose, is_unauthorized};
use crate::http::HttpRequest;

const SERVER: &str = "Pub/Sub";
const ENDPOINT: &str = "https://pubsub.googleapis.com";
const SCOPE: &str = "https://www.googleapis.com/auth/pubsub";
const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// Attributes that subscriptions can filter by. The event carries them as well, so that what Pub/Sub has no room for
/// may be left out.
const ATTRIBUTES: [&str; 6] = ["id", "source", "specversion", "type", "subject", "time"];
/// Most bytes of an attribute of a message.
const MOST_ATTRIBUTE: usize = 1024;

#[derive(Serialize)]
struct Publish {
    messages: [Message; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    data: String,
    attributes: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ordering_key: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Published {
    message_ids: [String; 1],
}

/// Publishes the event; gives the message id.
pub(crate) async fn call(
    with: &Arc<Clients>,
    topic: &PubSubTopic,
    call: Call<'_>,
    deadline: Deadline,
) -> Result<FunctionAnswer, InvokeError> {
    let principal = deadline
        .bound(Principal::new(with, &topic.credentials, Purpose::Scope(SCOPE)))
        .await?;
    let message = Message {
        data: STANDARD.encode(&call.payload),
        attributes: attributes(call.event),
        ordering_key: ordering_key(topic, call.event),
    };
    let body = serde_json::to_vec(&Publish { messages: [message] }).map_err(InvokeError::unusable)?;
    let body = Bytes::from(body);
    let (endpoint, named_by) = match topic.endpoint.as_deref() {
        Some(endpoint) => (endpoint.trim_end_matches('/'), NamedBy::Function),
        None => (ENDPOINT, NamedBy::Google),
    };
    // The one character of names that means something else in a URL.
    let url = format!("{endpoint}/v1/{}:publish", topic.topic.replace('%', "%25"));
    let request = |authorization| HttpRequest {
        url: url.as_str().into(),
        query: None,
        method: Method::POST,
        headers: HeaderMap::from_iter([(CONTENT_TYPE, JSON), (AUTHORIZATION, authorization)]),
        body: body.clone(),
    };
    let response = principal
        .send(named_by, request, is_unauthorized, deadline)
        .await?;
    if !response.status.is_success() {
        return Err(GoogleError::of(SERVER, &response).into_failure(&response));
    }
    let Published { message_ids: [id] } = serde_json::from_slice(&response.body)
        .map_err(|_| InvokeError::unavailable("Pub/Sub: there is no message id in its answer"))?;
    Ok(FunctionAnswer::of(Bytes::from(id)))
}

fn attributes(event: Option<&Event>) -> BTreeMap<String, String> {
    let mut attributes = BTreeMap::from([("content-type".to_owned(), CLOUDEVENTS_JSON.to_owned())]);
    for name in ATTRIBUTES {
        let text = event.and_then(|event| event.text_at(name));
        if let Some(text) = text.filter(|text| text.len() <= MOST_ATTRIBUTE) {
            attributes.insert(format!("ce-{name}"), text);
        }
    }
    attributes
}

fn ordering_key(topic: &PubSubTopic, event: Option<&Event>) -> Option<String> {
    let key = event?.text_at(topic.ordering_key.as_deref()?)?;
    Some(key).filter(|key| !key.is_empty())
}

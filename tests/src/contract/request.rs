//! Builds the request of a step: targets, sample events, bodies and content types.

use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};

use super::{
    placeholders::Environment,
    step::{Headers, RequestSpec},
};
use crate::client::{Api, Request};

/// Attributes of the binary sample event.
const BINARY_SAMPLE: [(&str, &str); 4] = [
    ("CE-EventType", "ev"),
    ("CE-CloudEventsVersion", "0.1"),
    ("CE-Source", "/s"),
    ("CE-EventID", "1"),
];

/// Removes an attribute from a sample event.
const DROP: &str = "${drop}";

/// A request that cannot be built: the case is at fault, not the gateway.
#[derive(Debug, thiserror::Error)]
pub(super) enum RequestError {
    #[error("request {0:?} is not a method and a target")]
    NoTarget(String),
    #[error("b64 is not base64")]
    Base64(#[source] base64::DecodeError),
}

/// The request of a step with its receiver, `None` if the step makes none or sends raw bytes.
pub(super) fn build(
    spec: &RequestSpec,
    environment: &Environment,
) -> Result<Option<(Api, Request)>, RequestError> {
    let (api, line, prefix) = match (&spec.cfg, &spec.evt) {
        (Some(line), _) => (Api::Config, line, format!("/v1/spaces/{}", environment.space)),
        (None, Some(line)) => (Api::Events, line, environment.path_prefix.clone()),
        (None, None) => return Ok(None),
    };
    let (method, target) = line
        .split_once(' ')
        .ok_or_else(|| RequestError::NoTarget(line.clone()))?;
    let target = target
        .strip_prefix('~')
        .map_or_else(|| target.to_owned(), |rest| format!("{prefix}{rest}"));
    let mut request = Request {
        method: method.to_owned(),
        target,
        chunked: spec.chunked,
        ..Request::default()
    };
    request.headers.extend(spec.bin.iter().flat_map(binary_event));
    match &spec.headers {
        Headers::Map(map) => request.headers.extend(map.clone()),
        Headers::Pairs(pairs) => request.headers.extend(pairs.clone()),
    }
    let mut content_type = None;
    if let Some(changes) = &spec.ce {
        request.body = Some(structured_event(changes).to_string().into_bytes());
        content_type = Some("application/cloudevents+json");
    }
    if let Some(json) = &spec.json {
        request.body = Some(json.to_string().into_bytes());
        content_type = Some("application/json");
    }
    if let Some(text) = &spec.raw {
        request.body = Some(text.clone().into_bytes());
    }
    if let Some(encoded) = &spec.b64 {
        request.body = Some(BASE64_STANDARD.decode(encoded).map_err(RequestError::Base64)?);
    }
    if let Some(content_type) = content_type.filter(|_| !request.has_header("Content-Type")) {
        request
            .headers
            .push(("Content-Type".to_owned(), content_type.to_owned()));
    }
    Ok(Some((api, request)))
}

fn structured_event(changes: &Map<String, Value>) -> Value {
    let mut event = json!({
        "eventType": "ev",
        "cloudEventsVersion": "0.1",
        "source": "/s",
        "eventID": "1",
        "contentType": "application/json",
        "data": {"b": 1},
    });
    if let Some(members) = event.as_object_mut() {
        members.extend(changes.clone());
        members.retain(|_, value| value != DROP);
    }
    event
}

fn binary_event(changes: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let kept = BINARY_SAMPLE
        .into_iter()
        .filter(|(name, _)| !changes.contains_key(*name));
    let kept = kept.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let given = changes.iter().map(|(name, value)| (name.clone(), value.clone()));
    kept.chain(given).filter(|(_, value)| value != DROP).collect()
}

#[cfg(test)]
mod tests;

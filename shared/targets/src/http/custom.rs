//! Calls of endpoints with options: method, headers, authorization, certificates, form of the event, size of the
//! answer.

use std::sync::Arc;

use domain::resource::{HttpEndpoint, Secret};
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::uri::{PathAndQuery, Uri};
use http::{Method, Request, StatusCode};

use super::authorization::{Authorized, KeptToken, Proof, authorize};
use super::{EncryptedClient, Payload, Redaction, redacted};
use crate::answer::Answer;
use crate::call::Call;
use crate::clients::Clients;
use crate::deadline::Deadline;
use crate::error::InvokeError;
use crate::event_format::{EventPayload, payload_for};

/// Headers whose values are no secrets unless they are kept elsewhere: they would be found in answers that repeat
/// nothing.
const PUBLIC: [&str; 6] = [
    "accept",
    "accept-language",
    "cache-control",
    "content-type",
    "prefer",
    "user-agent",
];

/// What the requests of a call have that those of plain endpoints do not have. No `Debug`: it holds secrets.
pub(super) struct Custom {
    method: Method,
    /// Whether the event, or its data, is the body.
    sends_event: bool,
    /// Headers of the event: content type, attributes in binary mode.
    event_headers: HeaderMap,
    headers: HeaderMap,
    /// A parameter of the query, encoded: name and value.
    parameter: Option<(String, String)>,
    /// The client with the certificates of the endpoint.
    pub(super) tls: Option<EncryptedClient>,
    pub(super) max_response_bytes: Option<usize>,
    /// What must not be shown of an answer.
    redaction: Redaction,
}

/// Settings that no request can be made of. The texts show no value.
#[derive(Debug, thiserror::Error)]
enum CustomError {
    #[error("the method is none that HTTP knows")]
    Method,
    #[error("the value of the header {0} is none that a header can have")]
    Value(String),
    #[error("the URL has no room for the parameter")]
    Parameter,
}

/// Makes a call, twice if its token is refused.
pub(super) async fn call(
    with: &Arc<Clients>,
    endpoint: &HttpEndpoint,
    call: Call<'_>,
    deadline: Deadline,
) -> Result<Answer, InvokeError> {
    let EventPayload { headers, body } = payload_for(endpoint.format, &call);
    let call = Call {
        payload: body,
        ..call
    };
    let mut custom = deadline.bound(Custom::of(with, endpoint, headers)).await?;
    let mut token = None;
    if let Some(authorization) = &endpoint.authorization {
        token = custom.set(authorize(with, authorization, deadline).await?);
    }
    let answered = custom.send(with, endpoint, call.clone(), deadline).await;
    let is_refused =
        matches!(&answered, Ok(answer) if answer.status == Some(StatusCode::UNAUTHORIZED.as_u16()));
    match (&endpoint.authorization, token) {
        // It may have been revoked, or the clocks may differ by more than the margin of its lifetime.
        (Some(authorization), Some(token)) if is_refused && token.forget(with) => {
            // Boxed: nearly no call gets here, and all would have to carry it.
            Box::pin(async {
                custom.set(authorize(with, authorization, deadline).await?);
                custom.send(with, endpoint, call, deadline).await
            })
            .await
        }
        _ => answered,
    }
}

impl Custom {
    /// All but the authorization, which may change.
    async fn of(
        with: &Arc<Clients>,
        endpoint: &HttpEndpoint,
        mut event_headers: HeaderMap,
    ) -> Result<Self, InvokeError> {
        let method = match &endpoint.method {
            None => Method::POST,
            Some(name) => {
                Method::from_bytes(name.as_bytes()).map_err(|_| InvokeError::unusable(CustomError::Method))?
            }
        };
        let sends_event = endpoint.sends_event();
        if !sends_event {
            event_headers.remove(CONTENT_TYPE);
        }
        let mut headers = HeaderMap::with_capacity(endpoint.headers.len() + 1);
        let mut redaction = Redaction::default();
        for (name, value) in &endpoint.headers {
            let text = with.secrets.text(value).await?;
            let header = HeaderName::from_bytes(name.as_bytes()).map_err(InvokeError::unusable)?;
            headers.insert(header, secret_value(name, &text)?);
            if !is_public(name, value) {
                redaction.add(text);
            }
        }
        let tls = match &endpoint.tls {
            None => None,
            Some(tls) => {
                let key = with.secrets.text(&tls.client_key).await?;
                Some(with.http.own_tls.get(&with.http.connector, tls, &key).await?)
            }
        };
        Ok(Self {
            method,
            sends_event,
            event_headers,
            headers,
            parameter: None,
            tls,
            max_response_bytes: endpoint
                .max_response_bytes
                .map(|most| usize::try_from(most).unwrap_or(usize::MAX)),
            redaction,
        })
    }

    /// Puts credentials in, in the place of earlier ones; gives the token among them.
    fn set(&mut self, authorized: Authorized) -> Option<KeptToken> {
        match authorized.proof {
            Proof::Header(name, value) => {
                self.headers.insert(name, value);
            }
            Proof::Query(name, value) => self.parameter = Some((name, value)),
        }
        for secret in authorized.secrets {
            self.redaction.add(secret);
        }
        authorized.token
    }

    /// Makes the call once.
    async fn send(
        &self,
        with: &Arc<Clients>,
        endpoint: &HttpEndpoint,
        call: Call<'_>,
        deadline: Deadline,
    ) -> Result<Answer, InvokeError> {
        let wants_result = call.wants_result();
        let answered = with.http.post(endpoint, call, Some(self), deadline).await;
        redacted(answered, wants_result, || {
            let mut redaction = self.redaction.clone();
            redaction.add_url(&endpoint.url);
            redaction
        })
    }

    /// Turns a request of a plain endpoint into one of this call. It has no body if a redirect said so.
    pub(super) fn apply(&self, request: &mut Request<Payload>) -> Result<(), InvokeError> {
        let is_first_kind = !self.sends_event || request.method() == Method::POST;
        if is_first_kind {
            *request.method_mut() = self.method.clone();
        }
        if let Some((name, value)) = &self.parameter {
            *request.uri_mut() = with_parameter(request.uri(), name, value)
                .ok_or_else(|| InvokeError::unusable(CustomError::Parameter))?;
        }
        let headers = request.headers_mut();
        if is_first_kind {
            insert_all(headers, &self.event_headers);
        }
        insert_all(headers, &self.headers);
        Ok(())
    }
}

/// Whether the value of a header may be shown.
fn is_public(name: &str, value: &Secret) -> bool {
    matches!(value, Secret::Inline(_)) && PUBLIC.iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn insert_all(headers: &mut HeaderMap, more: &HeaderMap) {
    for (name, value) in more {
        headers.insert(name.clone(), value.clone());
    }
}

/// A header that logs do not show; its name is for the error.
pub(crate) fn secret_value(name: &str, text: &str) -> Result<HeaderValue, InvokeError> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| InvokeError::unusable(CustomError::Value(name.to_owned())))?;
    value.set_sensitive(true);
    Ok(value)
}

/// The URL with a parameter, unless it has one of that name: a redirect may repeat it.
fn with_parameter(uri: &Uri, name: &str, value: &str) -> Option<Uri> {
    let query = uri.query().unwrap_or_default();
    let is_there = query
        .split('&')
        .any(|pair| pair.split_once('=').is_some_and(|(known, _)| known == name));
    if is_there {
        return Some(uri.clone());
    }
    let separator = if query.is_empty() { "" } else { "&" };
    let path_and_query = format!("{}?{query}{separator}{name}={value}", uri.path());
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path_and_query).ok()?);
    Uri::from_parts(parts).ok()
}

//! Calls of endpoints with options: method, headers, authorization, certificates, form of the event, size of the
//! answer.

use std::sync::Arc;

use domain::resource::HttpEndpoint;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName};
use http::{Method, StatusCode};

use super::Redaction;
use super::authorization::{Authorized, KeptToken, Proof, authorize};
use super::custom::{Custom, CustomError, is_public, secret_value};
use super::passthrough::is_repeatable;
use super::redaction::redacted;
use crate::answer::FunctionAnswer;
use crate::call::Call;
use crate::clients::Clients;
use crate::deadline::Deadline;
use crate::error::InvokeError;
use crate::event_format::{EventPayload, payload_for};

/// Makes a call, twice if its token is refused. A request of a client that changes something is made once: who refused it
/// may be another server behind the function's own, after it was carried out.
pub(super) async fn call(
    with: &Arc<Clients>,
    endpoint: &HttpEndpoint,
    call: Call<'_>,
    deadline: Deadline,
) -> Result<FunctionAnswer, InvokeError> {
    let EventPayload { headers, body } = if endpoint.request.is_passthrough() {
        EventPayload::default()
    } else {
        payload_for(endpoint.format, &call)
    };
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
    let is_repeatable = !endpoint.request.is_passthrough() || call.original.is_none_or(is_repeatable);
    match (&endpoint.authorization, token) {
        // It may have been revoked, or the clocks may differ by more than the margin of its lifetime.
        (Some(authorization), Some(token)) if is_refused && token.forget(with) && is_repeatable => {
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
    ) -> Result<FunctionAnswer, InvokeError> {
        let caller = call.caller;
        let answered = with.http.post(endpoint, call, Some(self), deadline).await;
        redacted(answered, caller, || {
            let mut redaction = self.redaction.clone();
            redaction.add_url(&endpoint.url);
            redaction
        })
    }
}

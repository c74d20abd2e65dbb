//! A single call.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error_answer::ErrorAnswer;
use crate::form::Form;
use crate::operation::{Invocations, Request, ServiceAnswer};
use crate::protocol::Protocol;
use crate::service::Service;
use crate::unusable::Unusable;
use crate::xml::XmlAnswer;

/// Why a call failed, in the terms of the SDKs. It holds the whole response: take the source out of it before it is shown.
pub type CallError = SdkError<ErrorAnswer, HttpResponse>;

/// A call that is about to be made.
#[derive(Debug)]
#[must_use]
pub struct Call<'c> {
    service: Service,
    invocations: Result<&'c Invocations, Unusable>,
    operation: &'static str,
    headers: Vec<(&'static str, String)>,
    retries: bool,
}

/// An answer that says that all went well, and then makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("the answer of AWS cannot be read")]
struct Unreadable;

impl<'c> Call<'c> {
    pub(crate) fn new(
        service: Service,
        invocations: Result<&'c Invocations, Unusable>,
        operation: &'static str,
    ) -> Self {
        Self {
            service,
            invocations,
            operation,
            headers: service.protocol().headers(operation),
            retries: true,
        }
    }

    /// Sends a header along. It is signed.
    pub fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Whether further attempts are made, as the configuration says, or only one.
    pub fn retries(self, retries: bool) -> Self {
        Self { retries, ..self }
    }

    /// Makes the call of a service that speaks JSON: all but SNS.
    pub async fn json<A: DeserializeOwned>(self, input: &impl Serialize) -> Result<A, CallError> {
        let body = serde_json::to_vec(input).map_err(SdkError::construction_failure)?;
        let answer = self.send(body.into()).await?;
        let text: &[u8] = if answer.body.is_empty() {
            b"{}"
        } else {
            &answer.body
        };
        // The decoder's own text would quote what may be a secret.
        serde_json::from_slice(text).map_err(|_| unreadable(answer.status))
    }

    /// Makes the call of a service that takes forms: SNS. `root` is the element around the answer.
    pub async fn form(self, form: Form, root: &str) -> Result<XmlAnswer, CallError> {
        let version = match self.service.protocol() {
            Protocol::Query { version } => version,
            Protocol::Json { .. } => "",
        };
        let body = form.into_body(self.operation, version);
        let answer = self.send(body.into()).await?;
        XmlAnswer::within(answer.body, root).ok_or_else(|| unreadable(answer.status))
    }

    async fn send(self, body: Bytes) -> Result<ServiceAnswer, CallError> {
        let invocations = self.invocations.map_err(SdkError::construction_failure)?;
        let invocation = if self.retries {
            &invocations.with_retries
        } else {
            &invocations.once
        };
        let headers = self.headers;
        invocation.invoke(Request { headers, body }).await
    }
}

fn unreadable(status: StatusCode) -> CallError {
    // What it was made of is gone by now, and nobody may look at it anyway.
    SdkError::response_error(Unreadable, HttpResponse::new(status, SdkBody::empty()))
}

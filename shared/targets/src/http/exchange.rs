//! One request and its whole answer, for providers that speak HTTP in their own way.

use bytes::Bytes;
use domain::resource::TargetUrl;
use http::{HeaderMap, Method, StatusCode};

use super::client::GO_CLIENT;
use super::destination::Destination;
use super::sending::HttpTargets;
use super::status::{self, Refusal};
use super::{Redaction, body, keeping};
use crate::answer::FunctionAnswer;
use crate::call::Call;
use crate::deadline::Deadline;
use crate::error::InvokeError;
use crate::in_flight::Held;
use crate::keeping::{Keeping, Kept};
use http::header::{AUTHORIZATION, HOST, USER_AGENT};
use http_body_util::Full;

/// A request as a provider makes it.
#[derive(Debug, Clone)]
pub(crate) struct HttpRequest {
    /// Absolute, scheme http or https.
    pub(crate) url: TargetUrl,
    /// What the provider asks for by a query, where the URL has none. Unlike what is in the URL it is no secret.
    pub(crate) query: Option<String>,
    pub(crate) method: Method,
    /// What goes besides `Host`, `User-Agent` and `Content-Length`. Mark values that are secret as sensitive.
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// An answer of any status, its body decompressed and within the limit, or as much of it as is kept.
#[derive(Debug)]
pub(crate) struct HttpResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The room that the body has.
    pub(crate) held: Option<Held>,
    /// What must not be shown of the body.
    pub(crate) redaction: Redaction,
}

impl HttpTargets {
    /// Sends a request and reads its answer. Redirects are not followed.
    pub(crate) async fn exchange(
        &self,
        request: HttpRequest,
        deadline: Deadline,
    ) -> Result<HttpResponse, InvokeError> {
        self.exchange_and_keep(request, self.max_response_bytes, keeping(), deadline)
            .await
    }

    /// The same, where an answer may have so many bytes only, which are few, and is none of a function.
    pub(crate) async fn exchange_within(
        &self,
        request: HttpRequest,
        max_response_bytes: usize,
        deadline: Deadline,
    ) -> Result<HttpResponse, InvokeError> {
        self.exchange_and_keep(request, max_response_bytes, Keeping::default(), deadline)
            .await
    }

    async fn exchange_and_keep(
        &self,
        request: HttpRequest,
        max_response_bytes: usize,
        keeping: Keeping,
        deadline: Deadline,
    ) -> Result<HttpResponse, InvokeError> {
        let to = match &request.query {
            None => Destination::parse(&request.url),
            Some(query) => Destination::parse(&format!("{}?{query}", &*request.url)),
        };
        let to = to.map_err(InvokeError::unusable)?;
        let mut sent = http::Request::new(Full::new(request.body));
        *sent.method_mut() = request.method;
        *sent.uri_mut() = to.uri;
        *sent.headers_mut() = request.headers;
        let headers = sent.headers_mut();
        headers.insert(HOST, to.host);
        headers.insert(USER_AGENT, GO_CLIENT);
        if let Some(authorization) = to.authorization {
            headers.entry(AUTHORIZATION).or_insert(authorization);
        }
        let response = deadline.bound(self.send(sent)).await?;
        let (status, mut headers) = (response.status(), response.headers().clone());
        body::leave_out_gzip(&mut headers);
        let read = body::read(response, max_response_bytes, keeping);
        let Kept { bytes, held } = deadline.bound(read).await?;
        Ok(HttpResponse {
            status,
            headers,
            body: bytes,
            held,
            redaction: Redaction::of_url(&request.url),
        })
    }
}

impl HttpResponse {
    /// What a function said that follows the statuses of HTTP (docs/contract.md §3.2, Q22).
    pub(super) fn into_answer(self, call: &Call<'_>) -> Result<FunctionAnswer, InvokeError> {
        let refusal = status::refusal(self.status, &self.headers);
        let challenge = status::challenge(self.status, &self.headers);
        let status = self.status.as_u16();
        if let Some(refusal) = refusal.filter(|_| status >= 500) {
            return Err(self.failure(refusal));
        }
        let is_result = refusal.is_none() || call.caller.waits();
        Ok(FunctionAnswer {
            body: if is_result {
                self.body
            } else {
                self.redaction.beginning(&self.body)
            },
            held: self.held,
            status: Some(status),
            rejection: refusal.map(|refusal| refusal.rejection(status, challenge)),
            passed_on: None,
        })
    }

    /// A success, without its status. A service that only takes events in has nothing to tell a caller otherwise, so
    /// that every other status is an error.
    pub(crate) fn into_taken(self) -> Result<FunctionAnswer, InvokeError> {
        match status::refusal(self.status, &self.headers) {
            Some(refusal) => Err(self.failure(refusal)),
            None => Ok(FunctionAnswer {
                held: self.held,
                ..FunctionAnswer::of(self.body)
            }),
        }
    }

    fn failure(&self, refusal: Refusal) -> InvokeError {
        InvokeError::FunctionFailed {
            detail: format!("HTTP status code: {}", self.status.as_u16()),
            class: refusal.class,
            retry_after: refusal.retry_after,
            response: self.last_response(),
        }
    }
}

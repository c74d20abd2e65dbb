//! Answers behind a function URL whose invoke mode is `RESPONSE_STREAM`: the head as metadata, then the body while it
//! comes in.
//!
//! The runtime takes invocations in as it does otherwise, and the answer is posted here: the runtime itself sends what
//! it has to say about a body that breaks off as a part of that body, which clients would take for the function's.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::function_response::may_have_content;
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use http_body::{Body as HttpBody, Frame};
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_runtime::{Diagnostic, Error, LambdaInvocation};
use lambda_runtime_api_client::body::Body as RuntimeBody;
use lambda_runtime_api_client::{PooledClient, build_request};
use tower::{Service, ServiceExt as _};

use super::request;
use super::response::{self, ResponseHead};
use crate::invocation_trace::InvocationTrace;

const RESPONSE_MODE: HeaderName = HeaderName::from_static("lambda-runtime-function-response-mode");
const ERROR_TYPE: HeaderName = HeaderName::from_static("lambda-runtime-function-error-type");
const ERROR_BODY: HeaderName = HeaderName::from_static("lambda-runtime-function-error-body");
const INVOCATION_ID: HeaderName = HeaderName::from_static("lambda-runtime-invocation-id");
const WITH_PRELUDE: HeaderValue =
    HeaderValue::from_static("application/vnd.awslambda.http-integration-response");
/// What Lambda is told of an invocation that is no request: nothing of the event, which may hold secrets.
const NO_REQUEST: &str = "The event of an invocation is no request of a function URL.";
const NO_REQUEST_TYPE: &str = "Runtime.MalformedEvent";
/// What separates the metadata from the body.
const DELIMITER: [u8; 8] = [0; 8];

/// A router that answers the runtime API of Lambda by itself.
#[derive(Debug, Clone)]
pub(super) struct StreamingFunction {
    router: Router,
    trace: InvocationTrace,
    runtime_api: Arc<PooledClient>,
}

impl StreamingFunction {
    /// Answers the runtime API that this client calls.
    pub(super) fn new(router: Router, trace: InvocationTrace, runtime_api: PooledClient) -> Self {
        Self {
            router,
            trace,
            runtime_api: Arc::new(runtime_api),
        }
    }

    /// Nothing outlives the call: once the answer is posted, Lambda stops the clock until the next invocation.
    async fn answer(self, invocation: LambdaInvocation) -> Result<(), Error> {
        let request_id = &invocation.context.request_id;
        let xray_header = invocation.context.xray_trace_id.as_deref();
        // An error of this service would end the process, and with it an instance that is in order.
        let mut posted = if let Ok(event) = serde_json::from_slice(&invocation.body) {
            answer_of(self.respond(event, xray_header).await, request_id)?
        } else {
            tracing::error!("{NO_REQUEST}");
            error_of(request_id)?
        };
        if let Some(id) = invocation.parts.headers.get(INVOCATION_ID) {
            posted.headers_mut().insert(INVOCATION_ID, id.clone());
        }
        match self.runtime_api.call(posted).await {
            Ok(answer) if answer.status().is_success() => {}
            Ok(answer) => {
                let status = answer.status().as_u16();
                tracing::error!(status, "AWS Lambda did not take an answer.");
            }
            // Should the runtime API be gone, the next invocation cannot be had either, which ends the process.
            Err(error) => tracing::error!(error, "An answer could not be passed to AWS Lambda."),
        }
        self.trace.end().await;
        Ok(())
    }

    async fn respond(&self, event: ApiGatewayV2httpRequest, xray_header: Option<&str>) -> Streamed {
        let is_head = event.request_context.http.method == Method::HEAD;
        let response = match request::from_event(event) {
            Ok(mut request) => {
                self.trace.place(request.headers_mut(), xray_header);
                let Ok(response) = self.router.clone().oneshot(request).await;
                response
            }
            Err(err) => response::refusal_of_malformed_event(&err),
        };
        Streamed::new(response, is_head)
    }
}

/// The request that posts an answer.
fn answer_of(answer: Streamed, request_id: &str) -> Result<http::Request<RuntimeBody>, Error> {
    let posted = build_request()
        .method(Method::POST)
        .uri(format!("/2018-06-01/runtime/invocation/{request_id}/response"))
        .header(header::CONTENT_TYPE, WITH_PRELUDE)
        .header(header::TRANSFER_ENCODING, "chunked")
        .header(header::TRAILER, ERROR_TYPE.as_str())
        .header(header::TRAILER, ERROR_BODY.as_str())
        .header(RESPONSE_MODE, "streaming")
        .body(RuntimeBody::new(answer))?;
    Ok(posted)
}

/// The request that reports an invocation which is no request, such as a test event or that of a warmer.
fn error_of(request_id: &str) -> Result<http::Request<RuntimeBody>, Error> {
    let detail = Diagnostic {
        error_type: NO_REQUEST_TYPE.to_owned(),
        error_message: NO_REQUEST.to_owned(),
    };
    let posted = build_request()
        .method(Method::POST)
        .uri(format!("/2018-06-01/runtime/invocation/{request_id}/error"))
        .header(ERROR_TYPE, NO_REQUEST_TYPE)
        .body(RuntimeBody::from(serde_json::to_vec(&detail)?))?;
    Ok(posted)
}

impl Service<LambdaInvocation> for StreamingFunction {
    type Response = ();
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        // A router is always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        Box::pin(self.clone().answer(invocation))
    }
}

/// An answer as the runtime API takes it.
struct Streamed {
    prelude: Option<Bytes>,
    body: Option<Body>,
}

impl Streamed {
    fn new(response: Response, is_head: bool) -> Self {
        let (mut parts, body) = response.into_parts();
        let is_bodiless = is_head || !may_have_content(parts.status);
        let body = Some(body).filter(|body| !is_bodiless && !body.is_end_stream());
        // AWS frames what it passes on by itself.
        parts.headers.remove(header::CONTENT_LENGTH);
        // Without a type, AWS would make one up.
        if body.is_some() {
            let octets = HeaderValue::from_static("application/octet-stream");
            parts.headers.entry(header::CONTENT_TYPE).or_insert(octets);
        }
        let mut prelude = ResponseHead::new(parts.status, &parts.headers).to_json();
        prelude.extend(DELIMITER);
        Self {
            prelude: Some(prelude.into()),
            body,
        }
    }
}

impl HttpBody for Streamed {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Some(prelude) = self.prelude.take() {
            return Poll::Ready(Some(Ok(Frame::data(prelude))));
        }
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let frame = match ready!(Pin::new(body).poll_frame(context)) {
            Some(Ok(frame)) => frame,
            // A failure is a part of the protocol; whatever made it has been logged where it happened.
            Some(Err(_)) => {
                self.body = None;
                Frame::trailers(failure())
            }
            None => {
                self.body = None;
                return Poll::Ready(None);
            }
        };
        Poll::Ready(Some(Ok(frame)))
    }
}

/// What tells Lambda that the rest of an answer is missing.
fn failure() -> HeaderMap {
    let detail = serde_json::json!({
        "errorType": "Runtime.StreamError",
        "errorMessage": "the answer broke off",
    });
    let mut trailers = HeaderMap::new();
    trailers.insert(ERROR_TYPE, HeaderValue::from_static("Runtime.StreamError"));
    if let Ok(body) = HeaderValue::try_from(STANDARD.encode(detail.to_string())) {
        trailers.insert(ERROR_BODY, body);
    }
    trailers
}

#[cfg(test)]
mod tests;

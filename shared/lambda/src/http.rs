//! A router as a function behind a function URL or an HTTP API (payload format 2.0).
//!
//! The router sees the request that it would see over TCP, and its answer arrives as it is. That is why the adapter of
//! `lambda_http` is not in between: it makes a URL of the target, which normalises paths and panics where it cannot,
//! keeps one of several headers of a name, and re-encodes text. Its types of events and bodies are used.

mod request;
mod response;
mod streaming;

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use http::Method;
use lambda_http::aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use lambda_runtime::layers::TracingLayer;
use lambda_runtime::{Error, LambdaEvent};
use lambda_runtime_api_client::PooledClient;
use tower::layer::layer_fn;
use tower::{Service, ServiceExt as _};

use self::streaming::StreamingFunction;
use crate::invocation_trace::InvocationTrace;

pub use response::MAX_RESPONSE_BYTES;

/// Answers invocations with a router until the process ends. An error means that the runtime of Lambda is gone.
pub async fn run(router: Router, trace: InvocationTrace) -> Result<(), Error> {
    lambda_runtime::run(service(router).traced(trace)).await
}

/// The same behind a function URL whose invoke mode is `RESPONSE_STREAM`: answers are passed on while they come in.
pub async fn run_streaming(router: Router, trace: InvocationTrace) -> Result<(), Error> {
    let runtime_api = PooledClient::builder().build();
    let streaming = StreamingFunction::new(router.clone(), trace, runtime_api);
    lambda_runtime::Runtime::new(service(router))
        .layer(layer_fn(move |_buffering| streaming.clone()))
        .layer(TracingLayer::new())
        .run()
        .await
}

/// A router as a service that the runtime of Lambda can call.
pub fn service(router: Router) -> HttpFunction {
    HttpFunction {
        router,
        trace: InvocationTrace::default(),
    }
}

/// A router that takes events instead of requests; made by [`service`].
#[derive(Debug, Clone)]
pub struct HttpFunction {
    router: Router,
    trace: InvocationTrace,
}

impl HttpFunction {
    /// The same with spans, which are sent before an invocation ends.
    #[must_use]
    pub fn traced(mut self, trace: InvocationTrace) -> Self {
        self.trace = trace;
        self
    }
}

impl Service<LambdaEvent<ApiGatewayV2httpRequest>> for HttpFunction {
    type Response = ApiGatewayV2httpResponse;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // A router is always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, event: LambdaEvent<ApiGatewayV2httpRequest>) -> Self::Future {
        let Self { router, trace } = self.clone();
        Box::pin(async move {
            let answer = answer(router, event, &trace).await;
            trace.end().await;
            Ok(answer)
        })
    }
}

/// Nothing outlives the answer: once it is given, Lambda stops the clock of the process until the next invocation.
async fn answer(
    router: Router,
    event: LambdaEvent<ApiGatewayV2httpRequest>,
    trace: &InvocationTrace,
) -> ApiGatewayV2httpResponse {
    let (event, context) = event.into_parts();
    let is_head = event.request_context.http.method == Method::HEAD;
    match request::from_event(event) {
        Ok(mut request) => {
            trace.place(request.headers_mut(), context.xray_trace_id.as_deref());
            let Ok(response) = router.oneshot(request).await;
            response::into_event(response, is_head).await
        }
        Err(err) => response::of_malformed_event(&err),
    }
}

#[cfg(test)]
mod tests;

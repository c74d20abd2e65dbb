//! Calls of one service as the SDKs' machinery makes them: signed, with attempts and timeouts as the configuration says.

use std::error::Error;
use std::fmt;

use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::auth::{SigV4OperationSigningConfig, SigningOptions};
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::recursion_detection::RecursionDetectionInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::service_clock_skew::{
    DisableClockSkewCorrection, ServiceClockSkewClassifier, ServiceClockSkewInterceptor,
};
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{AuthSchemeOptionResolverParams, SharedAuthScheme};
use aws_smithy_runtime_api::client::orchestrator::{
    HttpRequest, HttpResponse, OrchestratorError, SensitiveOutput,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::{SharedRuntimePlugin, StaticRuntimePlugin};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use bytes::Bytes;

use crate::endpoint;
use crate::error_answer::ErrorAnswer;
use crate::protocol::Protocol;
use crate::service::Service;
use crate::unusable::Unusable;

/// What is sent of a call.
pub(crate) struct Request {
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
}

/// What comes back of one that went well.
pub(crate) struct ServiceAnswer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

/// A call of a service.
pub(crate) type Invocation = Operation<Request, ServiceAnswer, ErrorAnswer>;

/// The calls of a service, with further attempts and without.
#[derive(Debug)]
pub(crate) struct Invocations {
    pub(crate) with_retries: Invocation,
    pub(crate) once: Invocation,
}

impl Invocations {
    /// Does no I/O.
    pub(crate) fn new(service: Service, aws: &SdkConfig) -> Result<Self, Unusable> {
        let endpoint = endpoint::of(service, aws)?;
        let signed = SharedRuntimePlugin::new(signed(service, aws)?);
        let invocation = |retries: RetryConfig| {
            let http = aws.http_client().ok_or(Unusable::NoHttpClient)?;
            let region = aws.region().ok_or(Unusable::NoRegion)?;
            let protocol = service.protocol();
            let mut operation = Operation::builder()
                // What further attempts may cost is counted for all that have this name.
                .service_name(format!("{}-{region}", service.user_agent()))
                .operation_name(service.id())
                .http_client(http)
                .endpoint_url(&endpoint)
                .serializer(serialize)
                .deserializer(move |response| deserialize(response, protocol))
                .retry_classifier(HttpStatusCodeClassifier::default())
                .retry_classifier(TransientErrorClassifier::<ErrorAnswer>::new())
                .retry_classifier(AwsErrorCodeClassifier::<ErrorAnswer>::new())
                .retry_classifier(ServiceClockSkewClassifier::<ErrorAnswer>::new())
                .standard_retry(&retries)
                .with_connection_poisoning()
                .runtime_plugin(signed.clone());
            if let Some(timeouts) = aws.timeout_config() {
                operation = operation.timeout_config(timeouts.clone());
            }
            if let Some(sleep) = aws.sleep_impl() {
                operation = operation.sleep_impl(sleep);
            }
            if let Some(time) = aws.time_source() {
                operation = operation.time_source(time);
            }
            Ok(operation.build())
        };
        let retries = aws.retry_config().cloned();
        Ok(Self {
            with_retries: invocation(retries.unwrap_or_else(RetryConfig::standard))?,
            once: invocation(RetryConfig::disabled())?,
        })
    }
}

/// Signatures, and the headers that the SDKs send with every call.
fn signed(service: Service, aws: &SdkConfig) -> Result<StaticRuntimePlugin, Unusable> {
    let signing = SigV4OperationSigningConfig {
        region: aws.region().cloned().map(Into::into),
        name: Some(service.host().into()),
        signing_options: SigningOptions::default(),
        ..SigV4OperationSigningConfig::default()
    };
    let mut layer = Layer::new("signatures");
    layer.store_put(signing);
    layer.store_put(AuthSchemeOptionResolverParams::new(()));
    // Keeps answers out of the SDK's own trace.
    layer.store_put(SensitiveOutput);
    layer.store_put(ApiMetadata::new(service.user_agent(), env!("CARGO_PKG_VERSION")));
    layer.store_or_unset(aws.app_name().cloned());
    let is_skew_left = aws.disable_clock_skew_correction();
    layer.store_or_unset(is_skew_left.map(DisableClockSkewCorrection::from));
    let credentials = aws.credentials_provider().ok_or(Unusable::NoCredentials)?;
    let components = RuntimeComponentsBuilder::new("signatures")
        .with_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()))
        .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID])))
        .with_identity_resolver(SCHEME_ID, credentials)
        .with_identity_cache(aws.identity_cache())
        .with_interceptor(ServiceClockSkewInterceptor::new())
        .with_interceptor(RequestInfoInterceptor::new())
        .with_interceptor(UserAgentInterceptor::new())
        .with_interceptor(InvocationIdInterceptor::new())
        .with_interceptor(RecursionDetectionInterceptor::new());
    Ok(StaticRuntimePlugin::new()
        .with_config(layer.freeze())
        .with_runtime_components(components))
}

fn serialize(request: Request) -> Result<HttpRequest, Box<dyn Error + Send + Sync>> {
    let mut sent = HttpRequest::new(SdkBody::from(request.body));
    sent.set_method("POST")?;
    sent.set_uri("/")?;
    for (name, value) in request.headers {
        sent.headers_mut().try_insert(name, value)?;
    }
    Ok(sent)
}

fn deserialize(
    response: &HttpResponse,
    protocol: Protocol,
) -> Result<ServiceAnswer, OrchestratorError<ErrorAnswer>> {
    if response.status().is_success() {
        return Ok(ServiceAnswer {
            status: response.status(),
            body: Bytes::copy_from_slice(response.body().bytes().unwrap_or_default()),
        });
    }
    Err(OrchestratorError::operation(ErrorAnswer::of(response, protocol)))
}

/// Shows nothing of what may be a secret.
impl fmt::Debug for ServiceAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceAnswer")
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Shows nothing of what may be a secret.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

//! Parameter Store of AWS Systems Manager: its one call that is needed, made by the SDK's own machinery. The generated
//! client of the service takes longer to compile than all other clients together.

use aws_config::SdkConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::auth::{SigV4OperationSigningConfig, SigningOptions};
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{AuthSchemeOptionResolverParams, SharedAuthScheme};
use aws_smithy_runtime_api::client::orchestrator::{
    HttpRequest, HttpResponse, OrchestratorError, SensitiveOutput,
};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::ErrorMetadata;
use serde::Deserialize;

use super::error::SecretError;
use super::source::Source;
use crate::aws::{AwsIdentity, Failure};

/// Service name in endpoints and signatures.
const SERVICE: &str = "ssm";

#[derive(Deserialize)]
struct ParameterAnswer {
    #[serde(rename = "Parameter")]
    parameter: Parameter,
}

#[derive(Deserialize)]
struct Parameter {
    #[serde(rename = "Value")]
    value: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ErrorAnswer {
    #[serde(rename = "__type")]
    code: String,
    #[serde(alias = "Message")]
    message: String,
}

/// The value of a parameter, decrypted.
pub(super) async fn read(
    aws: &SdkConfig,
    region: &str,
    name: &str,
    source: &Source,
) -> Result<String, SecretError> {
    let read = get_parameter(aws, region, name.to_owned()).await;
    read.map_err(|error| {
        let failure = Failure::of(error, &AwsIdentity::default());
        SecretError::service(source.to_string(), failure.into())
    })
}

async fn get_parameter(
    aws: &SdkConfig,
    region: &str,
    name: String,
) -> Result<String, SdkError<ErrorMetadata, HttpResponse>> {
    let failed = |reason: &'static str| SdkError::construction_failure(reason);
    let endpoint = aws.endpoint_url().map_or_else(|| endpoint(region), str::to_owned);
    let mut operation = Operation::builder()
        .service_name(SERVICE)
        .operation_name("GetParameter")
        .http_client(aws.http_client().ok_or_else(|| failed("no HTTP client"))?)
        .endpoint_url(&endpoint)
        .serializer(request)
        .deserializer(response)
        .retry_classifier(HttpStatusCodeClassifier::default())
        .retry_classifier(TransientErrorClassifier::<ErrorMetadata>::new())
        .retry_classifier(AwsErrorCodeClassifier::<ErrorMetadata>::new())
        .runtime_plugin(signed(aws, region).ok_or_else(|| failed("no AWS credentials"))?);
    if let Some(retries) = aws.retry_config() {
        operation = operation.standard_retry(retries);
    }
    if let Some(timeouts) = aws.timeout_config() {
        operation = operation.timeout_config(timeouts.clone());
    }
    if let Some(sleep) = aws.sleep_impl() {
        operation = operation.sleep_impl(sleep);
    }
    if let Some(time) = aws.time_source() {
        operation = operation.time_source(time);
    }
    operation.build().invoke(name).await
}

/// The region is known to be made of letters, digits and hyphens.
fn endpoint(region: &str) -> String {
    let suffix = if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    format!("https://{SERVICE}.{region}.{suffix}")
}

/// Signatures with the gateway's own credentials. `None` where it has no place to look for any.
fn signed(aws: &SdkConfig, region: &str) -> Option<StaticRuntimePlugin> {
    let signing = SigV4OperationSigningConfig {
        region: Some(aws_config::Region::new(region.to_owned()).into()),
        name: Some(SERVICE.into()),
        signing_options: SigningOptions::default(),
        ..SigV4OperationSigningConfig::default()
    };
    let mut layer = Layer::new("signatures");
    layer.store_put(signing);
    layer.store_put(AuthSchemeOptionResolverParams::new(()));
    // Keeps the answer out of the SDK's own trace.
    layer.store_put(SensitiveOutput);
    let components = RuntimeComponentsBuilder::new("signatures")
        .with_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()))
        .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID])))
        .with_identity_resolver(SCHEME_ID, aws.credentials_provider()?)
        .with_identity_cache(aws.identity_cache());
    Some(
        StaticRuntimePlugin::new()
            .with_config(layer.freeze())
            .with_runtime_components(components),
    )
}

#[expect(clippy::needless_pass_by_value, reason = "an operation owns its input")]
fn request(name: String) -> Result<HttpRequest, crate::error::BoxError> {
    let body = serde_json::json!({"Name": name, "WithDecryption": true}).to_string();
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method("POST")?;
    request.set_uri("/")?;
    let headers = request.headers_mut();
    headers.insert("content-type", "application/x-amz-json-1.1");
    headers.insert("x-amz-target", "AmazonSSM.GetParameter");
    Ok(request)
}

fn response(response: &HttpResponse) -> Result<String, OrchestratorError<ErrorMetadata>> {
    let body = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        // The decoder's own text would quote the secret.
        return serde_json::from_slice(body)
            .map(|ParameterAnswer { parameter }| parameter.value)
            .map_err(|_| OrchestratorError::other("the answer cannot be read"));
    }
    let refusal: ErrorAnswer = serde_json::from_slice(body).unwrap_or_default();
    let code = refusal.code.rsplit('#').next().unwrap_or_default();
    let error = ErrorMetadata::builder()
        .code(code)
        .message(refusal.message)
        .build();
    Err(OrchestratorError::operation(error))
}

//! Providers (CONTRACT.md §3.1): the kinds of functions and what each needs to be called.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::SigningSecret;
use crate::json::{JsonError, Object};
use crate::validation;

/// How a function is called; on the wire the members `type` and `provider` of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "type", content = "provider", rename_all = "lowercase")]
pub enum Provider {
    /// An HTTP endpoint.
    Http(HttpEndpoint),
    /// An AWS Lambda function.
    AwsLambda(LambdaFunction),
    /// An Amazon Kinesis data stream.
    AwsKinesis(KinesisStream),
    /// An Amazon Data Firehose stream.
    AwsFirehose(FirehoseStream),
    /// An Amazon SQS queue.
    AwsSqs(SqsQueue),
}

/// An HTTP endpoint that events are posted to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HttpEndpoint {
    /// Absolute URL.
    #[schema(min_length = 1)]
    pub url: String,
    /// Secrets that calls are signed with (Standard Webhooks, `whsec_…`): one, or two while one replaces the other.
    #[serde(rename = "signingSecrets", default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 2)]
    pub signing_secrets: Vec<SigningSecret>,
}

/// An AWS Lambda function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LambdaFunction {
    /// ARN, or anything else that the Invoke API takes as a function name.
    #[schema(min_length = 1)]
    pub arn: String,
    /// AWS region.
    #[schema(min_length = 1)]
    pub region: String,
    /// Credentials to call it with.
    #[serde(flatten)]
    pub credentials: AwsCredentials,
}

/// An Amazon Kinesis data stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KinesisStream {
    /// Name of the stream.
    #[schema(min_length = 1)]
    pub stream_name: String,
    /// AWS region.
    #[schema(min_length = 1)]
    pub region: String,
    /// Credentials to call it with.
    #[serde(flatten)]
    pub credentials: AwsCredentials,
}

/// An Amazon Data Firehose stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FirehoseStream {
    /// Name of the stream.
    #[schema(min_length = 1)]
    pub delivery_stream_name: String,
    /// AWS region.
    #[schema(min_length = 1)]
    pub region: String,
    /// Credentials to call it with.
    #[serde(flatten)]
    pub credentials: AwsCredentials,
}

/// An Amazon SQS queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SqsQueue {
    /// URL of the queue.
    #[schema(min_length = 1)]
    pub queue_url: String,
    /// AWS region.
    #[schema(min_length = 1)]
    pub region: String,
    /// Credentials to call it with.
    #[serde(flatten)]
    pub credentials: AwsCredentials,
}

/// Static AWS credentials; empty members are not set. Used only when both keys are set (CONTRACT.md §3.6).
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct AwsCredentials {
    /// Access key id.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub aws_access_key_id: String,
    /// Secret access key.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub aws_secret_access_key: String,
    /// Session token of temporary credentials.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub aws_session_token: String,
}

impl fmt::Debug for AwsCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mask = |text: &str| if text.is_empty() { "" } else { "*****" };
        f.debug_struct("AwsCredentials")
            .field("aws_access_key_id", &mask(&self.aws_access_key_id))
            .field("aws_secret_access_key", &mask(&self.aws_secret_access_key))
            .field("aws_session_token", &mask(&self.aws_session_token))
            .finish()
    }
}

/// A provider that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// There is no `type` or no `provider`.
    #[error("provider configuration not set")]
    NotSet,
    /// There is no such type.
    #[error("provider {0} not supported")]
    Unsupported(String),
    /// The members are not JSON of the right shape.
    #[error("unable to load function provider config: {0}")]
    Malformed(#[source] JsonError),
    /// A required member is missing.
    #[error("missing required fields for {0}")]
    MissingFields(&'static str),
    /// The signing secrets are too many or have another form.
    #[error("signingSecrets must be one or two of the form whsec_ and the base64 of 24 to 64 bytes")]
    SigningSecrets,
}

impl Provider {
    /// Reads the members `type` and `provider` of a function.
    pub(crate) fn decode(kind: &str, settings: Option<&RawValue>) -> Result<Self, ProviderError> {
        let read: fn(&Object<'_>) -> Result<Self, ProviderError> = match kind {
            "" => return Err(ProviderError::NotSet),
            "http" => http,
            "awslambda" => lambda,
            "awskinesis" => kinesis,
            "awsfirehose" => firehose,
            "awssqs" => sqs,
            unknown => return Err(ProviderError::Unsupported(unknown.to_owned())),
        };
        let settings = settings.ok_or(ProviderError::NotSet)?;
        read(&Object::from_raw(settings, "provider").map_err(ProviderError::Malformed)?)
    }

    /// The value of the member `type`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Http(_) => "http",
            Self::AwsLambda(_) => "awslambda",
            Self::AwsKinesis(_) => "awskinesis",
            Self::AwsFirehose(_) => "awsfirehose",
            Self::AwsSqs(_) => "awssqs",
        }
    }

    /// Whether it only takes events in, so that a successful call has no response object (Q23).
    pub fn is_connector(&self) -> bool {
        match self {
            Self::Http(_) | Self::AwsLambda(_) => false,
            Self::AwsKinesis(_) | Self::AwsFirehose(_) | Self::AwsSqs(_) => true,
        }
    }
}

fn text(object: &Object<'_>, name: &str) -> Result<String, ProviderError> {
    object.string_or_empty(name).map_err(ProviderError::Malformed)
}

fn http(object: &Object<'_>) -> Result<Provider, ProviderError> {
    let url = text(object, "url")?;
    if !validation::is_uri(&url, false) {
        return Err(ProviderError::MissingFields("HTTP endpoint"));
    }
    Ok(Provider::Http(HttpEndpoint {
        url,
        signing_secrets: SigningSecret::decode_all(object)?,
    }))
}

/// The members every AWS provider has beside its own required one.
struct AwsMembers {
    own: String,
    region: String,
    credentials: AwsCredentials,
}

fn aws(object: &Object<'_>, own: &str, title: &'static str) -> Result<AwsMembers, ProviderError> {
    let members = AwsMembers {
        own: text(object, own)?,
        region: text(object, "region")?,
        credentials: AwsCredentials {
            aws_access_key_id: text(object, "awsAccessKeyId")?,
            aws_secret_access_key: text(object, "awsSecretAccessKey")?,
            aws_session_token: text(object, "awsSessionToken")?,
        },
    };
    let complete = !members.own.is_empty() && !members.region.is_empty();
    complete
        .then_some(members)
        .ok_or(ProviderError::MissingFields(title))
}

fn lambda(object: &Object<'_>) -> Result<Provider, ProviderError> {
    let AwsMembers {
        own: arn,
        region,
        credentials,
    } = aws(object, "arn", "AWS Lambda function")?;
    Ok(Provider::AwsLambda(LambdaFunction {
        arn,
        region,
        credentials,
    }))
}

fn kinesis(object: &Object<'_>) -> Result<Provider, ProviderError> {
    let AwsMembers {
        own: stream_name,
        region,
        credentials,
    } = aws(object, "streamName", "AWS Kinesis function")?;
    Ok(Provider::AwsKinesis(KinesisStream {
        stream_name,
        region,
        credentials,
    }))
}

fn firehose(object: &Object<'_>) -> Result<Provider, ProviderError> {
    let members = aws(object, "deliveryStreamName", "AWS Firehose function")?;
    let AwsMembers {
        own: delivery_stream_name,
        region,
        credentials,
    } = members;
    Ok(Provider::AwsFirehose(FirehoseStream {
        delivery_stream_name,
        region,
        credentials,
    }))
}

fn sqs(object: &Object<'_>) -> Result<Provider, ProviderError> {
    let AwsMembers {
        own: queue_url,
        region,
        credentials,
    } = aws(object, "queueUrl", "AWS SQS function")?;
    Ok(Provider::AwsSqs(SqsQueue {
        queue_url,
        region,
        credentials,
    }))
}

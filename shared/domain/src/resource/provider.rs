//! Providers (docs/contract.md §3.1): the kinds of functions and what each needs to be called.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Secret, SecretMembers, TargetUrl};
use crate::json::Object;

mod aws;
mod aws_eventbridge;
mod aws_firehose;
mod aws_kinesis;
mod aws_lambda;
mod aws_sns;
mod aws_sqs;
mod aws_step_functions;
mod azure_event_grid;
mod azure_function;
mod destination;
mod endpoint_url;
mod entra_credentials;
mod error;
mod google_cloud_function;
mod google_credentials;
mod google_pubsub;
mod http;
mod http_options;
mod members;
mod openwhisk;
mod weighted;

pub use aws::AwsCredentials;
pub use aws_eventbridge::EventBus;
pub use aws_firehose::FirehoseStream;
pub use aws_kinesis::KinesisStream;
pub use aws_lambda::{InvocationType, LambdaFunction};
pub use aws_sns::SnsTopic;
pub use aws_sqs::SqsQueue;
pub use aws_step_functions::StateMachine;
pub use azure_event_grid::EventGridTopic;
pub use azure_function::{AzureFunction, AzureSchema};
pub(super) use destination::Destination;
pub use entra_credentials::EntraCredentials;
pub use error::ProviderError;
pub use google_cloud_function::GoogleCloudFunction;
pub use google_credentials::{AwsFederation, GoogleCredentials, ServiceAccountKey};
pub use google_pubsub::PubSubTopic;
pub use http::{ApiKeyPlace, ClientAuthentication, HttpAuthorization, HttpEndpoint, HttpTls};
pub use http_options::{EventFormat, ResponseMode};
pub(super) use members::Members;
pub use openwhisk::{IbmIam, OpenWhiskAction};
pub use weighted::{Weighted, WeightedFunction};

/// How a function is called; on the wire the members `type` and `provider` of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "type", content = "provider", rename_all = "lowercase")]
pub enum Provider {
    /// An HTTP endpoint.
    Http(Box<HttpEndpoint>),
    /// An AWS Lambda function.
    AwsLambda(LambdaFunction),
    /// An Amazon Kinesis data stream.
    AwsKinesis(KinesisStream),
    /// An Amazon Data Firehose stream.
    AwsFirehose(FirehoseStream),
    /// An Amazon SQS queue.
    AwsSqs(SqsQueue),
    /// An Amazon SNS topic.
    AwsSns(SnsTopic),
    /// An Amazon EventBridge event bus.
    AwsEventBridge(EventBus),
    /// An AWS Step Functions state machine.
    AwsStepFunctions(StateMachine),
    /// A Google Cloud function.
    GoogleCloudFunction(GoogleCloudFunction),
    /// A Google Cloud Pub/Sub topic.
    GooglePubSub(PubSubTopic),
    /// An Azure function.
    AzureFunction(Box<AzureFunction>),
    /// An Azure Event Grid topic.
    AzureEventGrid(EventGridTopic),
    /// An OpenWhisk action.
    OpenWhisk(OpenWhiskAction),
    /// One of several functions of the same space.
    Weighted(Weighted),
}

/// What every type has, from one table: a variant without its line here does not compile.
macro_rules! types {
    ($($name:literal $variant:ident $settings:ty;)*) => {
        impl Provider {
            /// Reads the members `type` and `provider` of a function.
            pub(crate) fn decode(kind: &str, settings: Option<&RawValue>) -> Result<Self, ProviderError> {
                type Read = fn(&Members<'_>) -> Result<Provider, ProviderError>;
                let (title, read): (_, Read) = match kind {
                    "" => return Err(ProviderError::NotSet),
                    $($name => (<$settings>::TITLE, |members| {
                        <$settings>::decode(members).map(|settings| Self::$variant(settings.into()))
                    }),)*
                    unknown => return Err(ProviderError::Unsupported(unknown.to_owned())),
                };
                let settings = settings.ok_or(ProviderError::NotSet)?;
                let object = Object::from_raw(settings, "provider").map_err(ProviderError::Malformed)?;
                read(&Members::new(object, title))
            }

            /// The value of the member `type`.
            pub fn type_name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)*
                }
            }

            /// Every secret of its settings, with the path of its member. Some of them may be empty. No two have the
            /// same path.
            pub fn secrets_mut(&mut self) -> SecretMembers<'_> {
                match self {
                    $(Self::$variant(settings) => owned(settings.secrets_mut()),)*
                }
            }

            /// Every URL of its settings that may have credentials in it, with the path of its member.
            pub fn urls_mut(&mut self) -> Vec<(&'static str, &mut TargetUrl)> {
                match self {
                    $(Self::$variant(settings) => settings.urls_mut(),)*
                }
            }

            /// Every member that has a say in where secrets are sent.
            pub(super) fn destinations(&self) -> Vec<Destination<'_>> {
                match self {
                    $(Self::$variant(settings) => settings.destinations(),)*
                }
            }
        }
    };
}

types! {
    "http" Http HttpEndpoint;
    "awslambda" AwsLambda LambdaFunction;
    "awskinesis" AwsKinesis KinesisStream;
    "awsfirehose" AwsFirehose FirehoseStream;
    "awssqs" AwsSqs SqsQueue;
    "awssns" AwsSns SnsTopic;
    "awseventbridge" AwsEventBridge EventBus;
    "awsstepfunctions" AwsStepFunctions StateMachine;
    "googlecloudfunction" GoogleCloudFunction GoogleCloudFunction;
    "googlepubsub" GooglePubSub PubSubTopic;
    "azurefunction" AzureFunction AzureFunction;
    "azureeventgrid" AzureEventGrid EventGridTopic;
    "openwhisk" OpenWhisk OpenWhiskAction;
    "weighted" Weighted Weighted;
}

fn owned<'s, P: Into<Cow<'static, str>>>(secrets: Vec<(P, &'s mut Secret)>) -> SecretMembers<'s> {
    let owned = |(path, secret): (P, &'s mut Secret)| (path.into(), secret);
    secrets.into_iter().map(owned).collect()
}

impl Provider {
    /// Whether it only takes events in, so that a successful call has no response object (Q23).
    pub fn is_connector(&self) -> bool {
        match self {
            Self::Http(_)
            | Self::GoogleCloudFunction(_)
            | Self::AzureFunction(_)
            | Self::OpenWhisk(_)
            | Self::Weighted(_) => false,
            Self::AwsLambda(function) => function.invocation_type == InvocationType::Event,
            Self::AwsKinesis(_)
            | Self::AwsFirehose(_)
            | Self::AwsSqs(_)
            | Self::AwsSns(_)
            | Self::AwsEventBridge(_)
            | Self::AwsStepFunctions(_)
            | Self::GooglePubSub(_)
            | Self::AzureEventGrid(_) => true,
        }
    }

    /// Whether it learns of the delivery from HTTP headers, so that the event stays as it came in; what the others get
    /// of a queued delivery carries it.
    pub fn takes_headers(&self) -> bool {
        matches!(
            self,
            Self::Http(_) | Self::GoogleCloudFunction(_) | Self::AzureFunction(_)
        )
    }

    /// Refuses one that has no credentials of its own, so that it would be called with the gateway's identity.
    pub fn check_own_credentials(&self) -> Result<(), ProviderError> {
        match self {
            Self::AwsLambda(function) => function.credentials.check_keys(),
            Self::AwsKinesis(stream) => stream.credentials.check_keys(),
            Self::AwsFirehose(stream) => stream.credentials.check_keys(),
            Self::AwsSqs(queue) => queue.credentials.check_keys(),
            Self::AwsSns(topic) => topic.credentials.check_keys(),
            Self::AwsEventBridge(bus) => bus.credentials.check_keys(),
            Self::AwsStepFunctions(machine) => machine.credentials.check_keys(),
            Self::GoogleCloudFunction(function) => function.credentials.check_not_own_identity(),
            Self::GooglePubSub(topic) => topic.credentials.check_not_own_identity(),
            // What these are called with is all in their settings, and what a weighted one leads to is checked itself.
            Self::Http(_)
            | Self::AzureFunction(_)
            | Self::AzureEventGrid(_)
            | Self::OpenWhisk(_)
            | Self::Weighted(_) => Ok(()),
        }
    }

    /// Longest time of a call of this function; `None` leaves it to the gateway's setting.
    pub fn timeout(&self) -> Option<Duration> {
        let seconds = match self {
            Self::Http(endpoint) => endpoint.timeout_seconds,
            Self::AwsLambda(function) => function.timeout_seconds,
            Self::GoogleCloudFunction(function) => function.timeout_seconds,
            Self::AzureFunction(function) => function.timeout_seconds,
            Self::OpenWhisk(action) => action.timeout_seconds,
            Self::AwsKinesis(_)
            | Self::AwsFirehose(_)
            | Self::AwsSqs(_)
            | Self::AwsSns(_)
            | Self::AwsEventBridge(_)
            | Self::AwsStepFunctions(_)
            | Self::GooglePubSub(_)
            | Self::AzureEventGrid(_)
            | Self::Weighted(_) => None,
        };
        seconds.map(u64::from).map(Duration::from_secs)
    }

    /// What the result of a sync call is taken for.
    pub fn response_mode(&self) -> ResponseMode {
        match self {
            Self::Http(endpoint) => endpoint.response,
            Self::AwsLambda(function) => function.response,
            Self::GoogleCloudFunction(function) => function.response,
            Self::AzureFunction(function) => function.response,
            Self::OpenWhisk(action) => action.response,
            Self::AwsKinesis(_)
            | Self::AwsFirehose(_)
            | Self::AwsSqs(_)
            | Self::AwsSns(_)
            | Self::AwsEventBridge(_)
            | Self::AwsStepFunctions(_)
            | Self::GooglePubSub(_)
            | Self::AzureEventGrid(_)
            | Self::Weighted(_) => ResponseMode::Object,
        }
    }
}

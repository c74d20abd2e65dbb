//! Providers (docs/contract.md §3.1): the kinds of functions and what each needs to be called.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{SecretMembers, TargetUrl};
use crate::ids::FunctionId;
use crate::json::Object;

mod aws;
mod azure;
mod destination;
mod endpoint_url;
mod error;
mod event_format;
mod google;
mod http;
mod http_options;
mod jwt;
mod members;
mod openwhisk;
mod settings;
mod weighted;

pub use aws::{
    AwsCredentials, EventBus, FirehoseStream, InvocationType, KinesisStream, LambdaFunction, SnsTopic,
    SqsQueue, StateMachine,
};
pub use azure::{AzureFunction, AzureSchema, EntraCredentials, EventGridTopic};
pub(super) use destination::Destination;
pub use error::ProviderError;
pub use event_format::{EventFormat, EventMode, EventVersion, FormatWord, VersionedFormat};
pub use google::{AwsFederation, GoogleCloudFunction, GoogleCredentials, PubSubTopic, ServiceAccountKey};
pub use http::{ApiKeyPlace, ClientAuthentication, HttpAuthorization, HttpEndpoint, HttpTls};
pub use http_options::{RequestMode, ResponseMode};
pub use jwt::{JwtAlgorithm, JwtAuthorizer};
pub(super) use members::Members;
pub use openwhisk::{IbmIam, OpenWhiskAction};
use settings::ProviderSettings;
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
    /// A check of tokens, which is an authorizer and nothing else.
    Jwt(JwtAuthorizer),
}

/// The one place that tells kinds apart, from one table of their names, variants and settings: a variant without its line
/// does not compile.
macro_rules! types {
    ($($name:literal $variant:ident $settings:ty;)*) => {
        impl Provider {
            /// Reads the members `type` and `provider` of a function.
            pub(crate) fn decode(kind: &str, settings: Option<&RawValue>) -> Result<Self, ProviderError> {
                let read: fn(&RawValue) -> Result<Self, ProviderError> = match kind {
                    "" => return Err(ProviderError::NotSet),
                    $($name => |settings| {
                        read::<$settings>(settings).map(|settings| Self::$variant(settings.into()))
                    },)*
                    unknown => return Err(ProviderError::Unsupported(unknown.to_owned())),
                };
                read(settings.ok_or(ProviderError::NotSet)?)
            }

            /// The value of `type`.
            pub fn type_name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)*
                }
            }

            fn settings(&self) -> &dyn ProviderSettings {
                match self {
                    $(Self::$variant(settings) => {
                        let settings: &$settings = settings;
                        settings
                    })*
                }
            }

            fn settings_mut(&mut self) -> &mut dyn ProviderSettings {
                match self {
                    $(Self::$variant(settings) => {
                        let settings: &mut $settings = settings;
                        settings
                    })*
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
    "jwt" Jwt JwtAuthorizer;
}

fn read<S: ProviderSettings>(settings: &RawValue) -> Result<S, ProviderError> {
    let object = Object::from_raw(settings, "provider").map_err(ProviderError::Malformed)?;
    S::decode(&Members::new(object, S::title()))
}

impl Provider {
    /// Every secret of its settings, with the path of its member. Some of them may be empty. No two have the same path.
    pub fn secrets_mut(&mut self) -> SecretMembers<'_> {
        self.settings_mut().secrets_mut()
    }

    /// Every URL of its settings that may have credentials in it, with the path of its member.
    pub fn urls_mut(&mut self) -> Vec<(&'static str, &mut TargetUrl)> {
        self.settings_mut().urls_mut()
    }

    /// Every member that has a say in where secrets are sent.
    pub(super) fn destinations(&self) -> Vec<Destination<'_>> {
        self.settings().destinations()
    }

    /// Whether it only takes events in, so that a successful call has no response object (Q23).
    pub fn is_connector(&self) -> bool {
        self.settings().is_connector()
    }

    /// Whether it only says whether events may pass, so that no subscription can have it as its function.
    pub fn only_authorizes(&self) -> bool {
        self.settings().only_authorizes()
    }

    /// Whether it learns of the delivery from HTTP headers, so that the event stays as it came in; what the others get
    /// of a queued delivery carries it.
    pub fn takes_headers(&self) -> bool {
        self.settings().takes_headers()
    }

    /// The form in which it gets events.
    pub fn event_format(&self) -> EventFormat {
        self.settings().event_format()
    }

    /// The functions that it calls instead of being one; none unless it is a weighted one.
    pub fn variants(&self) -> impl Iterator<Item = &FunctionId> {
        let entries = match self {
            Self::Weighted(weighted) => weighted.weighted.as_slice(),
            _ => &[],
        };
        entries.iter().map(|entry| &entry.function_id)
    }

    /// Refuses one that has no credentials of its own, so that it would be called with the gateway's identity.
    pub fn check_own_credentials(&self) -> Result<(), ProviderError> {
        self.settings().check_own_credentials()
    }

    /// Longest time of a call of this function; `None` leaves it to the gateway's setting.
    pub fn timeout(&self) -> Option<Duration> {
        let seconds = self.settings().timeout_seconds();
        seconds.map(u64::from).map(Duration::from_secs)
    }

    /// Whether it gets requests as they came instead of events.
    pub fn passes_requests_on(&self) -> bool {
        matches!(self, Self::Http(endpoint) if endpoint.request.is_passthrough())
    }

    /// What the result of a sync call is taken for; `None` leaves it to the gateway's setting.
    pub fn response_mode(&self) -> Option<ResponseMode> {
        self.settings().response_mode()
    }
}

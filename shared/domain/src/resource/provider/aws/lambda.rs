//! AWS Lambda functions (docs/contract.md §3.3).

use serde::{Deserialize, Serialize};

use super::{AwsCredentials, AwsMembers};
use crate::resource::EventFormat;
use crate::resource::provider::http_options::{ResponseMode, timeout_seconds};
use crate::resource::provider::{Destination, Members, ProviderError, ProviderSettings};
use crate::resource::{SecretMembers, TargetUrl};

/// An AWS Lambda function.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
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
    /// Version or alias.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub qualifier: Option<String>,
    /// Whether the function is waited for.
    #[serde(default, skip_serializing_if = "InvocationType::is_default")]
    pub invocation_type: InvocationType,
    /// Longest time of a call, in seconds, 1 to 900; the gateway's own if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub timeout_seconds: Option<u32>,
    /// What its result is taken for; the gateway's own choice if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub response: Option<ResponseMode>,
    /// Form that it gets events in.
    #[serde(default, skip_serializing_if = "EventFormat::is_default")]
    pub format: EventFormat,
}

impl ProviderSettings for LambdaFunction {
    fn title() -> &'static str {
        "AWS Lambda function"
    }

    fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
        let AwsMembers {
            own: arn,
            region,
            credentials,
        } = AwsMembers::decode(members, "arn")?;
        let qualifier = members.optional("qualifier")?;
        if !qualifier.as_deref().is_none_or(is_qualifier) {
            return Err(ProviderError::Invalid {
                member: "qualifier",
                reason: "must be a version or an alias: up to 128 letters, digits and characters of $_-",
            });
        }
        let format = EventFormat::decode(members)?;
        if format.is_binary() {
            return Err(ProviderError::Invalid {
                member: "format",
                reason: "must be structured, 0.5, 0.6 or 0.7: a Lambda function has no headers for binary",
            });
        }
        let invocation_type = InvocationType::decode(members)?;
        let response = ResponseMode::decode(members)?;
        if invocation_type == InvocationType::Event && !matches!(response, None | Some(ResponseMode::Object))
        {
            return Err(ProviderError::Invalid {
                member: "response",
                reason: "must not be set for the invocationType Event, which has no result",
            });
        }
        Ok(Self {
            arn,
            region,
            credentials,
            qualifier,
            invocation_type,
            timeout_seconds: timeout_seconds(members)?,
            response,
            format,
        })
    }

    fn secrets_mut(&mut self) -> SecretMembers<'_> {
        self.credentials.secrets_mut()
    }

    fn urls_mut(&mut self) -> Vec<(&'static str, &mut TargetUrl)> {
        Vec::new()
    }

    fn destinations(&self) -> Vec<Destination<'_>> {
        self.credentials.destinations(&self.region)
    }

    fn check_own_credentials(&self) -> Result<(), ProviderError> {
        self.credentials.check_keys()
    }

    fn is_connector(&self) -> bool {
        self.invocation_type == InvocationType::Event
    }

    fn event_format(&self) -> EventFormat {
        self.format
    }

    fn timeout_seconds(&self) -> Option<u32> {
        self.timeout_seconds
    }

    fn response_mode(&self) -> Option<ResponseMode> {
        self.response
    }
}

fn is_qualifier(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"$_-".contains(&byte);
    text.len() <= 128 && text.bytes().all(allowed)
}

/// How Lambda is asked to run a function.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub enum InvocationType {
    /// The call takes as long as the function and gives its result.
    #[default]
    RequestResponse,
    /// Lambda queues the event and runs the function later; there is no result.
    Event,
}

impl InvocationType {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_default(&self) -> bool {
        *self == Self::default()
    }

    fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
        let words = [("RequestResponse", Self::RequestResponse), ("Event", Self::Event)];
        let given = members.word("invocationType", &words, "must be RequestResponse or Event")?;
        Ok(given.unwrap_or_default())
    }
}

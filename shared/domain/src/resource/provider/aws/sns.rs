//! Amazon SNS topics.

use serde::{Deserialize, Serialize};

use super::{AwsCredentials, AwsMembers, is_arn};
use crate::resource::provider::{Destination, Members, ProviderError, ProviderSettings, ResponseMode};
use crate::resource::{SecretMembers, TargetUrl};

/// An Amazon SNS topic.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SnsTopic {
    /// ARN of the topic.
    #[schema(min_length = 1)]
    pub topic_arn: String,
    /// AWS region.
    #[schema(min_length = 1)]
    pub region: String,
    /// Credentials to call it with.
    #[serde(flatten)]
    pub credentials: AwsCredentials,
    /// Path of the message group in the event, for FIFO topics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub message_group_id: Option<String>,
}

impl ProviderSettings for SnsTopic {
    fn title() -> &'static str {
        "AWS SNS function"
    }

    fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
        let AwsMembers {
            own: topic_arn,
            region,
            credentials,
        } = AwsMembers::decode(members, "topicArn")?;
        if !is_arn(&topic_arn, "sns", "") {
            return Err(ProviderError::Invalid {
                member: "topicArn",
                reason: "must be the ARN of an SNS topic",
            });
        }
        Ok(Self {
            topic_arn,
            region,
            credentials,
            message_group_id: members.event_path("messageGroupId")?,
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
        true
    }

    fn timeout_seconds(&self) -> Option<u32> {
        None
    }

    fn response_mode(&self) -> Option<ResponseMode> {
        None
    }
}

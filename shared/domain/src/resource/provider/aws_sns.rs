//! Amazon SNS topics.

use serde::{Deserialize, Serialize};

use super::aws::{AwsCredentials, AwsMembers, is_arn};
use super::{Destination, Members, ProviderError};
use crate::resource::{Secret, TargetUrl};

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

impl SnsTopic {
    pub(super) const TITLE: &str = "AWS SNS function";

    pub(super) fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
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

    pub(super) fn secrets_mut(&mut self) -> Vec<(&'static str, &mut Secret)> {
        self.credentials.secrets_mut()
    }

    #[expect(clippy::unused_self, reason = "all settings of functions have this method")]
    pub(super) fn urls_mut(&mut self) -> Vec<(&'static str, &mut TargetUrl)> {
        Vec::new()
    }

    pub(super) fn destinations(&self) -> Vec<Destination<'_>> {
        self.credentials.destinations(&self.region)
    }
}

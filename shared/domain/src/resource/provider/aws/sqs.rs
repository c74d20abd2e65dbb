//! Amazon SQS queues (docs/contract.md §3.4).

use serde::{Deserialize, Serialize};

use super::{AwsCredentials, AwsMembers};
use crate::resource::provider::{Destination, Members, ProviderError, ProviderSettings, ResponseMode};
use crate::resource::{SecretMembers, TargetUrl};

/// An Amazon SQS queue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SqsQueue {
    /// URL of the queue.
    #[schema(value_type = String, min_length = 1)]
    pub queue_url: TargetUrl,
    /// AWS region.
    #[schema(min_length = 1)]
    pub region: String,
    /// Credentials to call it with.
    #[serde(flatten)]
    pub credentials: AwsCredentials,
    /// Path of the message group in the event, such as `data.customer.id`, for FIFO queues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub message_group_id: Option<String>,
}

impl ProviderSettings for SqsQueue {
    fn title() -> &'static str {
        "AWS SQS function"
    }

    fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
        let AwsMembers {
            own: queue_url,
            region,
            credentials,
        } = AwsMembers::decode(members, "queueUrl")?;
        Ok(Self {
            queue_url: queue_url.into(),
            region,
            credentials,
            message_group_id: members.event_path("messageGroupId")?,
        })
    }

    fn secrets_mut(&mut self) -> SecretMembers<'_> {
        self.credentials.secrets_mut()
    }

    fn urls_mut(&mut self) -> Vec<(&'static str, &mut TargetUrl)> {
        vec![("queueUrl", &mut self.queue_url)]
    }

    fn destinations(&self) -> Vec<Destination<'_>> {
        let mut destinations = self.credentials.destinations(&self.region);
        destinations.push(Destination::url("queueUrl", &self.queue_url));
        destinations
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

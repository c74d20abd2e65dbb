//! Amazon Kinesis data streams (docs/contract.md §3.4).

use serde::{Deserialize, Serialize};

use super::{AwsCredentials, AwsMembers};
use crate::resource::provider::{Destination, Members, ProviderError, ProviderSettings, ResponseMode};
use crate::resource::{SecretMembers, TargetUrl};

/// An Amazon Kinesis data stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
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
    /// Path of the partition key in the event, such as `data.customer.id`; a random key without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub partition_key: Option<String>,
}

impl ProviderSettings for KinesisStream {
    fn title() -> &'static str {
        "AWS Kinesis function"
    }

    fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
        let AwsMembers {
            own: stream_name,
            region,
            credentials,
        } = AwsMembers::decode(members, "streamName")?;
        Ok(Self {
            stream_name,
            region,
            credentials,
            partition_key: members.event_path("partitionKey")?,
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

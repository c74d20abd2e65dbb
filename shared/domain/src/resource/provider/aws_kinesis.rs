//! Amazon Kinesis data streams (docs/contract.md §3.4).

use serde::{Deserialize, Serialize};

use super::aws::{AwsCredentials, AwsMembers};
use super::{Destination, Members, ProviderError};
use crate::resource::{Secret, TargetUrl};

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

impl KinesisStream {
    pub(super) const TITLE: &str = "AWS Kinesis function";

    pub(super) fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
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

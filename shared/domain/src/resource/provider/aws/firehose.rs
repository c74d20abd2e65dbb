//! Amazon Data Firehose streams (docs/contract.md §3.4).

use serde::{Deserialize, Serialize};

use super::{AwsCredentials, AwsMembers};
use crate::resource::provider::{Destination, Members, ProviderError, ProviderSettings, ResponseMode};
use crate::resource::{SecretMembers, TargetUrl};

/// An Amazon Data Firehose stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
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
    /// Whether a newline ends each record.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub newline: bool,
}

impl ProviderSettings for FirehoseStream {
    fn title() -> &'static str {
        "AWS Firehose function"
    }

    fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
        let AwsMembers {
            own: delivery_stream_name,
            region,
            credentials,
        } = AwsMembers::decode(members, "deliveryStreamName")?;
        Ok(Self {
            delivery_stream_name,
            region,
            credentials,
            newline: members.flag("newline")?,
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

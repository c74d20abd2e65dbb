//! Amazon Data Firehose streams (docs/contract.md §3.4).

use serde::{Deserialize, Serialize};

use super::aws::{AwsCredentials, AwsMembers};
use super::{Destination, Members, ProviderError};
use crate::resource::{Secret, TargetUrl};

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

impl FirehoseStream {
    pub(super) const TITLE: &str = "AWS Firehose function";

    pub(super) fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
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

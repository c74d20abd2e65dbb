//! Amazon EventBridge event buses.

use serde::{Deserialize, Serialize};

use super::{AwsCredentials, AwsMembers};
use crate::resource::provider::{Destination, Members, ProviderError, ProviderSettings, ResponseMode};
use crate::resource::{SecretMembers, TargetUrl};

/// An Amazon EventBridge event bus.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventBus {
    /// Name or ARN of the event bus.
    #[schema(min_length = 1)]
    pub event_bus_name: String,
    /// AWS region.
    #[schema(min_length = 1)]
    pub region: String,
    /// Credentials to call it with.
    #[serde(flatten)]
    pub credentials: AwsCredentials,
    /// Source of the entries; that of the event without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub source: Option<String>,
    /// Detail type of the entries; the type of the event without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub detail_type: Option<String>,
}

impl ProviderSettings for EventBus {
    fn title() -> &'static str {
        "AWS EventBridge function"
    }

    fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
        let AwsMembers {
            own: event_bus_name,
            region,
            credentials,
        } = AwsMembers::decode(members, "eventBusName")?;
        let source = members.optional("source")?;
        if source.as_deref().is_some_and(|source| source.starts_with("aws.")) {
            return Err(ProviderError::Invalid {
                member: "source",
                reason: "must not begin with aws., which is for the services of AWS",
            });
        }
        Ok(Self {
            event_bus_name,
            region,
            credentials,
            source,
            detail_type: members.optional("detailType")?,
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

//! Amazon EventBridge event buses.

use serde::{Deserialize, Serialize};

use super::aws::{AwsCredentials, AwsMembers};
use super::{Destination, Members, ProviderError};
use crate::resource::{Secret, TargetUrl};

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

impl EventBus {
    pub(super) const TITLE: &str = "AWS EventBridge function";

    pub(super) fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
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

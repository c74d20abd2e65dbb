//! Who calls Google: a service account by its key, a workload identity from AWS, or the identity of the machine.

use serde::{Deserialize, Serialize};

use crate::resource::provider::{Members, ProviderError};
use crate::resource::{Secret, SecretMembers};

mod aws_federation;
mod google_url;
mod service_account_key;

pub use aws_federation::AwsFederation;
pub use service_account_key::ServiceAccountKey;

/// Credentials of calls to Google, by their kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum GoogleCredentials {
    /// The service account that the metadata server of the machine knows.
    #[default]
    MetadataServer,
    /// A service account, by its key.
    ServiceAccount {
        /// The key file: a JSON object of the type `service_account`.
        key: Secret,
    },
    /// A service account that stands in for the gateway's own AWS identity (workload identity federation).
    WorkloadIdentity {
        /// The credential configuration file: a JSON object of the type `external_account`.
        configuration: Secret,
    },
}

impl GoogleCredentials {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the gateway itself is who calls, so that its identity must not get where it does not belong.
    pub fn is_own_identity(&self) -> bool {
        match self {
            Self::ServiceAccount { .. } => false,
            Self::MetadataServer | Self::WorkloadIdentity { .. } => true,
        }
    }

    /// Refuses those with which the gateway itself is who calls.
    pub(super) fn check_not_own_identity(&self) -> Result<(), ProviderError> {
        if self.is_own_identity() {
            return Err(ProviderError::GatewayIdentity(
                "credentials must have the type serviceAccount",
            ));
        }
        Ok(())
    }

    /// Reads the member `credentials`. What is elsewhere is checked when it is used.
    pub(super) fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
        let Some(inner) = members.inner("credentials")? else {
            return Ok(Self::default());
        };
        match inner.text("type")?.as_str() {
            "" | "metadataServer" => Ok(Self::MetadataServer),
            "serviceAccount" => {
                let key = inner.required_secret("key")?;
                inline(&key).map(ServiceAccountKey::parse).transpose()?;
                Ok(Self::ServiceAccount { key })
            }
            "workloadIdentity" => {
                let configuration = inner.required_secret("configuration")?;
                inline(&configuration).map(AwsFederation::parse).transpose()?;
                Ok(Self::WorkloadIdentity { configuration })
            }
            _ => Err(ProviderError::Invalid {
                member: "credentials",
                reason: "must have one of the types metadataServer, serviceAccount and workloadIdentity",
            }),
        }
    }

    /// The configuration of federation, if it is there to be looked at.
    pub(super) fn federation(&self) -> Option<AwsFederation> {
        match self {
            Self::WorkloadIdentity { configuration } => AwsFederation::parse(inline(configuration)?).ok(),
            Self::MetadataServer | Self::ServiceAccount { .. } => None,
        }
    }

    pub(super) fn secrets_mut(&mut self) -> SecretMembers<'_> {
        match self {
            Self::MetadataServer => Vec::new(),
            Self::ServiceAccount { key } => vec![("credentials.key".into(), key)],
            Self::WorkloadIdentity { configuration } => {
                vec![("credentials.configuration".into(), configuration)]
            }
        }
    }
}

/// Whether a URL is one of Google's Pub/Sub API.
pub(super) fn is_pubsub_url(url: &str) -> bool {
    matches!(google_url::path_of("pubsub", url), Some("" | "/"))
}

/// The text of a secret that can be checked: not one that is elsewhere, and not a mask that stands for a stored one.
fn inline(secret: &Secret) -> Option<&str> {
    match secret {
        Secret::Inline(text) if !secret.is_mask() => Some(text),
        Secret::Inline(_) | Secret::Reference(_) => None,
    }
}

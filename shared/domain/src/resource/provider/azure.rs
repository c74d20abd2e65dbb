//! The providers of Azure, and what they share: the schema of events and the credentials of Microsoft Entra.

use serde::{Deserialize, Serialize};

use super::{Members, ProviderError};

mod entra_credentials;
mod event_grid;
mod function;

pub use entra_credentials::EntraCredentials;
pub use event_grid::EventGridTopic;
pub use function::AzureFunction;

/// Schema in which Azure gets events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AzureSchema {
    /// CloudEvents.
    #[default]
    CloudEvents,
    /// The schema of Event Grid.
    EventGrid,
}

impl AzureSchema {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_default(&self) -> bool {
        *self == Self::default()
    }

    fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
        let words = [("cloudevents", Self::CloudEvents), ("eventgrid", Self::EventGrid)];
        let given = members.word("schema", &words, "must be cloudevents or eventgrid")?;
        Ok(given.unwrap_or_default())
    }
}

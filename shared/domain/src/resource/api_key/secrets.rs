//! The secrets of a key.

use serde::{Deserialize, Serialize};

use crate::api_key::SecretDigest;
use crate::timestamp::Timestamp;

/// What a secret of a key is at the moment. It is taken in each of these states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SecretState {
    /// The one that clients have.
    Active,
    /// The one that clients are to get.
    Next,
    /// The one that clients had; it is taken until `endsAt`.
    Retiring,
}

/// A secret of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeySecret {
    /// What it is at the moment.
    pub state: SecretState,
    /// All that is kept of it; never shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    pub sha256: Option<SecretDigest>,
    /// When it was made, in RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it ends, in RFC 3339; only of one that retires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    pub ends_at: Option<Timestamp>,
}

impl KeySecret {
    /// One that is made at a time in milliseconds since the Unix epoch.
    pub(super) fn new(state: SecretState, digest: SecretDigest, now: u64) -> Self {
        Self {
            state,
            sha256: Some(digest),
            created_at: Timestamp::of_millis(now),
            ends_at: None,
        }
    }
}

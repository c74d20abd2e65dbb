//! Who changes a configuration.

use std::net::IpAddr;

use serde::Serialize;

use crate::access::Role;
use crate::ids::KeyId;

/// Who changes a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Actor {
    /// The holder of the access key of the Configuration API.
    Root,
    /// Anybody: the Configuration API has no access key.
    Anonymous,
    /// The gateway itself.
    Gateway,
    /// The holder of a key of the space.
    Key {
        /// Id of the key.
        #[schema(value_type = String)]
        id: KeyId,
        /// Name of the key.
        name: String,
        /// Role of the key, if it has one.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        role: Option<Role>,
    },
}

/// On whose behalf something is written, and by which request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// Who.
    pub actor: Actor,
    /// Address of the client, where it is known.
    pub address: Option<IpAddr>,
    /// Id of the request.
    pub request_id: Option<String>,
    /// What was asked for, such as `space.apply`; the change itself says where nothing was.
    pub operation: Option<String>,
}

impl Author {
    /// The gateway itself, which nobody asked.
    pub fn gateway() -> Self {
        Self {
            actor: Actor::Gateway,
            address: None,
            request_id: None,
            operation: None,
        }
    }
}

//! Who changes a configuration.

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

//! A version of the schema of an event type.

use serde::{Deserialize, Serialize};

use crate::json::Json;

/// A version of a schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchemaVersion {
    /// Its number, from 1. None is used twice, as long as the event type has a schema.
    pub version: u32,
    /// A JSON Schema: an object, `true` or `false`.
    #[schema(value_type = Value)]
    pub schema: Json,
}

//! Bounds of schemas: of one, of what is kept, and of what is compiled.

use clap::Args;
use domain::configuration::SchemaBounds;
use gateway::{SchemaLimits, SchemaSettings as CompiledSchemas};

/// Bounds of schemas.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Schemas")]
pub struct SchemaSettings {
    /// Largest schema, in bytes.
    #[arg(long = "max-schema-bytes", env = "EVENT_GATEWAY_MAX_SCHEMA_BYTES", default_value_t = 256 * 1024, value_name = "BYTES")]
    pub max_schema_bytes: usize,
    /// Versions that the schema of an event type may have.
    #[arg(
        long = "max-schema-versions",
        env = "EVENT_GATEWAY_MAX_SCHEMA_VERSIONS",
        default_value_t = 20,
        value_name = "COUNT"
    )]
    pub max_schema_versions: usize,
    /// Bytes that all versions of the schema of an event type may have; a table has room for less than 400,000.
    #[arg(long = "max-schema-bytes-per-type", env = "EVENT_GATEWAY_MAX_SCHEMA_BYTES_PER_TYPE", default_value_t = 256 * 1024, value_name = "BYTES")]
    pub max_schema_bytes_per_type: usize,
    /// Bytes that all schemas of a space may have.
    #[arg(long = "max-schema-bytes-per-space", env = "EVENT_GATEWAY_MAX_SCHEMA_BYTES_PER_SPACE", default_value_t = 4 * 1024 * 1024, value_name = "BYTES")]
    pub max_schema_bytes_per_space: usize,
    /// Schemas that are kept compiled, by a process that takes events.
    #[arg(
        long = "max-compiled-schemas",
        env = "EVENT_GATEWAY_MAX_COMPILED_SCHEMAS",
        default_value_t = 1000,
        value_name = "COUNT"
    )]
    pub max_compiled_schemas: usize,
    /// Bytes of recent events of a space that are kept in memory to make schemas of, by a process that has both APIs; 0 keeps
    /// none.
    #[arg(
        long = "recent-events-bytes",
        env = "EVENT_GATEWAY_RECENT_EVENTS_BYTES",
        default_value_t = 0,
        value_name = "BYTES"
    )]
    pub recent_events_bytes: usize,
}

impl SchemaSettings {
    /// Bounds of one schema.
    pub(crate) fn limits(&self) -> SchemaLimits {
        SchemaLimits {
            bytes: self.max_schema_bytes,
            ..SchemaLimits::default()
        }
    }

    /// Bounds of what is kept.
    pub(crate) fn kept(&self) -> SchemaBounds {
        SchemaBounds {
            max_versions: self.max_schema_versions,
            max_bytes: self.max_schema_bytes_per_type,
            max_bytes_in_space: self.max_schema_bytes_per_space,
        }
    }

    /// Bounds of what is compiled.
    pub(crate) fn compiled(&self) -> CompiledSchemas {
        CompiledSchemas {
            most_compiled: self.max_compiled_schemas,
            limits: self.limits(),
            ..CompiledSchemas::default()
        }
    }
}

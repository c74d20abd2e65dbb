//! What of schemas there can be too much of.

use std::fmt;

/// What there would be too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaBound {
    /// Versions of the schema of an event type.
    Versions,
    /// Bytes of the versions of an event type.
    Bytes,
    /// Bytes of the versions of all event types of the space.
    BytesInSpace,
}

impl fmt::Display for SchemaBound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Versions => "versions of the schema of an event type",
            Self::Bytes => "bytes of the versions of the schema of an event type",
            Self::BytesInSpace => "bytes of all schemas of a space",
        })
    }
}

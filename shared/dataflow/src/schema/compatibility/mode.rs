//! What versions of a schema are held to, and within which bounds.

use serde::{Deserialize, Serialize};

/// Which versions of a schema have to go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compatibility {
    /// Anything may change.
    #[default]
    None,
    /// The new version takes what the newest one before it allows: consumers are updated first.
    Backward,
    /// As `backward`, of all versions before it.
    BackwardTransitive,
    /// The newest version before it takes what the new one allows: producers are updated first.
    Forward,
    /// As `forward`, of all versions before it.
    ForwardTransitive,
    /// Both ways.
    Full,
    /// Both ways, of all versions before it.
    FullTransitive,
}

impl Compatibility {
    /// Whether all versions before a new one count, not only the newest.
    pub fn is_transitive(self) -> bool {
        matches!(
            self,
            Self::BackwardTransitive | Self::ForwardTransitive | Self::FullTransitive
        )
    }

    pub(super) fn is_backward(self) -> bool {
        matches!(
            self,
            Self::Backward | Self::BackwardTransitive | Self::Full | Self::FullTransitive
        )
    }

    pub(super) fn is_forward(self) -> bool {
        matches!(
            self,
            Self::Forward | Self::ForwardTransitive | Self::Full | Self::FullTransitive
        )
    }
}

/// What objects are taken to hold besides what their schema names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// Nothing: a new optional property is compatible, although an object of the open schema before it may have had a
    /// member of that name.
    #[default]
    Lenient,
    /// Whatever the schema allows.
    Strict,
}

/// Bounds of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompareLimits {
    /// How many pairs of subschemas are compared.
    pub steps: usize,
    /// How many refusals are listed.
    pub refusals: usize,
    /// Bytes of a value that is shown; larger ones are left out.
    pub value_bytes: usize,
}

impl Default for CompareLimits {
    fn default() -> Self {
        Self {
            steps: 50_000,
            refusals: 20,
            value_bytes: 4_096,
        }
    }
}

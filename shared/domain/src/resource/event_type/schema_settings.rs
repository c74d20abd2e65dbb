//! What the schema of an event type is for: which versions of it may follow each other, and what becomes of events that do
//! not fit.

use serde::{Deserialize, Serialize};

/// Which versions of a schema may follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CompatibilityMode {
    /// All.
    #[default]
    None,
    /// A new version takes what the one before it takes.
    Backward,
    /// A new version takes what all before it take.
    BackwardTransitive,
    /// The version before takes what a new one takes.
    Forward,
    /// All before take what a new one takes.
    ForwardTransitive,
    /// Both, with the version before.
    Full,
    /// Both, with all before.
    FullTransitive,
}

/// What objects are taken to have besides the members that their schema names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CompatibilityPolicy {
    /// No others: a new optional property is compatible.
    #[default]
    Lenient,
    /// Whatever the schema allows.
    Strict,
}

/// What becomes of events that do not fit the schema of their type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Validation {
    /// They are not looked at.
    #[default]
    Off,
    /// They go on; a line of the log and a counter tell of them.
    Warn,
    /// They are refused.
    Reject,
}

impl CompatibilityMode {
    /// The tag of the rule.
    pub(crate) const TAG: &str =
        "oneof=none backward backward_transitive forward forward_transitive full full_transitive";

    pub(super) fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "none" => Self::None,
            "backward" => Self::Backward,
            "backward_transitive" => Self::BackwardTransitive,
            "forward" => Self::Forward,
            "forward_transitive" => Self::ForwardTransitive,
            "full" => Self::Full,
            "full_transitive" => Self::FullTransitive,
            _ => return None,
        })
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls")]
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl CompatibilityPolicy {
    /// The tag of the rule.
    pub(crate) const TAG: &str = "oneof=lenient strict";

    pub(super) fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "lenient" => Self::Lenient,
            "strict" => Self::Strict,
            _ => return None,
        })
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls")]
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Validation {
    /// The tag of the rule.
    pub(crate) const TAG: &str = "oneof=off warn reject";

    pub(super) fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "off" => Self::Off,
            "warn" => Self::Warn,
            "reject" => Self::Reject,
            _ => return None,
        })
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls")]
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

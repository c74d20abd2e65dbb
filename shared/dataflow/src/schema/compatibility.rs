//! Whether data that one schema allows is allowed by another: what makes a new version of a schema safe to adopt.
//!
//! A keyword of the schema that has to accept the data is either implied by the other schema, or it is refused, with a value
//! that the one allows and the other does not. Such a value is tried on both before it is shown. Where neither a proof nor
//! a value is found the change is refused as well, and says so: safe, not clever.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Schema;
use super::violation::shown;

mod arrays;
mod combined;
mod conjunction;
mod decimal;
mod disjoint;
mod members;
mod numbers;
mod objects;
mod pattern_sample;
mod patterns;
mod sample;
mod sampled_scalars;
mod scalars;
mod types;
mod walk;

#[cfg(test)]
mod tests;

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

    fn is_backward(self) -> bool {
        matches!(
            self,
            Self::Backward | Self::BackwardTransitive | Self::Full | Self::FullTransitive
        )
    }

    fn is_forward(self) -> bool {
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

/// Which way a change breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The new schema refuses what the old one allows.
    Backward,
    /// The old schema refuses what the new one allows.
    Forward,
}

impl Direction {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Backward => "backward",
            Self::Forward => "forward",
        }
    }
}

/// A change that is not compatible.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// Which way it breaks.
    pub direction: Direction,
    /// JSON pointer into the data; empty for all of it. `*` stands for any element or member.
    pub path: String,
    /// JSON pointer to the keyword, in the schema that refuses.
    pub schema_path: String,
    /// The keyword.
    pub rule: String,
    /// What is wrong, in words.
    pub message: String,
    /// What one schema allows and the other refuses, tried on both. Without it none was found, and no proof either that
    /// there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// What of a new version is not compatible with one before it; nothing: it is.
pub fn refusals(
    compatibility: Compatibility,
    policy: Policy,
    old: &Schema,
    new: &Schema,
    limits: &CompareLimits,
) -> Vec<Refusal> {
    let mut all = Vec::new();
    if compatibility.is_backward() {
        all.extend(walk::refusals(Direction::Backward, policy, old, new, limits));
    }
    if compatibility.is_forward() {
        all.extend(walk::refusals(Direction::Forward, policy, new, old, limits));
    }
    all.truncate(limits.refusals);
    all
}

impl Refusal {
    /// It in one line.
    pub fn line(&self) -> String {
        let at = if self.path.is_empty() {
            "the data"
        } else {
            &self.path
        };
        match &self.value {
            Some(value) => format!("{at}: {} (for example {})", self.message, shown(value, 200)),
            None => format!(
                "{at}: {} (no value was found that breaks, and no proof that none does)",
                self.message
            ),
        }
    }
}

//! The filters of one subscription, compiled.

use crate::{FilterError, FilterLimits, Requirement, Subject};

/// `filters` of a subscription: an event passes if all of them let it.
#[derive(Debug, Clone, PartialEq)]
pub struct Filters {}

/// Why a filter lets an event pass, or does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Which one, as a JSON pointer into `filters`.
    pub pointer: String,
    /// Whether it lets the event pass.
    pub passes: bool,
    /// What was seen and what was wanted; of a value at most 64 characters.
    pub reason: String,
}

impl Filters {
    /// Compiles the JSON array `filters`.
    pub fn compile(_json: &str, _limits: &FilterLimits) -> Result<Self, FilterError> {
        Ok(Self {})
    }

    /// Whether all let the event pass.
    pub fn matches(&self, _event: &dyn Subject) -> bool {
        true
    }

    /// The same, with a reason for every condition that was looked at.
    pub fn explain(&self, _event: &dyn Subject) -> Vec<Condition> {
        Vec::new()
    }

    /// What holds for every event that passes: all of these requirements do. Empty if nothing of the kind can be said.
    pub fn requirements(&self) -> Vec<Requirement> {
        Vec::new()
    }
}

//! Event patterns, as Amazon EventBridge has them.
//!
//! A pattern names fields and, for each of them, alternatives of what its value may be. It sees the JSON form of an event:
//! context attributes at the top, `data` below. What AWS Event Ruler 2 makes of a pattern is right.

mod address;
mod combine;
mod conjunction;
mod explain;
pub(crate) mod ignore_case;
mod json;
mod leaf;
mod node;
mod parse;
mod range;
mod shown;
mod value;
mod values;
mod wildcard;

use std::sync::Arc;

use serde_json::value::RawValue;

use crate::budget::Budget;
use crate::reading::Reading;
use crate::steps::Steps;
use crate::{Condition, FilterError, Requirement};
use leaf::Leaf;
use node::Node;

/// An event pattern, compiled.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pattern {
    root: Node,
    /// All that the pattern says, in its order.
    leaves: Box<[Arc<Leaf>]>,
}

impl Pattern {
    /// Compiles the pattern that stands at `pointer` in `filters`.
    pub(crate) fn compile(json: &RawValue, pointer: &str, budget: &mut Budget) -> Result<Self, FilterError> {
        let (items, leaves) = parse::items(json, pointer, budget)?;
        Ok(Self {
            root: combine::combine(items, pointer, budget.max_combinations())?,
            leaves: leaves.into(),
        })
    }

    /// Whether the pattern lets an event pass.
    pub(crate) fn matches(&self, reading: &Reading<'_>, steps: &Steps) -> bool {
        self.root.passes(reading.top(), steps)
    }

    /// The same. Adds a condition for every leaf of the pattern, and one for the pattern if they do not tell all.
    pub(crate) fn explain(
        &self,
        reading: &Reading<'_>,
        steps: &Steps,
        pointer: &str,
        conditions: &mut Vec<Condition>,
    ) -> bool {
        let matches = self.matches(reading, steps);
        let read = (reading.top(), steps);
        explain::leaves(&self.leaves, matches, read, pointer, conditions);
        matches
    }

    /// What holds for every event that the pattern lets pass.
    pub(crate) fn requirements(&self) -> Vec<Requirement> {
        self.root.requirements()
    }

    /// Every path that the pattern looks at.
    pub(crate) fn paths(&self, visit: &mut dyn FnMut(&str)) {
        self.leaves.iter().for_each(|leaf| visit(&leaf.path));
    }
}

#[cfg(test)]
mod tests;

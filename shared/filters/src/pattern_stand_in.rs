//! Stands in for event patterns until they are there.

use serde_json::value::RawValue;

use crate::budget::Budget;
pub(crate) use crate::number::canonical;
pub(crate) use crate::reading::Reading;
pub(crate) use crate::wanted::Wanted;
use crate::{Condition, FilterError, Requirement};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pattern;

impl Pattern {
    pub(crate) fn compile(_json: &RawValue, pointer: &str, budget: &mut Budget) -> Result<Self, FilterError> {
        budget.wildcards(0, pointer)?;
        budget.condition(pointer).map(|()| Self)
    }
    pub(crate) fn matches(&self, _reading: &Reading<'_>) -> bool {
        true
    }
    pub(crate) fn explain(&self, _reading: &Reading<'_>, _pointer: &str, _conditions: &mut Vec<Condition>) {}
    pub(crate) fn requirements(&self) -> Vec<Requirement> {
        Vec::new()
    }
    pub(crate) fn paths(&self, _visit: &mut dyn FnMut(&str)) {}
}

pub(crate) fn fold(text: &str) -> String {
    text.to_lowercase()
}

//! Stands in for event patterns until they are there.

use serde_json::value::RawValue;

use crate::budget::Budget;
use crate::{Condition, FilterError, Requirement, Subject};

#[derive(Debug, Default)]
pub(crate) struct Wanted;

impl Wanted {
    pub(crate) fn add(&mut self, _path: &str) {}
}

#[derive(Debug)]
pub(crate) struct Reading<'e>(std::marker::PhantomData<&'e ()>);

impl<'e> Reading<'e> {
    pub(crate) fn of(_event: &'e dyn Subject, _wanted: &Wanted) -> Self {
        Self(std::marker::PhantomData)
    }
}

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

pub(crate) fn canonical(number: &str) -> String {
    match number {
        "-0" => "0".to_owned(),
        _ => number.to_owned(),
    }
}

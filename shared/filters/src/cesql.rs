//! CloudEvents SQL 1.0, the dialect `sql`.
//!
//! An expression lets an event pass if it is the boolean true, and nothing else: an error does not, and a text does not.
//! Where the specification's prose and its grammar differ on operators of one precedence, the prose counts: from left to
//! right.

mod calls;
mod error;
mod evaluation;
mod expression;
mod failure;
mod function;
mod like;
mod parser;
mod required;
#[cfg(test)]
mod tests;
mod token;
mod types;
mod value;

use crate::budget::Budget;
use crate::shown::{shown_scalar, shown_text};
use crate::steps::Steps;
use crate::{FilterError, Requirement, Subject};
use error::EvaluationError;
use expression::Expression;
use value::Value;

/// How many attributes an explanation shows.
const SHOWN_ATTRIBUTES: usize = 8;

/// A compiled expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sql {
    expression: Expression,
}

impl Sql {
    /// Compiles an expression. What can never be evaluated without an error is refused too: an unknown function, `data`.
    pub(crate) fn compile(text: &str, pointer: &str, budget: &mut Budget) -> Result<Self, FilterError> {
        let parsed = parser::parse(text, pointer, budget)?;
        match parsed.hopeless {
            Some(error) => Err(error),
            None => Ok(Self {
                expression: parsed.expression,
            }),
        }
    }

    /// Whether it lets the event pass.
    pub(crate) fn matches(&self, event: &dyn Subject, steps: &Steps) -> bool {
        self.evaluate(event, steps) == (Value::Boolean(true), None)
    }

    /// Its value, and the error if there was one.
    fn evaluate<'a>(
        &'a self,
        event: &'a dyn Subject,
        steps: &Steps,
    ) -> (Value<'a>, Option<EvaluationError<'a>>) {
        evaluation::evaluate(&self.expression, event, steps)
    }

    /// Whether it lets the event pass, and why.
    pub(crate) fn explain(&self, event: &dyn Subject, steps: &Steps) -> (bool, String) {
        let (passes, mut reason) = match self.evaluate(event, steps) {
            (_, Some(error)) => (false, format!("an error: {error}")),
            (Value::Boolean(value), None) => (value, format!("it is {value}")),
            (Value::Integer(value), None) => (
                false,
                format!("it is the integer {value}, neither true nor false"),
            ),
            (Value::Text(text), None) => (
                false,
                format!("it is the text {}, neither true nor false", shown_text(&text)),
            ),
        };
        let mut names = Vec::new();
        self.expression.attributes(&mut |name| {
            if names.len() < SHOWN_ATTRIBUTES && !names.contains(&name) {
                names.push(name);
            }
        });
        for (at, name) in names.into_iter().enumerate() {
            reason.push_str(if at == 0 { "; " } else { ", " });
            reason.push_str(name);
            reason.push(' ');
            reason.push_str(&shown_scalar(event.attribute(name).as_ref()));
        }
        (passes, reason)
    }

    /// What holds for every event that it lets pass.
    pub(crate) fn requirements(&self) -> Vec<Requirement> {
        required::requirements(&self.expression)
    }

    /// Every attribute that it names.
    pub(crate) fn paths(&self, visit: &mut dyn FnMut(&str)) {
        self.expression.attributes(&mut |name| visit(name));
    }
}

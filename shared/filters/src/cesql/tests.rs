//! CESQL against the conformance kit, against tables of its own, and against nonsense.

mod corpora;
mod errors;
mod hostile;

mod like;
mod values;

use super::error::EvaluationError;
use super::parser;
use super::value::Value;
use super::{Sql, evaluation};
use crate::budget::Budget;
use crate::sample::Sample;
use crate::steps::Steps;
use crate::{FilterError, FilterLimits};

const STEPS: usize = 1024 * 1024;

/// A value that lives on its own: texts, integers and booleans as JSON would have them.
fn shown(value: &Value<'_>) -> String {
    match value {
        Value::Text(text) => format!("{text:?}"),
        Value::Integer(value) => value.to_string(),
        Value::Boolean(value) => value.to_string(),
    }
}

/// The conformance kit's names of errors.
fn name(error: EvaluationError<'_>) -> &'static str {
    match error {
        EvaluationError::MissingAttribute(_) => "missingAttribute",
        EvaluationError::MissingFunction(_) => "missingFunction",
        EvaluationError::Cast(_) => "cast",
        EvaluationError::Math(_) => "math",
        EvaluationError::Function(_) => "functionEvaluation",
        EvaluationError::TooMuchWork => "generic",
    }
}

/// What an expression is of an event; `false, parse` if it is none.
fn evaluate(expression: &str, event: &Sample) -> (String, Option<&'static str>) {
    let parsed = parser::parse(expression, "/0/sql", &mut Budget::new(&FilterLimits::default()));
    let Ok(parsed) = parsed else {
        return ("false".to_owned(), Some("parse"));
    };
    let (value, error) = evaluation::evaluate(&parsed.expression, event, &Steps::new(STEPS));
    (shown(&value), error.map(name))
}

fn compile(expression: &str) -> Result<Sql, FilterError> {
    Sql::compile(expression, "/0/sql", &mut Budget::new(&FilterLimits::default()))
}

//! An evaluation that was broken off.

use super::error::EvaluationError;
use super::value::Value;

/// An error, and the value that goes with it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure<'a> {
    pub(super) error: EvaluationError<'a>,
    /// `None`: the zero of the type of whatever was evaluated.
    pub(super) value: Option<Value<'a>>,
}

impl<'a> Failure<'a> {
    pub(super) fn with(error: EvaluationError<'a>, value: Value<'a>) -> Self {
        Self {
            error,
            value: Some(value),
        }
    }

    /// The failure of an operand, as it is for its operator.
    pub(super) fn of_operand(self) -> Self {
        Self {
            error: self.error,
            value: None,
        }
    }
}

impl<'a> From<EvaluationError<'a>> for Failure<'a> {
    fn from(error: EvaluationError<'a>) -> Self {
        Self { error, value: None }
    }
}
